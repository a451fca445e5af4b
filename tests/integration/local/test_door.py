"""Who gets in, and where the region listens."""

import http.client
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

SERVICES = {
    "autoscaling": "describe_auto_scaling_groups",
    "cloudformation": "list_stacks",
    "dynamodb": "list_tables",
    "ec2": "describe_instances",
    "events": "list_rules",
    "iam": "list_roles",
    "lambda": "list_functions",
    "logs": "describe_log_groups",
    "s3": "list_buckets",
    "sqs": "list_queues",
    "ssm": "describe_parameters",
    "sts": "get_caller_identity",
}
REFUSED = {
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
}


@pytest.mark.parametrize(("service", "call"), SERVICES.items())
def test_an_unmodified_client_works(region, service, call):
    """Endpoint and key are all that it needs."""
    answer = getattr(region.client(service), call)()
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize(("service", "call"), SERVICES.items())
@pytest.mark.parametrize("wrong", ["aws_access_key_id", "aws_secret_access_key"])
def test_another_key_or_secret_gets_nothing(region, service, call, wrong):
    """Every service answers the error of its protocol."""
    client = region.client(service, **{wrong: "AKIA" + "A" * 16})

    with pytest.raises(ClientError) as refusal:
        getattr(client, call)()

    assert refusal.value.response["Error"]["Code"] in REFUSED


def test_instance_connect_is_behind_the_same_door(region):
    """And so is the control API."""
    client = region.client("ec2-instance-connect", aws_secret_access_key="A" * 40)
    with pytest.raises(ClientError) as refusal:
        client.send_ssh_public_key(
            InstanceId="i-" + "0" * 17, InstanceOSUser="u", SSHPublicKey="k" * 80
        )
    assert refusal.value.response["Error"]["Code"] in REFUSED


def plain(region, method, path, body=b"") -> tuple[int, Any]:
    """Status of an unsigned request."""
    where = urlsplit(region.info.endpoint_url)
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=10)
    try:
        connection.request(method, path, body)
        response = connection.getresponse()
        response.read()
        return response.status, response.headers
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("POST", "/"),
        ("GET", "/_ministack/health"),
        ("POST", "/_ministack/reset"),
        ("POST", "/_asgwarm-local"),
        ("GET", "/bucket/key"),
        ("OPTIONS", "/"),
        ("GET", "/_ministack/cfn-response/x"),
    ],
)
def test_an_unsigned_request_gets_nothing(region, method, path):
    """Not even the pages by which the base describes itself."""
    status, headers = plain(region, method, path)
    assert status == 403
    assert headers["Date"]


@pytest.mark.parametrize("path", ["/imds/", "/imds/x/latest/meta-data/instance-id"])
def test_metadata_needs_its_secret_path(region, path):
    """Who guesses finds nothing."""
    assert plain(region, "GET", path)[0] == 404


def test_a_request_for_another_region_is_refused(region):
    """It would look like an empty account."""
    with pytest.raises(ClientError, match="this is us-east-1, not eu-west-1"):
        region.client("dynamodb", region_name="eu-west-1").list_tables()


def test_a_presigned_request_is_let_in(region):
    """As the EC2 console and the CLI make them."""
    url = region.client("sts").generate_presigned_url(
        "get_caller_identity", HttpMethod="GET"
    )
    where = urlsplit(url)
    status, _ = plain(region, "GET", f"{where.path}?{where.query}")
    assert status == 200
    changed = where.query.replace("Signature=", "Signature=0")
    assert plain(region, "GET", f"{where.path}?{changed}")[0] == 403


def test_credentials_of_an_assumed_role_work(region):
    """Keys that the region itself issued are as good as its own."""
    region.client("iam").create_role(RoleName="door", AssumeRolePolicyDocument="{}")
    role = region.client("sts").assume_role(
        RoleArn="arn:aws:iam::000000000000:role/door", RoleSessionName="test"
    )["Credentials"]
    keys = {
        "aws_access_key_id": role["AccessKeyId"],
        "aws_secret_access_key": role["SecretAccessKey"],
    }
    token = role["SessionToken"]

    region.client("dynamodb", **keys, aws_session_token=token).list_tables()
    with pytest.raises(ClientError):
        region.client("dynamodb", **keys, aws_session_token=token[::-1]).list_tables()


def test_only_loopback_addresses_listen(region, work):
    """With an instance running too: nothing for other machines."""
    if sys.platform != "linux":
        pytest.skip("reads /proc")
    work.launch()
    inodes = sockets_of(region.info.pid)
    listening = []
    for name in ("tcp", "tcp6", "udp", "udp6"):
        for line in (
            Path(f"/proc/{region.info.pid}/net/{name}").read_text().splitlines()
        ):
            fields = line.split()
            if fields[9] in inodes and (fields[3] == "0A" or name.startswith("udp")):
                listening.append((name, fields[1]))

    assert len(listening) >= 2
    assert all(
        name == "tcp" and address.endswith("7F", 0, 8)
        for name, address in ((name, address[:8]) for name, address in listening)
    )


def sockets_of(pid) -> set[str]:
    """Inodes of a process's sockets."""
    found = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        target = str(entry.readlink())
        if target.startswith("socket:["):
            found.add(target[8:-1])
    return found
