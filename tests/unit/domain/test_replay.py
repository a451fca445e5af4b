"""The same demand on a pool of other sizes."""

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgwarm.domain.demand import Arrival, Demand, Pace, demand_of
from asgwarm.domain.replay import Sizes, replay
from tests.unit.domain.rows import row

REFILL_S = 20


def _pace(warm_s=REFILL_S, cold_s=None, prepare_s=90):
    return Pace(
        warm_s=warm_s,
        cold_s=cold_s,
        prepare_s=prepare_s,
        warm_start_s=None,
        cold_start_s=None,
        warm_starts=0,
        cold_starts=0,
    )


def _demand(*at, held_s=None, earlier=(), pace=None):
    return Demand(
        since=0,
        until=10_000,
        arrivals=tuple(Arrival(at=a, waited_s=0, held_s=held_s) for a in at),
        earlier=earlier,
        pace=pace or _pace(),
    )


def _replay(demand, hot=1, warm=100, cap=1000):
    found = replay(demand, Sizes(hot=hot, warm=warm, cap=cap))
    assert found is not None
    return found


def _waits(demand, hot=1, warm=100, cap=1000):
    return list(_replay(demand, hot, warm, cap).waits_s)


def test_who_comes_while_the_pool_refills_waits_for_it():
    """And gets what was started for the one before."""
    assert _waits(_demand(100, 105, 200)) == [0, 15, 0]


def test_one_more_hot_serves_two_who_come_at_once():
    """The third waits as the second did."""
    assert _waits(_demand(100, 100, 100), hot=2) == [0, 0, REFILL_S]


def test_without_hot_ones_everybody_waits_for_a_start():
    """The group starts one for each."""
    assert _waits(_demand(100, 500), hot=0) == [REFILL_S, REFILL_S]


def test_an_empty_warm_pool_makes_starts_cold():
    """Until what was taken from it has been replaced."""
    demand = _demand(100, 130, 400, pace=_pace(cold_s=60))

    found = _replay(demand, hot=0, warm=1, cap=9)

    assert found.waits_s == (REFILL_S, 60, REFILL_S)
    assert found.cold == 1


def test_the_cap_makes_people_wait_for_each_other():
    """The second is served once the first has gone, and a start later."""
    assert _waits(_demand(100, 110, held_s=50), cap=1) == [0, 60]


def test_leases_from_before_count_against_the_cap():
    """One that ends makes room, one that lasts does not."""
    demand = _demand(100, earlier=(150, None))

    assert _waits(demand, cap=2) == [50 + REFILL_S]
    assert _waits(demand, cap=1) == [None]
    assert _replay(demand, warm=0, cap=1).waited == 1


def test_a_start_that_was_never_seen_takes_as_long_as_the_other_kind():
    """Without any there is nothing to replay with."""
    assert _waits(_demand(100, pace=_pace()), hot=0, warm=0) == [REFILL_S]
    assert replay(_demand(pace=_pace(None)), Sizes(hot=1, warm=1, cap=1)) is None


ARRIVALS = st.lists(st.integers(0, 30), min_size=1, max_size=40).map(
    lambda gaps: list(accumulate(gaps, initial=1000))
)


@given(at=ARRIVALS, hot=st.integers(0, 4))
def test_somebody_waits_exactly_when_as_many_came_within_a_refill(at, hot):
    """Which is what the theory of stocks says of a pool without a cap."""
    served = []
    for place, a in enumerate(at):
        # The one that it gets was started for who came *hot* places before.
        before = place - hot
        started = a if hot == 0 else (at[before] if before >= 0 else -REFILL_S)
        served.append(max(0, started + REFILL_S - a))

    assert _waits(_demand(*at), hot=hot) == served


@given(at=ARRIVALS, hot=st.integers(0, 4))
def test_more_hot_ones_never_make_more_people_wait(at, hot):
    """Nor for longer."""
    fewer, more = _waits(_demand(*at), hot=hot), _waits(_demand(*at), hot=hot + 1)

    assert all(b <= a for a, b in zip(fewer, more, strict=True))


@given(at=ARRIVALS, hot=st.integers(1, 4))
def test_a_replay_with_the_real_sizes_gives_what_was_seen(at, hot):
    """Rows as the pool writes them, read back and replayed: the same waits."""
    waits = _waits(_demand(*at), hot=hot)
    readied = [0] * hot + [a + REFILL_S for a in at]
    rows = [
        row(
            f"i-{place}",
            (0, "register"),
            (0, "warmed"),
            (max(0, ready - 15), "leave"),
            (ready, "ready"),
            *(
                [(at[place] + waits[place], "claim", f"waited {waits[place]} s")]
                if place < len(at)
                else []
            ),
        )
        for place, ready in enumerate(readied)
    ]

    demand = demand_of(rows, since=500, until=10_000)

    assert [arrival.at for arrival in demand.arrivals] == at
    assert demand.pace.warm_s == REFILL_S
    assert _waits(demand, hot=hot) == waits


@pytest.mark.parametrize("hot", [0, 3])
def test_nobody_who_comes_is_nobody_who_waits(hot):
    """An idle pool is replayed as well."""
    assert _waits(_demand(), hot=hot) == []
