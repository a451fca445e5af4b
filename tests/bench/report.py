"""The figures as people and as programs read them."""

import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench.figures import LIMIT, Run, Summary
from tests.bench.live import figures as live
from tests.bench.live import report as live_report
from tests.bench.live.figures import Live
from tests.bench.phases import MEANINGS, allotted, in_a_row_ms
from tests.bench.targets import Verdict, verdicts
from tests.bench.ways import PRODUCT

WIDTH = 100  # columns
_LIBRARIES = ("asyncssh", "boto3", "cryptography")


def document(runs: Sequence[Run], sessions: Sequence[Live] = ()) -> dict[str, Any]:
    """Return everything as a document."""
    found = verdicts(runs) + live.verdicts(sessions)
    return {
        "machine": machine(),
        "runs": [_run(run) for run in runs],
        "sessions": [live_report.document(session) for session in sessions],
        "targets": [_verdict(one) for one in found],
    }


def machine() -> dict[str, str | int]:
    """What the figures depend on and the conditions do not say."""
    found: dict[str, str | int] = {name: version(name) for name in _LIBRARIES}
    return found | {
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "cores": os.cpu_count() or 0,
    }


def _run(run: Run) -> dict[str, Any]:
    conditions = run.conditions
    return {
        "name": conditions.name,
        "conditions": {
            "rtt_ms": conditions.rtt_ms,
            "lookup": conditions.lookup,
            "eic_ms": conditions.eic_ms,
            **run.facts,
        },
        "ways": {name: _way(found) for name, found in run.sorted()},
        "phases": {way: _phases(run, way) for way in run.phases},
    }


def _way(found: Summary) -> dict[str, Any]:
    first = {"median": found.median_ms, "p90": found.p90_ms, "n": found.n}
    return {"first_byte_ms": first, "cpu_ms": found.cpu_ms}


def _phases(run: Run, way: str) -> dict[str, dict[str, float | None]]:
    least = allotted(way, run.conditions)
    return {
        step.replace(" ", "_"): {"median_ms": took_ms, "limit_ms": least.get(step)}
        for step, took_ms in run.phases[way].items()
    }


def _verdict(one: Verdict) -> dict[str, Any]:
    return {
        "run": one.run,
        "target": one.said,
        "measured_ms": one.measured_ms,
        "most_ms": one.most_ms,
        "met": one.is_met,
    }


def show(runs: Sequence[Run], sessions: Sequence[Live], console: Console) -> None:
    """Print the tables of all runs, then the targets."""
    for run in runs:
        console.print(_conditions(run))
        console.print(table(run))
        console.print()
        if run.phases:
            console.print(_steps(run))
            console.print()
    for session in sessions:
        console.print(live_report.table(session))
        console.print()
    found = verdicts(runs) + live.verdicts(sessions)
    console.print(_targets(found))
    for one in found:
        if one.why and not one.is_met:
            console.print(f"{one.run}, {one.said}: {one.why}")
    told = ", ".join(f"{name} {what}" for name, what in machine().items())
    console.print(f"{told}; stand-ins, not AWS", style="dim")


def _conditions(run: Run) -> str:
    facts, conditions = run.facts, run.conditions
    measured = facts.get("rtt_measured_ms")
    rtt = f"RTT {conditions.rtt_ms} ms" + (
        f" ({measured} measured)" if measured else ""
    )
    looks = f"{facts['lookup_ms']} ms" if facts["lookup_ms"] else "as good as no time"
    return (
        f"[bold]{conditions.name}[/]: {rtt}. Service times: EC2 Instance Connect"
        f" {conditions.eic_ms} ms, DynamoDB {facts['dynamodb_ms']} ms, EC2"
        f" {facts['ec2_ms']} ms. The instance takes {looks} to find a pushed key."
        f" {facts['sshd']}, started {facts['sshd_starts']} time; {facts['ssh']}."
        f" Network: {facts['network']}. Load average before: {facts['load_before']}."
    )


def table(run: Run) -> Table:
    """Return one run's ways, fastest first."""
    shown = Table(title="spawn to first remote byte, ms", title_justify="left")
    shown.add_column("way", no_wrap=True)
    for name in ("median", "p90", "n", "CPU", f"x {PRODUCT}", f"over {LIMIT}"):
        shown.add_column(name, justify="right", no_wrap=True)
    ours, limit = run.ways.get(PRODUCT), run.ways[LIMIT].median_ms
    for name, way in run.sorted():
        ratio = f"{way.median_ms / ours.median_ms:.2f}" if ours else ""
        cpu = "" if way.cpu_ms is None else f"{way.cpu_ms:.0f}"
        over = f"{way.median_ms - limit:+.0f}" if way.n else ""
        cells = (f"{way.median_ms:.0f}", f"{way.p90_ms:.0f}", str(way.n or ""))
        style = "bold" if name == PRODUCT else "dim" if name == LIMIT else ""
        shown.add_row(name, *cells, cpu, ratio, over, style=style)
    return shown


def _steps(run: Run) -> Table:
    """Return the steps of our own ways, each beside what physics leaves of it."""
    shown = Table(title="our own steps, ms, and physics' part", title_justify="left")
    shown.add_column("step", no_wrap=True)
    for way in run.phases:
        shown.add_column(way, justify="right", no_wrap=True)
        shown.add_column("limit", justify="right", no_wrap=True, style="dim")
    shown.add_column("")
    least = {way: allotted(way, run.conditions) for way in run.phases}
    for step, meaning in MEANINGS.items():
        cells = [
            _figure(steps.get(step))
            for way, found in run.phases.items()
            for steps in (found, least[way])
        ]
        shown.add_row(step, *cells, meaning)
    sums = [
        _figure(in_a_row_ms(steps))
        for way, found in run.phases.items()
        for steps in (found, least[way])
    ]
    shown.add_row("together", *sums, "push or connect, the slower one", style="bold")
    return shown


def _figure(took_ms: float | None) -> str:
    return "" if took_ms is None else f"{took_ms:.0f}"


def _targets(found: Sequence[Verdict]) -> Table:
    shown = Table(title="targets", title_justify="left")
    for name in ("run", "target"):
        shown.add_column(name, no_wrap=True)
    for name in ("measured", "at most"):
        shown.add_column(name, justify="right", no_wrap=True)
    shown.add_column("", no_wrap=True)
    for one in found:
        figures = (f"{one.measured_ms:.0f}", f"{one.most_ms:.0f}")
        shown.add_row(one.run, one.said, *figures, "met" if one.is_met else "not met")
    return shown
