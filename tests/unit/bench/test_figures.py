"""How figures are summed up, and what physics leaves."""

import pytest

from tests.bench.conditions import RUNS, Conditions, limit_ms
from tests.bench.figures import summary
from tests.unit.bench.make import shot


def test_a_way_is_summed_up_by_medians():
    """One slow shot moves the percentile and not the median."""
    found = summary([shot(10, cpu_ms=1), shot(900, cpu_ms=90), shot(20, cpu_ms=2)])

    assert (found.median_ms, found.p90_ms, found.n, found.cpu_ms) == (20, 900, 3, 2)


@pytest.mark.parametrize(
    ("rtt_ms", "lookup", "eic_ms", "expected_ms"),
    [
        # 10 spawn + 3 RTT + 4 claim + max(RTT + push, 3 RTT + 25) + RTT + answer + 15
        (20, "quick", 100, 10 + 60 + 4 + 120 + 20 + 8 + 15),
        (80, "quick", 100, 10 + 240 + 4 + 265 + 80 + 8 + 15),
        (20, "slow", 100, 10 + 60 + 4 + 120 + 20 + 330 + 15),
        (20, "quick", 0, 10 + 60 + 4 + 85 + 20 + 8 + 15),
    ],
)
def test_the_limit_is_what_the_steps_that_wait_for_each_other_take(
    rtt_ms, lookup, eic_ms, expected_ms
):
    """The slower of push and key exchange counts, the other one is hidden."""
    conditions = Conditions(rtt_ms=rtt_ms, lookup=lookup, eic_ms=eic_ms)

    assert limit_ms(conditions) == expected_ms


def test_the_runs_have_names_of_their_own():
    """A target names its run."""
    assert [run.name for run in RUNS] == ["rtt20-quick", "rtt20-slow", "rtt80-quick"]
