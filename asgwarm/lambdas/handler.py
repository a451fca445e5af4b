"""The function's entry: what kind of event is it, and what does it point at?

Rule: an event is a hint. It says where to look, never what is true.
"""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
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
    elif ids := _instances(world, event):
        reconcile(world, now, ids)


def _now(event: Mapping[str, Any]) -> int:
    """The later of the event's time and the clock: a late event turns nothing back."""
    said = [0.0]
    with suppress(KeyError, TypeError, ValueError):
        rows = [record["dynamodb"] for record in event.get("Records", [])]
        said += [row["ApproximateCreationDateTime"] for row in rows]
        said.append(datetime.fromisoformat(event["time"]).timestamp())
    return max(int(max(said)), now_s())


def _instances(world: World, event: Mapping[str, Any]) -> set[str]:
    """The ids of the instances that an event is about; foreign ones are none."""
    try:
        ids = [_of_row(record) for record in event.get("Records", [])]
        detail = event.get("detail", {})
        if detail.get("AutoScalingGroupName") == world.settings.group:
            ids.append(str(detail.get("EC2InstanceId")))
    except (AttributeError, TypeError):
        ids = [str(event)]
    known = {i for i in ids if re.fullmatch(r"i-[0-9a-f]{8,17}", i)}
    if len(known) < len(set(ids)):
        log("ignored", said=str(ids)[:80])
    return known


def _of_row(record: Mapping[str, Any]) -> str:
    """The instance of a changed row: its own row's, or its guest's."""
    keys = record.get("dynamodb", {}).get("Keys", {})
    pk, sk = (str(keys.get(name, {}).get("S", "")) for name in ("pk", "sk"))
    return pk.rpartition("/")[2] if sk == "AGENT" else sk.removeprefix("I#")
