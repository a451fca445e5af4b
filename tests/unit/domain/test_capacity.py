"""How many instances the group should keep."""

import pytest

from asgwarm.domain.capacity import capacity_of, surplus
from asgwarm.domain.fleet import GroupView
from asgwarm.domain.record import State
from tests.unit.domain.make import leased, record, settings


def group(desired, **states):
    """A group with these members, `a="InService"`."""
    return GroupView(
        desired=desired, lifecycle_states={f"i-{k}": v for k, v in states.items()}
    )


def test_the_target_is_the_hot_size_within_the_cap():
    """What is leased takes room away from what is kept ready."""
    two = [leased(instance_id=f"i-{n}") for n in range(2)]

    assert capacity_of(settings(hot=3), group(0), [], draining=False).target == 3
    assert (
        capacity_of(settings(hot=3, cap=4), group(0), two, draining=False).target == 2
    )
    assert (
        capacity_of(settings(hot=3, cap=2), group(0), two, draining=False).target == 0
    )


def test_a_pool_that_goes_down_wants_nothing():
    """Nor does a group that is not there."""
    assert capacity_of(settings(hot=3), group(3), [], draining=True).target == 0
    assert capacity_of(settings(hot=3), None, [], draining=False).target == 0


@pytest.mark.parametrize(
    ("hot", "cap", "desired", "shrinks"),
    [(1, 10, 1, False), (1, 10, 2, True), (1, 2, 1, False), (1, 1, 1, True)],
)
def test_a_claim_is_replaced_unless_there_is_surplus_or_the_cap_is_reached(
    hot, cap, desired, shrinks
):
    """Detaching lowers the desired capacity only then."""
    known = settings(hot=hot, cap=cap)

    capacity = capacity_of(known, group(desired), [leased()], draining=False)

    assert capacity.shrink() is shrinks


def test_no_more_leave_for_good_than_are_too_many():
    """Of three that leave at once, with one too many, two are replaced."""
    capacity = capacity_of(settings(hot=4), group(5), [], draining=False)

    assert [capacity.shrink() for _ in range(3)] == [True, False, False]


def test_surplus_is_what_has_been_ready_longest():
    """Instances that are already going count as done."""
    records = [
        record(State.READY, instance_id="i-a", since=30),
        record(State.READY, instance_id="i-b", since=10),
        record(State.READY, instance_id="i-c", since=20),
        record(State.DRAINING, instance_id="i-d"),
    ]
    serving = group(4, a="InService", b="InService", c="InService", d="InService")
    capacity = capacity_of(settings(hot=1), serving, records, draining=False)

    evicted = surplus(capacity, serving, records)

    assert [record.instance_id for record in evicted] == ["i-b", "i-c"]


def test_what_is_not_ready_yet_makes_nothing_ready_surplus():
    """The target stays ready while the others are on their way."""
    records = [
        record(State.READY, instance_id="i-a"),
        record(State.WARMING, instance_id="i-b"),
    ]
    serving = group(2, a="InService", b="InService")
    capacity = capacity_of(settings(hot=1), serving, records, draining=False)

    assert surplus(capacity, serving, records) == []


def test_a_leased_instance_that_still_serves_is_no_surplus():
    """It is about to be detached, which lowers the capacity by itself."""
    records = [
        record(State.READY, instance_id="i-a"),
        leased(instance_id="i-b"),
    ]
    serving = group(2, a="InService", b="InService")
    capacity = capacity_of(settings(hot=2, cap=2), serving, records, draining=False)

    assert surplus(capacity, serving, records) == []
