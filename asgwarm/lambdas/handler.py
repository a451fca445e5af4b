"""The function's entry: what kind of event is it, and what does it point at?

Rule: an event is a hint. It says where to look, never what is true.
"""

import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from functools import cache
from typing import Any

from asgwarm.clock import now_s
from asgwarm.domain.meta import settings_from
from asgwarm.lambdas.guard import guard
from asgwarm.lambdas.reconcile import reconcile
from asgwarm.lambdas.world import World


@cache  # building clients takes a while
def world() -> World:
    """The pool of this function's stack."""
    return World(settings_from(os.environ["SETTINGS"]))


def handler(event: Mapping[str, Any], _context: object) -> None:
    """Serve one invocation by CloudFormation, DynamoDB or EventBridge."""
    now = _now(event)
    if "RequestType" in event:
        guard(world(), event, now)
    elif event.get("detail-type") == "Scheduled Event":
        reconcile(world(), now)
    # The instances that it names, and a word for those who wait.
    elif hints := re.findall(r"\bi-[0-9a-f]{8,17}\b|\bWAIT#", json.dumps(event)):
        reconcile(world(), now, set(hints))


def _now(event: Mapping[str, Any]) -> int:
    """The later of the event's time and the clock: a late event turns nothing back."""
    said = 0
    with suppress(LookupError, TypeError, ValueError, OverflowError):
        if "time" in event:
            said = int(datetime.fromisoformat(event["time"]).timestamp())
        said = int(event["Records"][-1]["dynamodb"]["ApproximateCreationDateTime"])
    return max(said, now_s())
