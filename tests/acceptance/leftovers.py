"""Whether anything of the pool is left, looked for past the product and its stack."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError

from tests.acceptance.live import Live

GONE = ("terminated", "shutting-down")


def left(live: Live) -> list[str]:
    """Return what is left: kind and id of each, normally nothing."""
    found = [
        f"instance {instance['InstanceId']} {instance['State']['Name']}"
        for instance in live.instances()
        if instance["State"]["Name"] not in GONE
    ]
    ec2 = live.client("ec2")
    tag = {"Name": "tag:asgwarm:pool", "Values": [live.pool]}
    for volume in ec2.describe_volumes(Filters=[tag])["Volumes"]:
        found.append(f"volume {volume['VolumeId']}")
    found += _interfaces(live)
    for prefix in (f"/asgwarm/{live.pool}", f"/aws/lambda/{live.stack}-"):
        groups = live.client("logs").describe_log_groups(logGroupNamePrefix=prefix)
        found += [f"log group {group['logGroupName']}" for group in groups["logGroups"]]
    with _absent("ResourceNotFoundException"):
        live.client("dynamodb").describe_table(TableName=live.stack)
        found.append(f"table {live.stack}")
    with _absent("ValidationError"):
        live.client("cloudformation").describe_stacks(StackName=live.stack)
        found.append(f"stack {live.stack}")
    return found


def _interfaces(live: Live) -> list[str]:
    """Network interfaces that hold on to the pool's security group."""
    group = live.kept.get("security_group")
    if not group:
        return []
    of_group = [{"Name": "group-id", "Values": [group]}]
    found = live.client("ec2").describe_network_interfaces(Filters=of_group)
    return [
        f"network interface {each['NetworkInterfaceId']}"
        for each in found["NetworkInterfaces"]
    ]


@contextmanager
def _absent(code: str) -> Iterator[None]:
    """Go on where AWS says that there is nothing."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] != code:
            raise
