"""What is still there of a pool after its end, for a person to look at.

Rule: it only looks. What it finds carries the pool's tag or its name, so that nothing
of anybody else's is ever named.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError

from asgwarm.aws_errors import translated
from asgwarm.domain.value import value

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_ec2 import EC2Client

STACK_TAG, POOL_TAG = "asgwarm:stack", "asgwarm:pool"
# What EC2 lists for a while although it is ended.
_ENDED = ("shutting-down", "terminated", "deleting", "deleted")


class Lists(Protocol):
    """The clients that list what there is."""

    @property
    def cloudformation(self) -> "CloudFormationClient": ...  # noqa: D102 - named by its type
    @property
    def ec2(self) -> "EC2Client": ...  # noqa: D102 - as above
    @property
    def logs(self) -> Any: ...  # noqa: D102 - as above


@value
class Leftover:
    """Something of a pool that is still there after its end."""

    kind: (
        str  # "instance", "volume", "network interface", "log group", or a type's name
    )
    id: str


def leftovers(clients: Lists, pool: str, stack_id: str = "") -> list[Leftover]:
    """Return what is left of a pool, normally nothing.

    Args:
        stack_id: Only what is of this stack; without it of any stack of the pool's,
            where there is none any more.
    """
    tag, owner = (STACK_TAG, stack_id) if stack_id else (POOL_TAG, pool)
    found = [
        Leftover(kind=kind, id=id_)
        for kind, listed in (
            ("instance", instances(clients.ec2, tag, owner)),
            ("volume", volumes(clients.ec2, tag, owner)),
            ("network interface", interfaces(clients.ec2, tag, owner)),
        )
        for id_, state in listed.items()
        if state not in _ENDED
    ]
    found += _log_groups(clients.logs, pool)
    return found + (_kept(clients.cloudformation, stack_id) if stack_id else [])


def instances(client: "EC2Client", tag: str, owner: str) -> dict[str, str]:
    """State of each of the instances with the tag that is not gone, by id."""
    return {
        instance["InstanceId"]: instance["State"]["Name"]
        for page in _tagged(client, "describe_instances", "Reservations", tag, owner)
        for instance in page["Instances"]
        if instance["State"]["Name"] != "terminated"
    }


def volumes(client: "EC2Client", tag: str, owner: str) -> dict[str, str]:
    """State of each volume with the tag, by id."""
    found = _tagged(client, "describe_volumes", "Volumes", tag, owner)
    return {volume["VolumeId"]: volume.get("State", "") for volume in found}


def interfaces(client: "EC2Client", tag: str, owner: str) -> dict[str, str]:
    """Status of each network interface with the tag, by id."""
    found = _tagged(
        client, "describe_network_interfaces", "NetworkInterfaces", tag, owner
    )
    return {one["NetworkInterfaceId"]: one.get("Status", "") for one in found}


def _tagged(
    client: "EC2Client", operation: str, items: str, tag: str, owner: str
) -> Iterator[Any]:
    which = {"Name": f"tag:{tag}", "Values": [owner]}
    pages: Any = client.get_paginator(operation)  # type: ignore[call-overload]  # named by a variable
    action = operation.title().replace("_", "")  # as a policy names it
    with translated(f"ec2:{action}", owner):
        for page in pages.paginate(Filters=[which]):
            yield from page[items]


def _log_groups(client: Any, pool: str) -> list[Leftover]:
    name = f"/asgwarm/{pool}"
    with translated("logs:DescribeLogGroups", name):
        pages = client.get_paginator("describe_log_groups")
        found = [
            group["logGroupName"]
            for page in pages.paginate(logGroupNamePrefix=name)
            for group in page["logGroups"]
        ]
    return [Leftover(kind="log group", id=each) for each in found if each == name]


def _kept(client: "CloudFormationClient", stack_id: str) -> list[Leftover]:
    """What CloudFormation left out when it deleted the stack."""
    pages = client.get_paginator("list_stack_resources")
    found = []
    with translated("cloudformation:ListStackResources", stack_id):
        try:
            for page in pages.paginate(StackName=stack_id):
                found += page["StackResourceSummaries"]
        except ClientError as error:
            if "does not exist" not in str(error):
                raise
    return [
        Leftover(kind=one["ResourceType"], id=one.get("PhysicalResourceId", ""))
        for one in found
        if one["ResourceStatus"] != "DELETE_COMPLETE"
    ]
