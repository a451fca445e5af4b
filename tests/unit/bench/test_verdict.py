"""Whether the warm pool pays, from figures alone."""

from decimal import Decimal

import pytest

from asgwarm.bench.verdict import Medians, verdict
from asgwarm.domain.advice import Monthly

PRICES = Monthly(resting=Decimal("0.64"), running=Decimal("77.872"))


def medians(warm_ms, cold_ms, hot_ms=400):
    """Medians of a bench."""
    return Medians(hot_ms=hot_ms, warm_ms=warm_ms, cold_ms=cold_ms)


def test_what_is_saved_stands_beside_its_price():
    """Seconds on one side, dollars on the other, and what a hot one would save."""
    found = verdict(medians(8_100, 25_400), PRICES)

    assert found is not None
    assert (found.pays, found.saved_ms) == (True, 17_300)
    assert found.sentence == (
        "a stopped instance is ready 17.3 s sooner than a new one (8.1 s instead of "
        "25.4 s) and costs $0.64 a month; a hot one saves another 7.7 s for $77.87 a "
        "month"
    )


@pytest.mark.parametrize(
    ("warm_ms", "cold_ms", "pays"),
    [
        (9_000, 10_000, True),
        (9_001, 10_000, False),  # less than a second
        (36_000, 40_000, True),
        (36_001, 40_000, False),  # less than a tenth
        (10_000, 9_000, False),
    ],
)
def test_it_pays_from_a_second_and_a_tenth_on(warm_ms, cold_ms, pays):
    """Whichever is more; slower than new never pays."""
    found = verdict(medians(warm_ms, cold_ms), PRICES)

    assert found is not None
    assert found.pays is pays


@pytest.mark.parametrize(
    ("warm_ms", "said"), [(9_600, "saves 0.4 s"), (11_000, "saves nothing")]
)
def test_what_does_not_pay_is_to_be_switched_off(warm_ms, said):
    """The sentence says how."""
    found = verdict(medians(warm_ms, 10_000), PRICES)

    assert found is not None
    assert found.sentence == (
        f"the warm pool {said} for $0.64 a month each on this image: set --warm 0"
    )


def test_without_a_price_none_is_named():
    """Nothing is guessed."""
    worth, not_worth = (
        verdict(medians(warm, 20_000), None) for warm in (5_000, 20_000)
    )

    assert worth is not None
    assert not_worth is not None
    assert "$" not in worth.sentence + not_worth.sentence


def test_a_pool_without_hot_instances_is_told_nothing_of_them():
    """Its own `get` is the warm one."""
    found = verdict(medians(8_000, 20_000, hot_ms=None), PRICES)

    assert found is not None
    assert "hot" not in found.sentence


@pytest.mark.parametrize(("warm_ms", "cold_ms"), [(None, 20_000), (8_000, None)])
def test_one_time_alone_is_no_verdict(warm_ms, cold_ms):
    """It takes both."""
    assert verdict(medians(warm_ms, cold_ms), PRICES) is None
