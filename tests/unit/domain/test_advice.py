"""What a history says about the sizes of a pool."""

from dataclasses import replace
from decimal import Decimal

import pytest

from asgwarm.domain.advice import A_DAY_S, Monthly, advise, pays
from asgwarm.domain.demand import Arrival, Demand, Pace
from asgwarm.domain.replay import Sizes

PRICES = Monthly(resting=Decimal("0.64"), running=Decimal("77.872"))
SIZES = Sizes(hot=1, warm=2, cap=10)
# A pair comes every hour, the second of it 5 s later; a refill takes 20 s.
REFILL_S = 20
FEW_PAIRS = [*range(0, 37 * 3600, 3600), 5, 3605, 7205]


def _arrivals(at, waiting):
    return tuple(
        Arrival(at=a, waited_s=15 if a in waiting else 0, held_s=60) for a in sorted(at)
    )


def _demand(at=(), waiting=(), *, warm_start_s=None, cold_start_s=None, **changes):
    pace = Pace(
        warm_s=REFILL_S,
        cold_s=None,
        prepare_s=10,
        warm_start_s=warm_start_s,
        cold_start_s=cold_start_s,
        warm_starts=1,
        cold_starts=2,
    )
    known = Demand(
        since=0,
        until=2 * A_DAY_S,
        arrivals=_arrivals(at, waiting),
        earlier=(),
        pace=pace,
    )
    return replace(known, **changes)


def _said(demand, sizes=SIZES, prices=PRICES):
    return [(a.sentence, a.options) for a in advise(demand, sizes, prices)]


def _hot(demand, sizes=SIZES, prices=PRICES):
    """What is said of hot ones."""
    said = _said(demand, sizes, prices)
    return next(pair for pair in said if "start in" not in pair[0])


def test_more_hot_ones_are_advised_by_how_many_they_would_have_served():
    """As few as leave one in twenty waiting, with what they cost."""
    demand = _demand(FEW_PAIRS, waiting=(5, 3605, 7205))

    sentence, options = _hot(demand)

    assert sentence == (
        "3 of 40 gets waited, 15 s in the median and 15 s at most: hot 2 would have "
        "served all at once for $77.87 a month"
    )
    assert options == "--hot 2"


def test_as_many_are_advised_as_it_takes():
    """Two are not enough for three at once."""
    demand = _demand([0, 1, 2], waiting=(1, 2))

    assert _hot(demand)[1] == "--hot 3"


def test_one_in_twenty_may_go_on_waiting():
    """Nobody pays for the last of them."""
    three_at_once = [at + 2 for at in (0, 3600, 7200)]
    at = [*range(0, 60 * 3600, 3600), 5, 3605, 7205, *three_at_once]
    waiting = (5, 3605, 7205, *three_at_once)

    sentence, options = _hot(_demand(at, waiting, until=60 * 3600))

    assert "hot 2 would have served 63 at once" in sentence
    assert options == "--hot 2"


def test_starts_are_counted_in_words():
    """A median of one start is one start."""
    demand = _demand(warm_start_s=21, cold_start_s=50)
    more = replace(demand, pace=replace(demand.pace, warm_starts=4))

    assert "21 s in 4 starts" in _said(more, replace(SIZES, hot=0))[0][0]


def test_few_who_wait_are_no_reason_for_more():
    """One of forty is one in forty."""
    at = [*range(0, 39 * 3600, 3600), 5]

    sentence, options = _hot(_demand(at, waiting=(5,)))

    assert sentence.endswith("hot 1 is right")
    assert options == ""


def test_fewer_hot_ones_are_advised_where_they_serve_as_many():
    """With what that saves."""
    at = range(0, 40 * 3600, 3600)

    sentence, options = _hot(_demand(at), replace(SIZES, hot=3))

    assert sentence == (
        "0 of 40 gets waited: hot 1 would have served as many at once and saves "
        "$155.74 a month"
    )
    assert options == "--hot 1"


