"""Where and as whom to call: what botocore would resolve, or nothing.

Every situation that is understood is resolved by boto3's own clients as well, in a
process that has its environment.
"""

import json
import os
import subprocess
import sys
from subprocess import PIPE

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asgwarm.clients import AwsSettings
from asgwarm.lean.situation import understand

KEYS = {"AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "secret/env+="}
REGION = {"AWS_DEFAULT_REGION": "eu-west-1"}
TOKEN = {"AWS_SESSION_TOKEN": "token-env"}
FILES = {
    "config": """
[default]
region = us-west-2
output = json
[profile dev]
region = ap-south-1
cli_pager =
[profile keyed]
region = sa-east-1
aws_access_key_id = AKIDCONFIG
aws_secret_access_key = secret-config
aws_session_token = token-config
[profile role]
role_arn = arn:aws:iam::123456789012:role/x
source_profile = default
[profile sso]
sso_session = mine
[profile two]
region = eu-north-1
[profile elsewhere]
region = us-gov-west-1
[plugins]
endpoint = awscli_plugin_endpoint
""",
    "credentials": """
[default]
aws_access_key_id = AKIDDEFAULT
aws_secret_access_key = secret default%
[dev]
aws_access_key_id = AKIDDEV
aws_secret_access_key = secret-dev
[two]
aws_access_key_id = AKIDTWO
aws_secret_access_key = secret-two
region = eu-central-1
[account]
aws_access_key_id = AKIDACCOUNT
aws_secret_access_key = secret-account
aws_account_id = 123456789012
[half]
aws_access_key_id = AKIDHALF
""",
}
FILES["credentials"] = FILES["credentials"].replace("secret default%", "secret%default")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with both files of AWS's, and a bundle of certificates."""
    folder = tmp_path_factory.mktemp("home")
    (folder / ".aws").mkdir()
    for name, text in FILES.items():
        (folder / ".aws" / name).write_text(text)
    (folder / "bundle.pem").write_text("")
    (folder / "empty").mkdir()
    return folder


@pytest.fixture(scope="module")
def botocore(home):
    """Asks boto3 in a process of its own."""
    command = [sys.executable, "-m", "tests.unit.lean.botocore_says"]
    with subprocess.Popen(command, text=True, stdin=PIPE, stdout=PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        to_it, from_it = process.stdin, process.stdout

        def ask(wanted, env):
            to_it.write(json.dumps({"settings": wanted, "env": env}) + "\n")
            to_it.flush()
            return json.loads(from_it.readline())

        yield ask
        to_it.close()


def told(situation):
    """A situation as `botocore_says` tells it."""
    keys = situation.keys
    return {
        service: {
            "region": situation.region,
            "keys": [keys.access_key_id, keys.secret_access_key, keys.session_token],
            "url": f"{endpoint.scheme}://{endpoint.authority}",
            "verify": endpoint.ca_file or True,
            "proxies": {},
        }
        for service, endpoint in situation.endpoints.items()
    }


def plain(answers):
    """boto3's answers, without what is the same said otherwise."""
    for answer in answers.values():
        is_plain = answer["url"].startswith("http:")
        answer["url"] = answer["url"].rstrip("/")
        answer["url"] = answer["url"].removesuffix(":80" if is_plain else ":443")
        if is_plain:
            answer["verify"] = True  # there is nothing to verify
    return answers


UNDERSTOOD = [
    pytest.param({}, KEYS | REGION, id="environment"),
    pytest.param({}, KEYS | REGION | TOKEN, id="environment with a token"),
    pytest.param({}, KEYS | {"AWS_SESSION_TOKEN": ""}, id="an empty token"),
    pytest.param({}, {}, id="default profile"),
    pytest.param({}, {"AWS_PROFILE": "dev"}, id="profile of the environment"),
    pytest.param({"profile": "dev"}, {}, id="profile of the settings"),
    pytest.param({"profile": "dev"}, KEYS | TOKEN, id="it wins over keys"),
    pytest.param({}, KEYS | {"AWS_PROFILE": "dev"}, id="keys win over the variable"),
    pytest.param({"profile": "keyed"}, {}, id="keys in the configuration"),
    pytest.param({"profile": "two"}, {}, id="a region in both files"),
    pytest.param(
        {}, {"AWS_PROFILE": "dev", "AWS_DEFAULT_PROFILE": "two"}, id="two profiles"
    ),
    pytest.param(
        {"profile": "dev"}, {"AWS_PROFILE": "role"}, id="another is asked for"
    ),
    pytest.param({"region": "eu-west-3"}, REGION, id="a region of the settings"),
    pytest.param(
        {"region": "eu-west-3"}, {"AWS_REGION": "us-east-1"}, id="over another"
    ),
    pytest.param({}, REGION | {"AWS_REGION": "eu-west-1"}, id="the same region twice"),
    pytest.param(
        {"access_key_id": "AKIDOWN", "secret_access_key": "own"},
        KEYS | TOKEN | {"AWS_PROFILE": "nobody"},
        id="keys of the settings",
    ),
    pytest.param({"endpoint_url": "http://127.0.0.1:4566"}, {}, id="a local endpoint"),
    pytest.param({"endpoint_url": "http://127.0.0.1:80/"}, {}, id="the usual port"),
    pytest.param({"endpoint_url": "https://a.example:8443"}, {}, id="https"),
    pytest.param({}, {"AWS_ENDPOINT_URL": "http://localhost:1"}, id="its variable"),
    pytest.param(
        {},
        {
            "AWS_ENDPOINT_URL": "http://localhost:1",
            "AWS_ENDPOINT_URL_DYNAMODB": "http://localhost:2",
            "AWS_ENDPOINT_URL_EC2_INSTANCE_CONNECT": "https://localhost:3",
        },
        id="one for each service",
    ),
    pytest.param({}, {"AWS_CA_BUNDLE": "{home}/bundle.pem"}, id="own certificates"),
    pytest.param({}, {"AWS_EC2_METADATA_DISABLED": "true"}, id="harmless"),
    pytest.param(
        {},
        KEYS | REGION | {"AWS_CONFIG_FILE": "/dev/null"},
        id="no configuration",
    ),
    pytest.param(
        {},
        KEYS | REGION | {"HOME": "{home}/empty"},
        id="no files",
    ),
    pytest.param({}, {"no_proxy": "*"}, id="no proxy"),
]


def environment(env, home):
    """The variables of a case, in *home*."""
    filled = {name: value.format(home=home) for name, value in env.items()}
    return {"HOME": str(home), "PATH": os.environ["PATH"]} | filled


@pytest.mark.parametrize(("wanted", "env"), UNDERSTOOD)
def test_what_is_understood_is_what_botocore_resolves(wanted, env, home, botocore):
    """Region, keys, token, endpoints, certificates and signing names are the same."""
    env = environment(env, home)

    situation = understand(AwsSettings(**wanted), env)

    assert situation is not None
    assert told(situation) == plain(botocore(wanted, env))


@pytest.mark.parametrize(
    ("wanted", "env"),
    [
        pytest.param({}, {"HOME": "{home}/empty"}, id="no keys"),
        pytest.param({}, {"AWS_ACCESS_KEY_ID": "AKID"}, id="half a pair"),
        pytest.param({}, {"AWS_SECRET_ACCESS_KEY": "s"}, id="the other half"),
        pytest.param({"access_key_id": "AKID"}, {}, id="half of our own"),
        pytest.param({"secret_access_key": "s"}, {}, id="the other half of our own"),
        pytest.param(
            {}, KEYS | {"AWS_SECRET_ACCESS_KEY": "a\nb"}, id="strange letters"
        ),
        pytest.param({"profile": "half"}, {}, id="half a profile"),
        pytest.param({"profile": "role"}, {}, id="a role"),
        pytest.param({"profile": "sso"}, {}, id="SSO"),
        pytest.param({"profile": "account"}, {}, id="an account's own endpoint"),
        pytest.param({"profile": "nobody"}, {}, id="a profile that is not there"),
        pytest.param({"profile": ""}, {}, id="a profile without a name"),
        pytest.param(
            {}, KEYS | REGION | {"AWS_PROFILE": "nobody"}, id="nor in the environment"
        ),
        pytest.param({"profile": "elsewhere"}, KEYS, id="another partition"),
        pytest.param({"region": "cn-north-1"}, {}, id="China"),
        pytest.param({"region": "us-isob-east-1"}, {}, id="a secret one"),
        pytest.param({"region": "eusc-de-east-1"}, {}, id="Europe's own"),
        pytest.param({"region": "fips-us-east-1"}, {}, id="FIPS by its region"),
        pytest.param({}, {"AWS_USE_FIPS_ENDPOINT": "true"}, id="FIPS"),
        pytest.param({}, {"AWS_USE_DUALSTACK_ENDPOINT": "true"}, id="dualstack"),
        pytest.param({}, {"AWS_ACCOUNT_ID": "123456789012"}, id="an account"),
        pytest.param({}, {"AWS_SECURITY_TOKEN": "t"}, id="an old token"),
        pytest.param({}, {"AWS_CREDENTIAL_FILE": "f"}, id="an old file"),
        pytest.param({}, {"AWS_WEB_IDENTITY_TOKEN_FILE": "f"}, id="web identity"),
        pytest.param({}, {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "u"}, id="container"),
        pytest.param({}, {"AWS_SOMETHING_NEW": "1"}, id="something new"),
        pytest.param({}, {"BOTOCORE_TCP_KEEPALIVE": "1"}, id="botocore's own"),
        pytest.param({}, {"AWS_REGION": "us-east-1"}, id="two regions"),
        pytest.param({}, {"AWS_PROFILE": ""}, id="an empty variable"),
        pytest.param(
            {}, {"AWS_DEFAULT_PROFILE": "", "AWS_PROFILE": "dev"}, id="one of two"
        ),
        pytest.param({}, {"http_proxy": "http://p:1"}, id="a proxy"),
        pytest.param({}, {"HTTPS_PROXY": "http://p:1"}, id="a proxy in capitals"),
        pytest.param({}, {"All_Proxy": "http://p:1"}, id="a proxy for all"),
        pytest.param({}, {"REQUESTS_CA_BUNDLE": "f"}, id="another's certificates"),
        pytest.param({}, {"AWS_CA_BUNDLE": "{home}"}, id="certificates in a folder"),
        pytest.param(
            {}, KEYS | REGION | {"AWS_CONFIG_FILE": "$HOME/c"}, id="a path to expand"
        ),
        pytest.param(
            {}, KEYS | REGION | {"AWS_CONFIG_FILE": "~root/c"}, id="somebody's home"
        ),
        pytest.param({}, KEYS | REGION | {"HOME": ""}, id="nobody's home"),
        pytest.param({"endpoint_url": "http://[::1]:1"}, {}, id="IPv6"),
        pytest.param({"endpoint_url": "http://h:1/path"}, {}, id="a path"),
        pytest.param({"endpoint_url": "http://u@h:1"}, {}, id="a user"),
        pytest.param({"endpoint_url": "http://h:99999"}, {}, id="no port"),
        pytest.param({"endpoint_url": ""}, {}, id="an empty endpoint"),
        pytest.param({}, {"AWS_ENDPOINT_URL": "ftp://h"}, id="another protocol"),
    ],
)
def test_what_is_not_understood_is_left_to_boto3(wanted, env, home):
    """Whatever might mean something else there has no answer here."""
    assert understand(AwsSettings(**wanted), environment(env, home)) is None


@pytest.mark.parametrize(
    "config",
    [
        "no section",
        "[profile a b]\nregion = x",
        '[profile "dev"]\nregion = x',
        "[profile dev]\n[profile  dev]",
        "[default]\n[profile default]",
        "[other]\nnested =\n  no pair",
        "[default]\ncredential_process = x",
        "[default]\nendpoint_url = http://h",
        "[default]\nca_bundle = f",
        "[default]\nservices = mine",
        "[default]\nuse_fips_endpoint = true",
        "[default]\nregion =\n  eu-west-1",
        "[DEFAULT]\nrole_arn = x\n[default]",
        "\udc80[default]",
    ],
)
def test_a_strange_file_is_left_to_boto3(config, home, tmp_path):
    """Also where the keys come from elsewhere: botocore reads it all the same."""
    file = tmp_path / "config"
    file.write_bytes(config.encode(errors="surrogateescape"))
    env = environment(KEYS | REGION | {"AWS_CONFIG_FILE": str(file)}, home)

    assert understand(AwsSettings(), env) is None
    env["AWS_CONFIG_FILE"] = str(tmp_path / "none")
    assert understand(AwsSettings(), env) is not None


NAMES = ("default", "dev", "keyed", "two", "nobody")
VARIABLES = {
    "AWS_ACCESS_KEY_ID": ("AKIDENV", ""),
    "AWS_SECRET_ACCESS_KEY": ("secret/env+=", "a b"),
    "AWS_SESSION_TOKEN": ("token", ""),
    "AWS_PROFILE": NAMES,
    "AWS_DEFAULT_PROFILE": NAMES,
    "AWS_REGION": ("eu-west-1", "us-west-2"),
    "AWS_DEFAULT_REGION": ("eu-west-1", "us-gov-west-1"),
    "AWS_ENDPOINT_URL": ("http://localhost:1", "https://localhost"),
    "AWS_ENDPOINT_URL_DYNAMODB": ("http://127.0.0.1:2",),
    "AWS_CONFIG_FILE": ("/dev/null", "{home}/.aws/config", "~/.aws/config"),
    "AWS_SHARED_CREDENTIALS_FILE": ("/dev/null", "{home}/.aws/credentials"),
    "AWS_CA_BUNDLE": ("{home}/bundle.pem",),
    "REQUESTS_CA_BUNDLE": ("{home}/bundle.pem",),
    "AWS_PAGER": ("",),
    "http_proxy": ("http://127.0.0.1:9",),
}
WANTED = {
    "region": ("eu-west-3", "us-east-1", "cn-north-1"),
    "profile": NAMES,
    "endpoint_url": ("http://127.0.0.1:4566", "https://h.example:443"),
    "access_key_id": ("AKIDOWN",),
    "secret_access_key": ("own",),
}


def some_of(table):
    """Some of the names of a table, each with one of its values."""
    one = {name: st.sampled_from(values) for name, values in table.items()}
    return st.fixed_dictionaries({}, optional=one)


@given(wanted=some_of(WANTED), env=some_of(VARIABLES))
@settings(
    max_examples=int(os.environ.get("SITUATION_EXAMPLES", "60")),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_mixture_that_is_understood_is_what_botocore_resolves(
    wanted, env, home, botocore
):
    """Whatever goes together: never another place, never somebody else's keys."""
    env = environment(env, home)

    situation = understand(AwsSettings(**wanted), env)

    if situation is not None:
        assert told(situation) == plain(botocore(wanted, env))
