"""The whole matrix, on a few regions side by side: `python -m tests.prove.faults`.

Every call is struck in the quickest play that makes it, with `--every` in each. Most of
a user's cell is waiting between tries, so there are more workers than processors. The
last line says how many cells there were, how many passed, and how long it took.
"""

import argparse
import multiprocessing
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from asgwarm.clock import monotonic_s
from tests.prove.faults.expected import Cell
from tests.prove.faults.loop import LOOP_PLAYS
from tests.prove.faults.matrix import cells
from tests.prove.faults.plays import PLAYS
from tests.prove.faults.worker import work_as_user, work_on_loop

USERS, LOOPS = 10, 5
# Small enough for all workers to end together; each begins with clients of its own.
USER_CELLS = 13


def main() -> int:
    """Play the matrix, or some plays of it; 1 when a cell fails."""
    parser = argparse.ArgumentParser(prog="python -m tests.prove.faults")
    parser.add_argument("plays", nargs="*", help="some of them; all otherwise")
    parser.add_argument("--every", action="store_true", help="each call in each play")
    parser.add_argument("--users", type=int, default=USERS, help="workers of theirs")
    parser.add_argument("--loops", type=int, default=LOOPS, help="the function's")
    asked = parser.parse_args()
    began_s = monotonic_s()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([work_as_user.__module__])  # imported once for all
    results, queues, workers = context.Queue(), [], 0
    for work, most, plays, size in (
        (work_as_user, asked.users, PLAYS, USER_CELLS),
        (work_on_loop, asked.loops, LOOP_PLAYS, 1),
    ):
        struck = list(_struck(plays, asked.plays, every=asked.every))
        batches = [struck[n : n + size] for n in range(0, len(struck), size)]
        count = min(most, len(batches))
        queues.append(queue := context.Queue())  # it ends with its last name
        for batch in (*batches, *[None] * count):
            queue.put(batch)
        for _ in range(count):
            context.Process(target=work, args=(queue, results)).start()
        workers += count
    count, failed = _told(results, workers)
    took_s = monotonic_s() - began_s
    sys.stdout.write(f"{count} cells, {count - failed} passed, {took_s:.0f} s\n")
    return 1 if failed else 0


def _struck(
    plays: Mapping[str, Any], named: list[str], *, every: bool
) -> Iterator[Cell]:
    """Yield the cells of each call, the slowest plays first."""
    chosen = [play for play in named or plays if play in plays]
    known: set[str] = set()
    found = []
    for play in chosen:
        for call in plays[play].calls:
            if every or named or call not in known:
                found.append((play, call))
            known.add(call)
    for play, call in reversed(found):
        yield from cells(play, call)


def _told(results: Any, workers: int) -> tuple[int, int]:
    """Say what was wrong until all workers have ended; how many cells, and failed."""
    count, failed = 0, 0
    while workers:
        wrong = results.get()
        if wrong is None:
            workers -= 1
            continue
        count, failed = count + 1, failed + bool(wrong)
        for line in wrong:
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
    return count, failed


if __name__ == "__main__":
    sys.exit(main())
