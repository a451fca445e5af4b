"""`python -m tests.prove.simulate.hunt [NAME…]`: every mutant has to be noticed.

Each is run on seed after seed until a promise is broken; one that lives through
MOST_SEEDS seeds has survived, and then the simulation proves less than it says.
"""

import argparse
import multiprocessing
import os
import sys
import time

from tests.prove.simulate.mutants import MUTANTS
from tests.prove.simulate.simulation import simulate

MOST_SEEDS, STEPS = 600, 8_000


def main() -> int:
    """Hunt the mutants that were named, or all; 1 when one survives."""
    parser = argparse.ArgumentParser(prog="hunt")
    parser.add_argument("names", nargs="*", default=list(MUTANTS))
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    began, survived = time.perf_counter(), []
    with multiprocessing.Pool(asked.jobs) as pool:
        for name, seeds, violation in pool.imap(hunt, asked.names):
            if not violation:
                survived.append(name)
            told = violation.splitlines()[0] if violation else "survives"
            sys.stdout.write(f"{name:<32} {seeds:>4} seeds  {told}\n")
            sys.stdout.flush()
    killed = len(asked.names) - len(survived)
    took_s = time.perf_counter() - began
    sys.stdout.write(f"{killed} of {len(asked.names)} mutants, {took_s:.0f} s\n")
    return 1 if survived else 0


def hunt(name: str, most_seeds: int = MOST_SEEDS) -> tuple[str, int, str]:
    """Return the mutant, how many seeds it took, and what it broke; or nothing."""
    for seed in range(most_seeds):
        outcome = simulate(seed, STEPS, mutant=name)
        if outcome.violation:
            return name, seed + 1, outcome.violation
    return name, most_seeds, ""


if __name__ == "__main__":
    sys.exit(main())
