"""How many instances the group should keep, and how many one pass may end."""

import pytest

from asgwarm.domain.capacity import EXCESS, LEFT, OLD, capacity_of
from asgwarm.domain.record import State
from tests.unit.domain import make
from tests.unit.domain.make import EARLIER, NOW, TEMPLATE, leased, meta, record


def group(desired, *, templates=None, **states):
    """A group with these members, `a="InService"`."""
    members = {f"i-{k}": v for k, v in states.items()}
    return make.group(desired, lifecycle_states=members, templates=templates or {})


def target(held=0, waiters=0, desired=0, **sizes):
    """How many a pool wants of which *held* are leased."""
    rows = [leased(instance_id=f"i-{n}") for n in range(held)]
    return capacity_of(meta(**sizes), group(desired), rows, waiters).target


def test_the_target_is_the_hot_size_within_the_cap():
    """What is leased takes room away from what is kept ready."""
    assert target(hot=3) == 3
    assert target(held=2, hot=3, cap=4) == 2
    assert target(held=2, hot=3, cap=2) == 0


def test_everybody_who_waits_gets_an_instance_within_the_cap():
    """A crowd is served side by side, and no faster than money allows."""
    assert target(waiters=5, hot=1) == 6
    assert target(held=2, waiters=50, hot=1, cap=10) == 8


def test_what_may_be_a_lease_counts_as_one():
    """Nobody knows who holds a quarantined instance, and it costs as much."""
    odd = [record(State.QUARANTINED)]

    assert capacity_of(meta(hot=3, cap=3), group(0), odd, 0).target == 2


def test_a_pool_that_goes_down_wants_nothing():
    """Nor does a group that is not there."""
    assert target(hot=3, waiters=4, pool_mode="DRAINING") == 0
    assert capacity_of(meta(hot=3), None, [], 0).target == 0


@pytest.mark.parametrize(
    ("hot", "cap", "desired", "shrinks"),
    [(1, 10, 1, False), (1, 10, 2, True), (1, 2, 1, False), (1, 1, 1, True)],
)
def test_a_claim_is_replaced_unless_there_is_surplus_or_the_cap_is_reached(
    hot, cap, desired, shrinks
):
    """Detaching lowers the desired capacity only then."""
    known = meta(hot=hot, cap=cap)

    capacity = capacity_of(known, group(desired), [leased()], 0)

    assert capacity.shrink() is shrinks


def test_no_more_leave_for_good_than_are_too_many():
    """Of three that leave at once, with one too many, two are replaced."""
    capacity = capacity_of(meta(hot=4), group(5), [], 0)

    assert [capacity.shrink() for _ in range(3)] == [True, False, False]


def excess(desired, hot, waiters=0, **states):
    """How many ready ones are too many; members in service, `a=State.READY`."""
    rows = [record(state, instance_id=f"i-{k}") for k, state in states.items()]
    serving = group(desired, **dict.fromkeys(states, "InService"))
    return capacity_of(meta(hot=hot), serving, rows, waiters).left[EXCESS]


def test_what_is_going_already_counts_as_done():
    """Three of four are ready, one is wanted, and one is on its way out."""
    ready = dict.fromkeys("abc", State.READY)

    assert excess(4, 1, d=State.DRAINING, **ready) == 2
    assert excess(4, 1, waiters=1, d=State.DRAINING, **ready) == 1


def test_what_is_not_ready_yet_makes_nothing_ready_surplus():
    """The target stays ready while the others are on their way."""
    assert excess(2, 1, a=State.READY, b=State.WARMING) <= 0


def test_a_leased_instance_that_still_serves_is_no_surplus():
    """It is about to be detached, which lowers the capacity by itself."""
    assert excess(2, 1, a=State.READY, b=State.LEASED) <= 0


def test_a_refresh_costs_one_ready_instance_at_a_time_and_the_old_rest_goes_first():
    """Nothing that is old itself may take the place of what is replaced."""
    asked = meta(hot=2, refresh_at=NOW - 200)
    ready = [record(State.READY, instance_id=f"i-{n}") for n in "ab"]
    resting = record(State.WARMED, instance_id="i-c")
    serving = group(2, a="InService", b="InService")

    def spare(*rows):
        return capacity_of(asked, serving, rows, 0).left[OLD]

    assert spare(*ready) == 1
    assert spare(ready[0]) == 0
    assert spare(*ready, resting) == 0


def test_what_another_launch_template_made_is_old():
    """Whenever it was born; and what an earlier refresh asked for is so as well."""
    made = {"i-a": EARLIER, "i-b": TEMPLATE, "i-c": "lt-0def 3"}
    born = [record(State.WARMED, instance_id="i-b", born_at=NOW - 1)]

    def old(**asked):
        return capacity_of(meta(**asked), group(1, templates=made), born, 0).old

    assert old() == {"i-a", "i-c"}
    assert old(refresh_at=NOW) == {"i-a", "i-b", "i-c"}
    assert capacity_of(meta(), None, born, 0).old == set()


def test_where_a_version_is_not_known_nothing_is_old():
    """A member may name none, and a group `$Latest`: that would roll for ever."""
    assert make.group(templates={"i-a": ""}).outdated == set()
    assert make.group(template="", templates={"i-a": EARLIER}).outdated == set()


def test_a_new_launch_template_costs_one_ready_instance_at_a_time():
    """The ready ones wait until nothing of the old template is on its way."""
    ready = [record(State.READY, instance_id=f"i-{n}") for n in "ab"]
    resting = record(State.WARMED, instance_id="i-c")

    def spare(*rows, **made):
        templates = {"i-a": EARLIER, "i-b": EARLIER, "i-c": EARLIER, **made}
        serving = group(2, templates=templates, a="InService", b="InService")
        return capacity_of(meta(hot=2), serving, rows, 0).left[OLD]

    assert spare(*ready) == 1
    assert spare(ready[0]) == 0
    assert spare(*ready, resting) == 0
    assert spare(*ready, resting, **{"i-c": TEMPLATE}) == 1


def test_one_pass_ends_a_fifth_at_most_for_having_left():
    """A wrong listing costs a part of the pool, in a small one five instances."""
    many = [record(State.READY, instance_id=f"i-{n}") for n in range(50)]

    assert capacity_of(meta(), group(1), many, 0).left[LEFT] == 10
    assert capacity_of(meta(), group(1), many[:3], 0).left[LEFT] == 5


def test_what_is_ready_and_in_no_service_is_a_stray():
    """In another state of the group, or not its member at all."""
    rows = [record(State.READY, instance_id=f"i-{name}") for name in "abc"]
    rows.append(record(State.WARMED, instance_id="i-d"))

    found = capacity_of(meta(), group(1, a="InService", b="Terminating"), rows, 0)

    assert found.strays == 2
