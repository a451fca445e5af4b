"""The ways to an instance that is there already, each as a program of its own.

`tags` finds an instance by its tags, claims it with a tag and goes in; `simple-eic`
knows the instance and goes in. Both are boto3 and asyncssh, one call after the other.

Reads one order as JSON from stdin, so that keys stand in no command line; writes what
the instance said to stdout and one document to stderr.

usage: python -m asgwarm.bench.flow
"""

import asyncio
import json
import os
import sys
from dataclasses import asdict
from typing import Any

from asgwarm.aws_errors import translated
from asgwarm.bench.desk import SAYS
from asgwarm.bench.login import log_in
from asgwarm.bench.phases import Phases
from asgwarm.bench.plan import TAGS
from asgwarm.clients import AwsSettings, Clients
from asgwarm.connect.target import Target
from asgwarm.domain.value import value
from asgwarm.errors import AsgwarmError, ResourceMissing

SCHEMA = "asgwarm.flow/v1"
STATE_TAG, OWNER_TAG = "asgwarm:bench", "asgwarm:bench-owner"
FREE, TAKEN = "ready", "leased"


@value
class Order:
    """One flow to go.

    Attributes:
        address_field: Where DescribeInstances has the address that people connect to.
        stack_id: Of the pool; its instances carry it in a tag.
    """

    way: str
    settings: dict[str, Any]
    stack_id: str
    owner: str
    address_field: str
    instance_id: str
    port: int
    os_user: str
    host_key: str

    def dump(self) -> bytes:
        """The order as the program reads it."""
        return json.dumps(asdict(self)).encode()


def filters(stack_id: str) -> list[Any]:
    """What DescribeInstances is asked for by the flow with tags."""
    return [
        {"Name": "tag:asgwarm:stack", "Values": [stack_id]},
        {"Name": f"tag:{STATE_TAG}", "Values": [FREE]},
        {"Name": "instance-state-name", "Values": ["running"]},
    ]


async def go(order: Order) -> dict[str, int]:
    """Go the way; return milliseconds by phase."""
    clients, phases = Clients(AwsSettings(**order.settings)), Phases()
    with phases.phase("clients"):
        ec2, eic = clients.ec2, clients.full_eic
    which: dict[str, Any] = {"InstanceIds": [order.instance_id]}
    if order.way == TAGS:
        which = {"Filters": filters(order.stack_id)}
    with phases.phase("query"), translated("ec2:DescribeInstances", "*"):
        pages = ec2.describe_instances(**which)["Reservations"]
    found = [each for page in pages for each in page["Instances"]]
    if not found:
        raise ResourceMissing("no instance carries the tags")
    if order.way == TAGS:
        tags = {STATE_TAG: TAKEN, OWNER_TAG: order.owner}
        with phases.phase("claim"), translated("ec2:CreateTags", order.instance_id):
            ec2.create_tags(
                Resources=[found[0]["InstanceId"]],
                Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
            )
    target = Target(
        instance_id=found[0]["InstanceId"],
        address=str(found[0].get(order.address_field, "")),
        port=order.port,
        os_user=order.os_user,
        host_key=order.host_key,
    )
    await log_in(target, eic, phases, arrived=_say)
    return phases.took_ms


def main() -> int:
    """Follow the order; 1 when it came to nothing."""
    order = Order(**json.load(sys.stdin))
    said: dict[str, Any] = {"schema": SCHEMA}
    try:
        said["timings"] = asyncio.run(go(order))
    except AsgwarmError as error:
        said |= {"schema": "asgwarm.error/v1", "message": error.message}
    sys.stderr.write(json.dumps(said) + "\n")
    sys.stderr.flush()
    return int("message" in said)


def _say() -> None:
    sys.stdout.write(f"{SAYS}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    os._exit(main())  # nobody waits for what is left of the connections
