"""How one command is measured, and what counts as a figure."""

import os
import sys
from time import perf_counter

import pytest

from tests.bench.command import BenchFailed
from tests.bench.measure import probing, rounds
from tests.bench.probe import shoot

ENVIRONMENT = {"PATH": os.environ["PATH"]}
BURN_MS = 150
# Waits for no clock: as long as it takes to have used that much of a processor.
BURN = f"""
import time
while time.process_time() < {BURN_MS / 1000}:
    pass
"""
SAYS_HERE = ["sh", "-c", "echo here"]


def test_the_first_byte_counts_and_not_the_last(burn):
    """What a command does after it is no part of the way in."""
    began_s = perf_counter()
    shot = shoot(["sh", "-c", f"echo here; {burn}"], ENVIRONMENT)
    took_ms = (perf_counter() - began_s) * 1000

    assert shot.said == "here\n"
    assert took_ms - shot.first_byte_ms >= BURN_MS


def test_the_processor_time_of_what_a_command_starts_is_its_own(burn):
    """A shell script is charged for the programs that it waits for."""
    assert shoot(["sh", "-c", f"{burn}; :"], ENVIRONMENT).cpu_ms >= BURN_MS


def test_a_command_that_fails_tells_how():
    """Its exit code and its complaints are kept."""
    shot = shoot(["sh", "-c", "echo no >&2; exit 7"], ENVIRONMENT)

    assert (shot.code, shot.said, shot.complained) == (7, "", "no\n")


def test_every_way_is_measured_as_often_and_the_first_round_is_not_counted():
    """The warm-up is a round like the others."""
    said: list[str] = []
    with probing() as probe:
        shots = rounds(
            probe,
            {"one": SAYS_HERE, "two": SAYS_HERE},
            ENVIRONMENT,
            most=3,
            least=3,
            until_s=0.0,
            tell=said.append,
        )

    assert {name: len(found) for name, found in shots.items()} == {"one": 3, "two": 3}
    assert said == ["warm", "round 1 of 3", "round 2 of 3", "round 3 of 3"]


def test_who_is_out_of_time_still_measures_the_least_number_of_rounds():
    """Fewer make no median."""
    with probing() as probe:
        shots = rounds(
            probe,
            {"one": SAYS_HERE},
            ENVIRONMENT,
            most=99,
            least=7,
            until_s=0.0,
            tell=lambda _: None,
        )

    assert len(shots["one"]) == 7


@pytest.mark.parametrize("command", ["echo nonsense", "echo here; exit 1", ":"])
def test_a_wrong_answer_is_no_figure(command):
    """However fast it came."""
    with pytest.raises(BenchFailed, match="one ended with"), probing() as probe:
        rounds(
            probe,
            {"one": ["sh", "-c", command]},
            ENVIRONMENT,
            most=1,
            least=1,
            until_s=0.0,
            tell=lambda _: None,
        )


@pytest.fixture
def burn(tmp_path):
    """A shell command that uses a processor for BURN_MS."""
    (tmp_path / "burn.py").write_text(BURN)
    return f"{sys.executable} {tmp_path / 'burn.py'}"
