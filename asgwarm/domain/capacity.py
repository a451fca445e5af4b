"""How many instances the group should keep in service.

Rule 1: DesiredCapacity is only ever raised as a number. It goes down by ending or
detaching one named instance with decrement, so the group never picks a victim.
Rule 2: leased and desired together stay within the cap: what is leased takes room
away from what is kept ready.
"""

from collections.abc import Collection
from dataclasses import dataclass

from asgwarm.domain.fleet import GroupView
from asgwarm.domain.meta import Settings
from asgwarm.domain.record import Record, State


@dataclass(slots=True, kw_only=True)
class Capacity:
    """Desired capacity as it is and as it should be; counts down as instances leave."""

    desired: int
    target: int

    def shrink(self) -> bool:
        """Whether the instance that leaves now is one too many; then it is counted."""
        surplus = self.desired > self.target
        self.desired -= surplus
        return surplus


def capacity_of(
    settings: Settings,
    group: GroupView | None,
    records: Collection[Record],
    *,
    draining: bool,
) -> Capacity:
    """Return the group's capacity beside what it should be; no group wants nothing."""
    leased = sum(record.state is State.LEASED for record in records)
    target = max(0, min(settings.hot, settings.cap - leased))
    return Capacity(
        desired=group.desired if group else 0,
        target=0 if draining or group is None else target,
    )


def surplus(
    capacity: Capacity, group: GroupView, records: Collection[Record]
) -> list[Record]:
    """Return the ready instances to evict, longest ready first.

    Those that are already on their way out of service count as done; the leased
    ones among them are about to be detached.
    """
    states = group.lifecycle_states
    serving = [r for r in records if states.get(r.instance_id) == "InService"]
    going = sum(r.state in (State.DRAINING, State.LEASED) for r in serving)
    ready = [record for record in serving if record.state is State.READY]
    # Never more than leaves the target ready: others may still be on their way.
    excess = min(capacity.desired - going, len(ready)) - capacity.target
    return sorted(ready, key=lambda record: record.since)[: max(0, excess)]
