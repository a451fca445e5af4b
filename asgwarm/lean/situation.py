"""Where to call and as whom, if that is understood in full.

Rule 1: settings, environment and AWS's files are read in botocore's order, and what
comes out is what botocore would resolve. Where that is not certain there is nothing.
Rule 2: unknown is not understood. A variable of AWS's that is not listed here, a proxy,
another partition or a profile with more than keys and a region belongs to boto3.
"""

import os
import re
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from asgwarm.domain.value import value
from asgwarm.lean.endpoint import Endpoint
from asgwarm.lean.keys import Keys
from asgwarm.lean.profiles import (
    NotUnderstood,
    Profile,
    checked_keys,
    read_profile,
)

if TYPE_CHECKING:
    from asgwarm.clients import AwsSettings

DYNAMODB, EIC = "dynamodb", "ec2-instance-connect"

_READ = {
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_DEFAULT_PROFILE",
    "AWS_PROFILE",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_CA_BUNDLE",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_DYNAMODB",
    "AWS_ENDPOINT_URL_EC2_INSTANCE_CONNECT",
}
# Of the AWS command, of aws-vault, or about credentials that are not there.
_HARMLESS = {
    "AWS_CLI_AUTO_PROMPT",
    "AWS_DEFAULT_OUTPUT",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_EXECUTION_ENV",
    "AWS_PAGER",
    "AWS_SDK_LOAD_CONFIG",
    "AWS_VAULT",
}
# botocore's partitions.json: the expression of `aws`, in ASCII.
_REGION = re.compile(r"(us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-[0-9]+")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_URL = re.compile(rf"(https?)://({_LABEL}(?:\.{_LABEL})*)(?::([0-9]{{1,5}}))?/?")


@value
class Situation:
    """Where and as whom; `endpoints` by the name that is also the signing name."""

    region: str
    keys: Keys
    endpoints: Mapping[str, Endpoint]


def understand(settings: "AwsSettings", env: Mapping[str, str]) -> Situation | None:
    """Return where and as whom to call; None when that is for boto3 to find out."""
    try:
        _check_environment(env)
        profile = _profile(settings, env)
        return Situation(
            region=_region(settings, env, profile),
            keys=_keys(settings, env, profile),
            endpoints={
                service: _endpoint(settings, env, profile, service)
                for service in (DYNAMODB, EIC)
            },
        )
    except NotUnderstood:
        return None


def _check_environment(env: Mapping[str, str]) -> None:
    for name, text in env.items():
        if name.startswith(("AWS_", "BOTO")) and name not in _READ | _HARMLESS:
            raise NotUnderstood(name)
        if name in _READ and not text and name != "AWS_SESSION_TOKEN":
            raise NotUnderstood(f"{name} is empty")
        if name.lower().endswith("_proxy") and name.lower() != "no_proxy":
            raise NotUnderstood(name)
    if sys.platform == "darwin":  # where the system's settings name proxies, too
        from urllib.request import getproxies

        if getproxies():
            raise NotUnderstood("a proxy of the system's")


def _profile(settings: "AwsSettings", env: Mapping[str, str]) -> Profile:
    name = env.get("AWS_DEFAULT_PROFILE") or env.get("AWS_PROFILE")
    if settings.profile is not None:
        name = settings.profile
    if settings.access_key_id is not None:
        if settings.profile is not None:
            raise NotUnderstood("keys and a profile")
        name = None  # keys of our own go with no profile
    if name == "":
        raise NotUnderstood("a profile without a name")
    return read_profile(
        name,
        config=_file(env, "AWS_CONFIG_FILE", "config"),
        credentials=_file(env, "AWS_SHARED_CREDENTIALS_FILE", "credentials"),
    )


def _file(env: Mapping[str, str], variable: str, usual: str) -> str:
    path = env.get(variable, f"~/.aws/{usual}")
    home = env.get("HOME", "")
    if path.startswith("~/") and home.startswith("/"):
        path = home.rstrip("/") + path[1:]
    if path.startswith("~") or "$" in path:
        raise NotUnderstood("a path that has to be expanded")
    return path


def _region(settings: "AwsSettings", env: Mapping[str, str], profile: Profile) -> str:
    region = settings.region
    if region is None:
        region = env.get("AWS_DEFAULT_REGION", profile.region)
        named = env.get("AWS_REGION", region)
        region = named if region is None else region
        if named != region:  # not every version of boto3 may see it alike
            raise NotUnderstood("two regions")
    if region is None or not _REGION.fullmatch(region):
        raise NotUnderstood("no region of the partition aws")
    return region


def _keys(settings: "AwsSettings", env: Mapping[str, str], profile: Profile) -> Keys:
    if settings.access_key_id is not None or settings.secret_access_key is not None:
        return checked_keys(
            settings.access_key_id or "", settings.secret_access_key or "", ""
        )
    # botocore looks past the environment when a profile is asked for by argument.
    if settings.profile is None:
        key_id, secret = (
            env.get("AWS_ACCESS_KEY_ID", ""),
            env.get("AWS_SECRET_ACCESS_KEY", ""),
        )
        if key_id or secret:
            return checked_keys(key_id, secret, env.get("AWS_SESSION_TOKEN", ""))
    if profile.keys is None:
        raise NotUnderstood("no keys")
    return profile.keys


def _endpoint(
    settings: "AwsSettings", env: Mapping[str, str], profile: Profile, service: str
) -> Endpoint:
    url = settings.endpoint_url
    if url is None:
        own = f"AWS_ENDPOINT_URL_{service.upper().replace('-', '_')}"
        url = env.get(own) or env.get("AWS_ENDPOINT_URL")
    if url is None:
        url = f"https://{service}.{_region(settings, env, profile)}.amazonaws.com"
    found = _URL.fullmatch(url)
    if found is None:
        raise NotUnderstood("an unusual endpoint")
    scheme, host, port = found.groups()
    number = int(port or {"http": 80, "https": 443}[scheme])
    if not 0 < number < 2**16:
        raise NotUnderstood("no port")
    ca_file = _ca_file(env) if scheme == "https" else None
    return Endpoint(scheme=scheme, host=host, port=number, ca_file=ca_file)


def _ca_file(env: Mapping[str, str]) -> str | None:
    """Return the file of certificates to believe; None is the installed one."""
    path = env.get("AWS_CA_BUNDLE")
    if path is None and "REQUESTS_CA_BUNDLE" in env:
        raise NotUnderstood("another program's certificates")
    if path is not None and not os.path.isfile(path):  # noqa: PTH113  # as it is
        raise NotUnderstood("certificates that are no file")
    return path
