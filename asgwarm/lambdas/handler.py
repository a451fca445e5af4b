"""The function's entry: what kind of event is it, and what does it point at?

Rule: an event is a hint. It says where to look, never what is true.
"""

import os
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from asgwarm.clock import now_s
from asgwarm.domain.meta import settings_from
from asgwarm.lambdas.guard import guard
from asgwarm.lambdas.reconcile import reconcile
from asgwarm.lambdas.world import World, log

_worlds: list[World] = []


def handler(event: Mapping[str, Any], _context: object) -> None:
    """Serve one invocation by CloudFormation, DynamoDB or EventBridge."""
    if not _worlds:  # kept while the process lives: building clients takes a while
        _worlds.append(World(settings_from(os.environ)))
    world, now = _worlds[0], _now(event)
    if "RequestType" in event:
        guard(world, event, now)
    elif event.get("detail-type") == "Scheduled Event":
        reconcile(world, now)
    elif ids := sorted(set(_instances(world, event))):
        reconcile(world, now, ids)


def _now(event: Mapping[str, Any]) -> int:
    """The later of the event's time and the clock: a late event turns nothing back."""
    try:
        said = int(datetime.fromisoformat(str(event["time"])).timestamp())
    except (KeyError, ValueError):
        said = 0
    return max(said, now_s())


def _instances(world: World, event: Mapping[str, Any]) -> Iterator[str]:
    """Yield the ids of the instances that an event is about; foreign ones are none."""
    ids: list[object] = [_of_row(record) for record in event.get("Records", [])]
    detail = event.get("detail", {})
    if detail.get("AutoScalingGroupName") == world.settings.group:
        ids.append(detail.get("EC2InstanceId"))
    for instance_id in ids:
        if re.fullmatch(r"i-[0-9a-f]{8,17}", str(instance_id)):
            yield str(instance_id)
        else:
            log("ignored", said=str(instance_id)[:80])


def _of_row(record: Mapping[str, Any]) -> str:
    """The instance of a changed row: its own row's, or its guest's."""
    keys = record.get("dynamodb", {}).get("Keys", {})
    pk, sk = (str(keys.get(name, {}).get("S", "")) for name in ("pk", "sk"))
    return pk.rpartition("/")[2] if sk == "AGENT" else sk.removeprefix("I#")
