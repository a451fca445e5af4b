"""`python -m tests.prove.simulate`: run many seeds on all cores, and tell.

`--seeds` of them, or as many as `--total` steps take, each of `--steps`. A broken
promise ends it: with the last lines of the trace, or with all of what `--about` names.
"""

import argparse
import multiprocessing
import os
import sys
import time
from collections import Counter

from tests.prove.simulate.simulation import Outcome, simulate


def main() -> int:
    """Run the seeds on all cores; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="simulate")
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--steps", type=int, default=20_000, help="of each seed")
    parser.add_argument("--total", type=int, default=0, help="steps of all seeds")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--about", default="", help="trace the lines with this in them")
    asked = parser.parse_args()
    began = time.perf_counter()
    count = -(-asked.total // asked.steps) or asked.seeds
    seeds = range(asked.first, asked.first + count)
    work = [(seed, asked.steps, asked.about) for seed in seeds]
    outcomes = []
    with multiprocessing.Pool(asked.jobs) as pool:
        for outcome in pool.imap_unordered(_one, work):
            outcomes.append(outcome)
            if outcome.violation:
                pool.terminate()
                sys.stdout.write("\n".join([*outcome.trace, outcome.violation, ""]))
                return 1
    sys.stdout.write(summary(outcomes, time.perf_counter() - began) + "\n")
    return 0


def _one(work: tuple[int, int, str]) -> Outcome:
    return simulate(*work)


def summary(outcomes: list[Outcome], took_s: float) -> str:
    """What the runs came to, in a few lines."""
    counts: Counter[str] = Counter()
    worst: dict[str, float] = {}
    for outcome in outcomes:
        counts.update(outcome.counts)
        for name, found_s in outcome.bounds.items():
            worst[name] = max(worst.get(name, 0.0), found_s)
    steps = sum(outcome.steps for outcome in outcomes)
    days = sum(outcome.virtual_s for outcome in outcomes) / 86400
    told = "\n".join(f"{count:>10,} {name}" for name, count in sorted(counts.items()))
    bounds = ", ".join(f"{name} {found_s:.0f} s" for name, found_s in worst.items())
    return (
        f"{told}\nworst: {bounds}\n{len(outcomes)} seeds, {steps:,} steps, "
        f"{days:.1f} days in {took_s:.0f} s, 0 violations"
    )


if __name__ == "__main__":
    sys.exit(main())
