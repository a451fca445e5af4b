"""Faults as an unmodified client meets them: in the called service's own words."""

from typing import Any

import pytest
from botocore.exceptions import (
    ChecksumError,
    ClientError,
    ConnectionClosedError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

INSTANCE = "i-0123456789abcdef0"
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "dynamodb": ("get_item", {"TableName": "one", "Key": {"pk": {"S": "a"}}}),
    "autoscaling": ("describe_warm_pool", {"AutoScalingGroupName": "one"}),
    "cloudformation": ("describe_stacks", {"StackName": "one"}),
    "ec2": ("describe_instances", {}),
    "ec2-instance-connect": (
        "send_ssh_public_key",
        {
            "InstanceId": INSTANCE,
            "InstanceOSUser": "ec2-user",
            "SSHPublicKey": "ssh-ed25519 " + "A" * 80,
        },
    ),
}
# service -> the codes of throttle, 500, 503, denied, expired_token, invalid, not_found
CODES = {
    "dynamodb": (
        "ThrottlingException InternalServerError ServiceUnavailable"
        " AccessDeniedException ExpiredTokenException ValidationException"
        " ResourceNotFoundException"
    ),
    "autoscaling": (
        "Throttling InternalFailure ServiceUnavailable"
        " AccessDenied ExpiredToken ValidationError ValidationError"
    ),
    "cloudformation": (
        "Throttling InternalFailure ServiceUnavailable"
        " AccessDenied ExpiredToken ValidationError ValidationError"
    ),
    "ec2": (
        "RequestLimitExceeded InternalError Unavailable"
        " UnauthorizedOperation RequestExpired InvalidParameterValue"
        " InvalidInstanceID.NotFound"
    ),
    "ec2-instance-connect": (
        "ThrottlingException ServiceException ServiceUnavailable"
        " AccessDeniedException ExpiredTokenException InvalidArgsException"
        " EC2InstanceNotFoundException"
    ),
}
REFUSING = (
    "throttle",
    "500",
    "503",
    "denied",
    "expired_token",
    "invalid",
    "not_found",
)
TOLD = [
    (service, kind, code)
    for service, codes in CODES.items()
    for kind, code in zip(REFUSING, codes.split(), strict=True)
]


@pytest.fixture
def struck(own_region):
    """Make a call of a service while a fault strikes it."""

    def call(service: str, **fault: object) -> None:
        own_region.control.set_faults(http=[{"service": service, **fault}])
        method, parameters = CALLS[service]
        getattr(own_region.client(service), method)(**parameters)

    yield call
    own_region.control.set_faults()


@pytest.mark.parametrize(("service", "kind", "code"), TOLD)
def test_a_refusal_is_the_services_own(struck, service, kind, code):
    """Code and status, by which clients tell errors apart."""
    with pytest.raises(ClientError) as refused:
        struck(service, kind=kind)

    assert refused.value.response["Error"]["Code"] == code
    status = refused.value.response["ResponseMetadata"]["HTTPStatusCode"]
    assert (status >= 500) is (kind in ("500", "503") or code == "RequestLimitExceeded")


@pytest.mark.parametrize(
    ("service", "said"),
    [
        (
            "dynamodb",
            "dynamodb:GetItem on resource: "
            "arn:aws:dynamodb:us-east-1:000000000000:table/one because",
        ),
        (
            "cloudformation",
            "cloudformation:DescribeStacks on resource: "
            "arn:aws:cloudformation:us-east-1:000000000000:stack/one/* because",
        ),
        (
            "ec2-instance-connect",
            "ec2-instance-connect:SendSSHPublicKey on resource: "
            f"arn:aws:ec2:us-east-1:000000000000:instance/{INSTANCE} because",
        ),
        ("ec2", "perform: ec2:DescribeInstances because no identity-based policy"),
    ],
)
def test_a_denial_names_user_action_and_resource(struck, service, said):
    """As a person would read it in the console."""
    with pytest.raises(ClientError) as denied:
        struck(service, kind="denied")

    message = denied.value.response["Error"]["Message"]
    assert said in message
    assert "User: arn:aws:iam::000000000000:user/user is not authorized" in message


@pytest.mark.parametrize(
    ("service", "said"),
    [
        ("cloudformation", "Stack with id one does not exist"),
        ("autoscaling", "AutoScalingGroup 'one' not found"),
        ("ec2-instance-connect", INSTANCE),
    ],
)
def test_what_is_not_found_is_named(struck, service, said):
    """For some services the words alone tell it from a wrong parameter."""
    with pytest.raises(ClientError, match=said):
        struck(service, kind="not_found")


@pytest.mark.parametrize("service", CALLS)
@pytest.mark.parametrize("kind", ["reset_before", "reply_lost", "cut"])
def test_a_broken_connection_is_no_answer(struck, service, kind):
    """Nor is half an answer."""
    with pytest.raises(ConnectionClosedError):
        struck(service, kind=kind)


@pytest.mark.parametrize("service", ["autoscaling", "cloudformation", "ec2"])
@pytest.mark.parametrize("kind", ["garbled", "truncated"])
def test_broken_xml_cannot_be_parsed(struck, service, kind):
    """The response is complete and the document is not."""
    with pytest.raises(ResponseParserError):
        struck(service, kind=kind)


def test_the_tables_checksum_tells_a_garbled_answer(struck):
    """Which a truncated one comes without: it reads as an answer that says nothing."""
    with pytest.raises(ChecksumError):
        struck("dynamodb", kind="garbled")


def test_a_truncated_answer_looks_like_an_empty_one(own_region):
    """What a client takes for "no such item" when it looks no closer."""
    table = own_region.client("dynamodb")
    key = {"pk": {"S": "a"}}
    table.create_table(
        TableName="whole",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )
    table.put_item(TableName="whole", Item=key)
    own_region.control.set_faults(http=[{"kind": "truncated", "action": "GetItem"}])

    assert "Item" not in table.get_item(TableName="whole", Key=key)

    own_region.control.set_faults()
    assert "Item" in table.get_item(TableName="whole", Key=key)


def test_a_slow_answer_comes_too_late(own_region):
    """For a client that does not wait so long."""
    from botocore.config import Config

    hasty = Config(read_timeout=0.05, retries={"total_max_attempts": 1})
    client = own_region.client("sts", config=hasty)
    own_region.control.set_faults(http=[{"kind": "slow", "delay_s": 0.5}])
    with pytest.raises(ReadTimeoutError):
        client.get_caller_identity()
    own_region.control.set_faults()
