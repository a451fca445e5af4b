"""Where milliseconds are said to go."""

import pytest

from tests.bench.conditions import RUNS, limit_ms
from tests.bench.phases import allotted, in_a_row_ms, medians, of_shot, why
from tests.unit.bench.make import shot

SAID = (
    "i-0123 (hot) in 250 ms: query 20, claim 30, keygen 1, push 125, connect 90,"
    " auth 27, first byte 23\n"
)


def test_the_steps_of_a_shot_are_all_of_its_time():
    """What no phase counts is between them, what is before the first one the start."""
    steps = of_shot(shot(330.5, complained=f"warning: old\n{SAID}"))

    assert steps == {
        "start": 80.5,
        "claim": 50,
        "push": 125,
        "connect": 90,
        "auth": 27,
        "first byte": 23,
        "between": 25,
    }
    assert in_a_row_ms(steps) == 330.5


def test_a_step_is_the_median_of_the_shots_that_have_it():
    """One that few have, as a query or a spare that was not there yet, is left out."""
    spare = "i-0123 (hot) in 24 ms: first byte 22\n"
    shots = [shot(ms, complained=spare) for ms in (44, 40, 42)]

    found = medians([*shots, shot(400, complained=SAID)])

    assert found == {"start": 19.0, "first byte": 22.0, "between": 2.0}


@pytest.mark.parametrize("complained", ["", "error: no such pool\n"])
def test_a_way_that_says_nothing_has_no_steps(complained):
    """The ways of others are measured from outside alone."""
    assert of_shot(shot(330, complained=complained)) == {}
    assert medians([shot(330, complained=complained)]) == {}


@pytest.mark.parametrize("conditions", RUNS, ids=lambda each: each.name)
def test_what_the_steps_are_allotted_is_the_limit(conditions):
    """An agent needs no TCP and TLS, a spare no more than one round trip."""
    one_shot = in_a_row_ms(allotted("one-shot", conditions))

    assert one_shot == limit_ms(conditions)
    assert in_a_row_ms(allotted("agent", conditions)) == (
        one_shot - 2 * conditions.rtt_ms
    )
    assert in_a_row_ms(allotted("spare", conditions)) == 10 + conditions.rtt_ms + 3


def test_the_reason_names_the_greatest_part_first():
    """Of push and connect it counts the slower one; what is exact is not named."""
    least = allotted("one-shot", RUNS[0])
    measured = {**least, "start": 15.0, "claim": 40.0, "connect": 90.0, "between": 30.0}

    assert why(measured, least) == "physics 237 ms; between +30, start +5, claim -24"
