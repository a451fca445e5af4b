"""How many instances the group should keep in service.

Rule 1: DesiredCapacity is only ever raised as a number. It goes down by ending or
detaching one named instance with decrement, so the group never picks a victim.
Rule 2: leased and desired together stay within the cap.
"""

from collections.abc import Collection

from asgwarm.domain.fleet import GroupView
from asgwarm.domain.meta import Settings
from asgwarm.domain.record import Record, State
from asgwarm.domain.value import value


@value
class Capacity:
    """Desired capacity as it is and as it should be, with what is leased.

    Attributes:
        end_shrinks: Whether ending an instance in service should lower desired.
        detach_shrinks: Whether detaching a leased one should.
    """

    desired: int
    target: int
    end_shrinks: bool
    detach_shrinks: bool


def capacity_of(
    settings: Settings,
    group: GroupView | None,
    records: Collection[Record],
    *,
    draining: bool,
) -> Capacity:
    """Return the group's capacity beside what it should be; no group wants nothing."""
    leased = sum(record.state is State.LEASED for record in records)
    room = max(0, settings.cap - leased)
    target = 0 if draining or group is None else min(settings.hot, room)
    desired = group.desired if group else 0
    return Capacity(
        desired=desired,
        target=target,
        end_shrinks=desired > target,
        # The instance that is to be detached is among the leased ones already.
        detach_shrinks=desired > target or desired > room,
    )


def surplus(
    capacity: Capacity, group: GroupView, records: Collection[Record]
) -> list[Record]:
    """Return the ready instances to evict, longest ready first.

    Those that are already on their way out of service count as done.
    """
    states = group.lifecycle_states
    serving = [r for r in records if states.get(r.instance_id) == "InService"]
    going = sum(record.state is State.DRAINING for record in serving)
    excess = max(0, capacity.desired - capacity.target - going)
    ready = [record for record in serving if record.state is State.READY]
    return sorted(ready, key=lambda record: record.ready_at)[:excess]