def test_fewer_are_not_advised_by_less_than_a_day():
    """An hour without gets is no proof of anything."""
    short = _demand([10], until=3600)

    assert _hot(short, replace(SIZES, hot=3))[1] == ""
    assert _said(replace(short, arrivals=()), replace(SIZES, warm=0)) == []


def test_a_pool_that_nobody_used_needs_no_hot_ones():
    """Whoever comes then waits, which is said."""
    sentence, options = _hot(_demand())

    assert "hot 0 saves $77.87 a month; whoever comes then waits" in sentence
    assert options == "--hot 0"
    assert _said(_demand(), replace(SIZES, hot=0, warm=0)) == []


def test_what_a_replay_does_not_show_is_not_advised():
    """The real pool was another one for a while, or something else kept people."""
    waited = _demand(range(0, 40 * 3600, 3600), waiting=range(0, 10 * 3600, 3600))

    sentence, options = _hot(waited)

    assert "and 0 when the history is replayed with hot 1" in sentence
    assert options == ""


def test_where_no_start_was_seen_nothing_can_be_replayed():
    """Who came is still said."""
    demand = _demand([10, 20])
    unseen = replace(demand, pace=replace(demand.pace, warm_s=None))

    sentence, options = _hot(unseen)

    assert sentence == "0 of 2 gets waited; no start was seen to replay it with"
    assert options == ""


def test_a_cap_that_makes_people_wait_is_said():
    """More hot ones within it change nothing."""
    demand = _demand([0, 5], waiting=(5,))

    sentence, options = _hot(demand, replace(SIZES, cap=1))

    assert sentence.endswith("no more hot ones within the cap change that")
    assert options == ""


def test_one_get_is_one_get():
    """In words as well."""
    assert _hot(_demand([10]))[0].startswith("0 of 1 get waited")


def test_a_warm_pool_that_saves_nothing_is_to_go():
    """Seconds against seconds, and what the disk costs is not even asked."""
    demand = _demand(warm_start_s=40.5, cold_start_s=41)

    assert advise(demand, replace(SIZES, hot=0), PRICES)[0].sentence == (
        "the warm pool saves 0.5 s on this image (40.5 s in 1 start instead of 41 s in "
        "2): set --warm 0"
    )
    slower = _demand(warm_start_s=42, cold_start_s=41)
    assert "saves nothing" in _said(slower, replace(SIZES, hot=0))[0][0]
    assert _said(demand, Sizes(hot=0, warm=0, cap=1)) == []


def test_a_warm_pool_that_pays_stays():
    """With its price beside the seconds."""
    demand = _demand(warm_start_s=21, cold_start_s=50)

    assert _said(demand, replace(SIZES, hot=0)) == [
        (
            "a stopped instance is ready 29 s sooner than a new one (21 s in 1 "
            "start instead of 50 s in 2) for $0.64 a month each",
            "",
        )
    ]


@pytest.mark.parametrize(
    ("starts", "missing"), [({"warm_start_s": 20}, "cold"), ({}, "warm")]
)
def test_without_both_starts_there_is_no_verdict(starts, missing):
    """What is missing is named."""
    (said,) = advise(_demand(**starts), replace(SIZES, hot=0), PRICES)

    assert said.sentence.startswith(f"no {missing} start in this time")


def test_without_a_price_no_sentence_names_one():
    """And all of them still make sense."""
    pairs = _demand(FEW_PAIRS, waiting=(5, 3605, 7205), warm_start_s=2, cold_start_s=9)
    idle = _demand()

    said = _said(pairs, prices=None) + _said(idle, prices=None)

    assert not [sentence for sentence, _ in said if "$" in sentence]
    assert "hot 0 is less" in said[2][0]


def test_what_is_to_change_is_said_first():
    """The other sentences are for who goes on reading."""
    demand = _demand([10], warm_start_s=2, cold_start_s=2)

    assert [bool(a.options) for a in advise(demand, SIZES, PRICES)] == [True, False]


def test_what_pays_is_a_second_and_a_tenth():
    """Less is noise."""
    assert pays(1.0, 9.0)
    assert not pays(0.9, 2.0)
    assert not pays(1.5, 20.0)
