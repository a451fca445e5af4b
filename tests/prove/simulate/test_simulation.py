"""The simulation itself: the same seed gives the same run, and promises are noticed."""

import pytest

from tests.prove.simulate.hunt import hunt
from tests.prove.simulate.mutants import MUTANTS
from tests.prove.simulate.simulation import simulate
from tests.prove.simulate.swap import is_quiet

QUICK = ("reuse", "claim_of_anything", "renewals_start_no_new_time")


def test_a_seed_is_one_run():
    """Whoever has the seed sees the same steps."""
    first, second = simulate(7, 2_000), simulate(7, 2_000)

    assert first.crc == second.crc
    assert first.counts == second.counts


def test_another_seed_is_another_run():
    """The chance in a run comes from its seed."""
    assert simulate(7, 500).crc != simulate(8, 500).crc


@pytest.mark.parametrize("seed", range(3))
def test_no_promise_is_broken(seed):
    """Whatever order, loss and delay the seed comes up with."""
    outcome = simulate(seed, 5_000)

    assert outcome.violation == "", "\n".join(outcome.trace)
    assert outcome.counts["claim"] > 10


@pytest.mark.parametrize("name", QUICK)
def test_a_missing_guard_is_noticed(name):
    """What proves nothing when something is broken proves nothing."""
    _, _, violation = hunt(name, most_seeds=3)

    assert violation
    assert "Traceback" not in violation


def test_there_are_enough_mutants():
    """Each says what it takes away."""
    assert len(MUTANTS) >= 14
    assert all(make.__doc__ for make in MUTANTS.values())


def test_a_run_leaves_the_product_as_it_was():
    """Everything that was put in for a run is taken out after it."""
    simulate(1, 200)

    assert is_quiet()
