"""`make bench`: `asgwarm get` beside everything that one would do instead.

Measures the time from starting a command to the first byte of what it ran on an
instance, and how a session feels that is open, on stand-ins for AWS behind a wire of a
known length. Prints tables and writes bench.json and bench.svg. Not reaching a target
is a figure and no failure.
"""

import argparse
import json
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from asgwarm.clock import monotonic_s
from tests.bench.command import REPOSITORY, BenchFailed
from tests.bench.conditions import RUNS, Conditions
from tests.bench.figures import Run
from tests.bench.live import figures as live
from tests.bench.live import measure as live_measure
from tests.bench.live.figures import Live
from tests.bench.measure import run
from tests.bench.plot import svg
from tests.bench.report import WIDTH, document, show
from tests.bench.ways import NAMES

INTERACTIVE = "interactive"  # the runs of open sessions
BUDGET_S = 13 * 60  # for all runs; what is left of the 15 minutes is for the way there
QUICK_ROUNDS, QUICK_BUDGET_S = 2, 100


def main() -> int:
    """Measure, show and write; 1 when it could not be measured."""
    asked = _asked()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # leave nothing behind
    console = Console(width=WIDTH, highlight=False)
    try:
        runs, sessions = _measured(asked, Console(stderr=True, width=WIDTH))
    except BenchFailed as failed:
        sys.stderr.write(f"bench: {failed}\n")
        return 1
    show(runs, sessions, console)
    _write(runs, sessions, asked.into)
    return 0


def _asked() -> argparse.Namespace:
    options = argparse.ArgumentParser(prog="bench", description=__doc__)
    options.add_argument("--quick", action="store_true", help="a look, in two minutes")
    options.add_argument("--rounds", type=int, help="of every way, instead of ours")
    options.add_argument(
        "--ways", type=_some(NAMES), default=NAMES, help=f"of {','.join(NAMES)}"
    )
    names = (*(each.name for each in RUNS), INTERACTIVE)
    options.add_argument(
        "--runs", type=_some(names), default=names, help=f"of {','.join(names)}"
    )
    options.add_argument("--eic-ms", type=int, default=RUNS[0].eic_ms)
    options.add_argument("--into", type=Path, default=REPOSITORY / "build")
    return options.parse_args()


def _some(known: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    def some(text: str) -> tuple[str, ...]:
        named = tuple(text.split(","))
        if unknown := set(named) - set(known):
            raise argparse.ArgumentTypeError(f"{unknown} is none of {','.join(known)}")
        return named

    return some


def _measured(
    asked: argparse.Namespace, console: Console
) -> tuple[list[Run], list[Live]]:
    chosen = [_changed(each, asked) for each in RUNS if each.name in asked.runs]
    sessions = [_changed(each, asked) for each in live.RUNS]
    sessions = sessions if INTERACTIVE in asked.runs else []
    began_s, count = monotonic_s(), len(chosen) + len(sessions)
    budget_s = QUICK_BUDGET_S if asked.quick else BUDGET_S
    runs: list[Run] = []
    lives: list[Live] = []
    for number, conditions in enumerate([*chosen, *sessions], start=1):
        until_s = began_s + budget_s * number / count
        is_session = number > len(chosen)
        name = INTERACTIVE if is_session else conditions.name
        console.print(f"measuring {name}, RTT {conditions.rtt_ms} ms", style="dim")
        with console.status(name) as status:
            tell = status.update
            if is_session:
                lives.append(live_measure.run(conditions, until_s=until_s, tell=tell))
            else:
                runs.append(run(conditions, asked.ways, until_s=until_s, tell=tell))
    return runs, lives


def _changed(conditions: Conditions, asked: argparse.Namespace) -> Conditions:
    changed = replace(conditions, eic_ms=asked.eic_ms)
    if asked.quick:
        changed = replace(changed, rounds=QUICK_ROUNDS, least_rounds=1)
    return replace(changed, rounds=asked.rounds or changed.rounds)


def _write(runs: Sequence[Run], sessions: Sequence[Live], folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    text = json.dumps(document(runs, sessions), indent=2)
    (folder / "bench.json").write_text(text + "\n")
    (folder / "bench.svg").write_text(svg(runs))


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
    sys.exit(130)
