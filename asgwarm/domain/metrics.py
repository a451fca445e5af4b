"""The figures of a pool that CloudWatch makes metrics of, from lines of a log.

Rule 1: a line is a metric by its own form, the embedded metric format: no call is made
for it and nobody needs a permission. Only a stack that asks for metrics has them;
templates/operations.yaml makes alarms of them.
Rule 2: what there is, is told once a minute, as the pass over everything found it:
Ready, Warm, Leased, and Missing (ready ones that there should be besides, for those
who wait too).
Rule 3: what happens is told when the function does its part in it:
RefillSeconds      from a launch, or from leaving the warm pool, until READY
ClaimWaitSeconds   what the holder of a new lease says to have waited, mostly 0; not
                   told of a lease that was over before the function saw it
AbandonedHooks     a launch that failed, by its set-up or by its silence
ExpiredLeases      a lease whose time was over

Source: Amazon CloudWatch User Guide, "Specification: Embedded metric format".
"""

import re
from collections.abc import Mapping
from typing import Any

from asgwarm.domain.breaker import FAILED
from asgwarm.domain.decide import View
from asgwarm.domain.meta import Settings
from asgwarm.domain.plan import PoolView
from asgwarm.domain.record import State


def found(pool: PoolView) -> dict[str, int]:
    """What there is, as one look found it, by the metric's name."""
    count = [record.state for record in pool.records.values()].count
    ready = count(State.READY)
    return {
        "Ready": ready,
        "Warm": count(State.WARMED),
        "Leased": count(State.LEASED),
        "Missing": max(0, pool.capacity.target - ready),
    }


def happened(view: View, do: str, why: str) -> dict[str, int]:
    """What an action on an instance is told as, by the metric's name.

    Args:
        view: The instance before it.
    """
    record: Any = view.record  # there is one, but for what is told as nothing
    if do == "stamp" and not record.lease_seen_at:
        # What the claim left in the row's history; see `registry.leases`.
        waited = re.findall(r"waited (\d{1,5}) s'", str(record.history[-1:]))
        return {"ClaimWaitSeconds": sum(map(int, waited))}
    if do == "ready":
        return {"RefillSeconds": view.now - record.since}
    if why.startswith(FAILED):
        return {"AbandonedHooks": 1}
    return {"ExpiredLeases": 1} if do in ("expire", "end") else {}


def embedded(
    settings: Settings, now: int, figures: Mapping[str, int]
) -> dict[str, Any]:
    """Members that make a line of the log metrics; none where the stack wants none."""
    if not figures or settings.metrics != "yes":
        return {}
    about = {
        "Namespace": "asgwarm",
        "Dimensions": [["Pool"]],
        "Metrics": [{"Name": name} for name in figures],
    }
    return {
        "_aws": {"Timestamp": now * 1000, "CloudWatchMetrics": [about]},
        "Pool": settings.pool,
        **figures,
    }
