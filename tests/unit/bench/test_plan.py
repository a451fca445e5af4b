"""What a bench is going to do, and what that costs at most."""

from decimal import Decimal
from typing import Any

import pytest

from asgwarm.bench.plan import WAYS, Room, chosen, plan
from asgwarm.errors import ConfigError

HOUR = Decimal("0.36")  # an instance costs a hundredth of a cent a second


def room(**changes):
    """A pool with room for everything."""
    values: dict[str, Any] = {
        "hot": 1,
        "warm": 2,
        "free": 10,
        "owner_cap": 0,
        "refill_s": 300,
        "per_hour": HOUR,
    }
    return Room(**values | {"per_hour": HOUR} | changes)


def test_get_is_always_measured():
    """Everything else is compared with it."""
    assert chosen("") == ("get",)
    assert chosen(" cold, agent,") == ("get", "agent", "cold")


def test_an_unknown_way_is_named():
    """With the ways that there are."""
    with pytest.raises(ConfigError, match="'mosh'; it knows agent, spare, warm, cold"):
        chosen("warm,mosh")


def test_what_launches_instances_is_gone_five_times_at_most():
    """Each takes as long as an instance does."""
    assert plan(WAYS, 20, room()).rounds == {
        **dict.fromkeys(("get", "agent", "spare", "tags", "simple-eic"), 20),
        **dict.fromkeys(("warm", "cold"), 5),
    }
    assert plan(WAYS, 2, room()).rounds["warm"] == 2


def test_everything_that_is_used_up_is_counted():
    """One a get; for warm the hot ones and one more; one is held, one is a spare."""
    found = plan(WAYS, 20, room(hot=2))

    assert found.holds == 2
    assert found.starts == 3 * 20 + 5 * (2 + 2) + 5 + 2


def test_the_price_is_that_of_the_limits():
    """As long as a shot may take, and two minutes; an hour for what is held."""
    get = plan(("get",), 20, room())
    cold = plan(("get", "cold"), 1, room())
    held = plan(("get", "tags"), 1, room())

    assert get.at_most == HOUR / 3600 * 20 * (120 + 90)
    assert cold.at_most == HOUR / 3600 * ((120 + 90) + (120 + 180))
    assert held.at_most == HOUR / 3600 * ((120 + 90) + (3600 + 300 + 300 + 120))


def test_an_unknown_price_is_not_guessed():
    """Nobody is told a number that was made up."""
    assert plan(("get",), 20, room(per_hour=None)).at_most is None


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"free": 1}, {"tags", "simple-eic", "spare", "warm"}),
        ({"free": 2}, {"spare", "warm"}),  # one held, one to get
        ({"free": 3}, {"warm"}),
        ({"free": 4}, set()),
        ({"free": 4, "hot": 2}, {"warm"}),
        ({"warm": 0}, {"warm"}),
        ({"owner_cap": 5}, {"spare"}),
    ],
)
def test_what_the_pool_has_no_room_for_is_left_out_with_a_reason(changes, missing):
    """The others are measured all the same."""
    found = plan(WAYS, 3, room(**changes))

    assert set(found.skipped) == missing
    assert set(found.rounds) == set(WAYS) - missing
    assert all(found.skipped.values())


def test_a_pool_without_room_is_not_measured():
    """Its own get takes a lease, too."""
    found = plan(("get",), 3, room(free=0))

    assert found.rounds == {}
    assert found.skipped["get"] == (
        "1 leased at once are needed, and the pool's caps leave room for 0"
    )
