"""`make kill`: hundreds of SIGKILLs, and nothing is left behind.

The command line dies before and after each of its calls to AWS and at each step of its
logins, the function at each of its own calls. Then the function alone brings the pool
back, and the same command succeeds. The last line is the sum.
"""

import argparse
import multiprocessing
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from asgwarm.clock import monotonic_s
from tests.prove.kill.shifts import (
    BY_NAME,
    DOWN,
    FUNCTION,
    GUARD,
    REOPEN,
    UP,
    Outcome,
    Shift,
    work,
)

ROUNDS = 3  # of what is quick: a kill meets another moment every time


def shifts(rounds: int, only: str) -> list[Shift]:
    """What is to be done, the longest first."""
    long = [
        Shift(of=of, first=first, step=2) for of in (UP, DOWN) for first in range(2)
    ]
    long.append(Shift(of=REOPEN, first=1, step=4))
    long.append(Shift(of=GUARD, first=1, step=2))
    quick = [Shift(of=of) for of in (FUNCTION, *BY_NAME) for _ in range(rounds)]
    return [one for one in (*long, *quick) if only in ("", one.of)]


def say(sentence: str) -> None:
    """Tell how far it is."""
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


def tell(outcome: Outcome) -> None:
    """Tell what came of a shift."""
    leaks, missed = len(outcome.leaks), len(outcome.missed)
    say(f"{outcome.shift.of}: {outcome.kills} kills, {leaks} leaks, {missed} missed")
    for leak in outcome.leaks:
        say(f"  leak: {leak}")
    for point in outcome.missed:
        say(f"  missed: {point}")


def main() -> int:
    """Do all shifts; 1 when there was a leak."""
    options = argparse.ArgumentParser(prog="kill")
    options.add_argument("--rounds", type=int, default=ROUNDS)
    options.add_argument("--jobs", type=int, default=2)
    known = [UP, DOWN, REOPEN, FUNCTION, GUARD, *BY_NAME]
    options.add_argument("--only", default="", choices=known)
    asked = options.parse_args()
    began_s, outcomes = monotonic_s(), []
    with (
        tempfile.TemporaryDirectory(prefix="kill-") as folder,
        ProcessPoolExecutor(
            asked.jobs, mp_context=multiprocessing.get_context("spawn")
        ) as workers,
    ):
        todo = shifts(asked.rounds, asked.only)
        doing = [
            workers.submit(work, shift, Path(folder) / str(number))
            for number, shift in enumerate(todo)
        ]
        for done in as_completed(doing):
            outcomes.append(done.result())
            tell(outcomes[-1])
    kills = sum(one.kills for one in outcomes)
    points = len({point for one in outcomes for point in one.points})
    leaks = sum(len(one.leaks) for one in outcomes)
    took_s = monotonic_s() - began_s
    say(f"kills {kills}, points {points}, leaks {leaks}, {took_s:.0f} s")
    return 1 if leaks else 0


if __name__ == "__main__":
    sys.exit(main())
