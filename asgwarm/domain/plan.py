"""What is to be done about a pool as a whole, as data.

Rule: `decide` speaks of one instance, this module of what concerns none of them alone.
"""

from collections.abc import Iterator
from typing import Any

from asgwarm.domain.breaker import PAUSED, breaker
from asgwarm.domain.capacity import Capacity
from asgwarm.domain.fleet import Ec2Instance, GroupView
from asgwarm.domain.meta import Meta
from asgwarm.domain.record import Record
from asgwarm.domain.value import value


@value
class PoolView:
    """What one look at a pool found."""

    now: int
    meta: Meta
    group: GroupView | None
    ec2: dict[str, Ec2Instance]
    records: dict[str, Record]
    malformed: dict[str, object]  # instance id -> `gen` of a row without sense
    capacity: Capacity


def plan(pool: PoolView, failure: str | None) -> Iterator[tuple[str, Any]]:
    """Yield what to do, and to what, in the order in which to do it.

    raise (DesiredCapacity to a number), suspend or resume (a process of the group),
    quarantine (the row of an instance), trouble, seen_at (into the pool's row).

    Args:
        failure: Why the group's newest launch failed, empty when it did not; None
            after a hint, when only what cannot wait is to be done.
    """
    if not pool.group:
        return
    if pool.capacity.desired < pool.capacity.target:
        yield "raise", pool.capacity.target
    if failure is None:
        return
    if "AZRebalance" not in pool.group.suspended:
        yield "suspend", "AZRebalance"  # it ends healthy instances
    for instance_id in pool.malformed:
        yield "quarantine", instance_id
    # Claimants of a pool whose rows nobody compares with the group are refused.
    if not pool.capacity.strays:
        yield "seen_at", pool.now
    yield from _launching(pool, pool.group, failure)


def _launching(
    pool: PoolView, group: GroupView, failure: str
) -> Iterator[tuple[str, Any]]:
    """Pause and resume launches. Another one's pause is not ours to end.

    That it is ours is noted before it begins and until it was seen to have ended: to
    ask for it is not enough, whatever the answer says.
    """
    stop = breaker(
        pool.records.values(), group.template, pool.meta.refresh_at, pool.now
    )
    if pool.meta.draining:  # what is ended would be replaced, and ended, for ever
        stop = f"{PAUSED}the pool goes down"
    paused = "Launch" in group.suspended
    if paused and not stop and pool.meta.trouble.startswith(PAUSED):
        yield "resume", "Launch"
    elif (said := stop or failure) != pool.meta.trouble:
        yield "trouble", said
    if stop and not paused:
        yield "suspend", "Launch"
