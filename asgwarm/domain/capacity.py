"""How many instances the group should keep in service.

Rule 1: DesiredCapacity is only ever raised as a number. It goes down by ending or
detaching one named instance with decrement, so the group never picks a victim.
Rule 2: everybody who waits gets an instance of the group's, as far as the cap allows.
Rule 3: leased and desired together stay within the cap: what is leased takes room
away from what is kept ready.
Rule 4: what one pass may end is counted down, so that no mistake costs a whole pool.
"""

from collections.abc import Collection
from dataclasses import dataclass

from asgwarm.domain.fleet import GroupView
from asgwarm.domain.meta import Meta
from asgwarm.domain.record import UNREADY, Record, State

# Somebody's, or nobody knows whose: detached, and counted against the cap.
HELD = (State.LEASED, State.QUARANTINED)
# Reasons to end a free instance that hold for so many in one pass and no more.
LEFT = "it left the group"
OLD = "older than template or refresh"
EXCESS = "one more than wanted"


@dataclass(slots=True, kw_only=True)
class Capacity:
    """Desired capacity as it is and as it should be; counts down as instances leave.

    Attributes:
        strays: Ready instances that are not in the group's service.
        old: Ids of instances to be replaced: another launch template's than the
            group's, or born before the refresh.
        left: How many more may be ended for LEFT, and of the ready ones for OLD (one
            ready less than wanted is all that it may cost to replace them, and nothing
            old may take its place) and for EXCESS.
    """

    desired: int
    target: int
    strays: int
    old: set[str]
    left: dict[str, int]

    def shrink(self) -> bool:
        """Whether the instance that leaves now is one too many; then it is counted."""
        surplus = self.desired > self.target
        self.desired -= surplus
        return surplus


def capacity_of(
    meta: Meta,
    group: GroupView | None,
    records: Collection[Record],
    waiters: int,
) -> Capacity:
    """Return the group's capacity beside what it should be; no group wants nothing."""
    found = [record.state for record in records]
    leased = sum(state in HELD for state in found)
    target = max(0, min(meta.hot + waiters, meta.cap - leased))
    target = 0 if meta.draining or not group else target
    states = group.lifecycle_states if group else {}
    serving = [r.state for r in records if states.get(r.instance_id) == "InService"]
    ready = serving.count(State.READY)
    # Those on their way out of service count as done, the leased ones too.
    desired = group.desired if group else 0
    staying = desired - sum(s in (State.DRAINING, *HELD) for s in serving)
    old = {r.instance_id for r in records if r.born_at < meta.refresh_at}
    old |= group.outdated if group else set()
    coming = any(r.instance_id in old for r in records if r.state in UNREADY)
    return Capacity(
        desired=desired,
        target=target,
        strays=found.count(State.READY) - ready,
        old=old,
        left={
            LEFT: max(5, len(records) // 5),
            OLD: 0 if coming else ready + 1 - target,
            # Never more than leaves the target ready: others may be on their way.
            EXCESS: min(staying, ready) - target,
        },
    )
