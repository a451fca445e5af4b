"""`bench`, as text, documents and a picture.

Rule: figures are never shown without what they were measured on, and where an endpoint
is not AWS's that is said beside them.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from asgwarm.bench.plan import GET
from asgwarm.bench.plot import OTHER, OURS, Bar, Chart, svg
from asgwarm.cli.views.table import Column, Row, fitted
from asgwarm.cli.views.words import dollars, money
from asgwarm.domain.escape import printable

if TYPE_CHECKING:
    from asgwarm.bench.figures import Figure, Summary
    from asgwarm.bench.plan import Plan
    from asgwarm.bench.run import Event, Result
    from asgwarm.bench.situation import Situation
    from asgwarm.cli.output import Output

EVENT = "asgwarm.event/v1"
COLUMNS = (
    Column(title="milliseconds"),
    Column(title="p50", right=True),
    Column(title="p95", right=True),
    Column(title="n", right=True),
    Column(title="x get", right=True),
)
COUNTS = "from starting the command to the first byte of what runs on the instance"
PHASES = "phases overlap; start is what comes before the command's own stop watch"
NEITHER = "whether the warm pool pays is said when both warm and cold were measured"


def show_plan(output: "Output", situation: "Situation", plan: "Plan") -> None:
    """Say what is going to be launched, and what that costs at most."""
    if output.json:
        output.document(
            {
                "schema": EVENT,
                "type": "plan",
                "rounds": dict(plan.rounds),
                "skipped": dict(plan.skipped),
                "starts": plan.starts,
                "holds": plan.holds,
                "at_most": money(plan.at_most),
            }
        )
        return
    for line in plan_lines(situation, plan):
        output.note(line)


def plan_lines(situation: "Situation", plan: "Plan") -> list[str]:
    """The same as lines."""
    rounds = ", ".join(f"{name} {count} times" for name, count in plan.rounds.items())
    lines = [f"measure pool {situation.pool} in {situation.region}"]
    lines += [f"  ways       {rounds}"] if rounds else []
    lines += [_skipped(name, why) for name, why in plan.skipped.items()]
    if plan.rounds:
        held = f", {plan.holds} held all the time" if plan.holds else ""
        price = "not known for this instance type and region"
        if plan.at_most is not None:
            price = f"{dollars(plan.at_most)} at most, within its limits (estimate)"
        if situation.endpoint:
            price = f"on AWS, which {situation.endpoint} is not, {price}"
        lines += [f"  instances  {plan.starts} used up at most{held}"]
        lines += [f"  price      {price}"]
    return [printable(line) for line in lines]


@contextmanager
def progress(output: "Output", plan: "Plan") -> Iterator[Callable[["Event"], None]]:
    """Yield the function that shows an event, in the way that fits *output*."""
    if output.json:
        yield lambda event: output.document(event_document(event))
    elif not output.live:
        yield lambda event: output.note(line(event))
    else:
        total, done = sum(plan.rounds.values()), 0
        with output.progress().status("measuring") as status:

            def show(event: "Event") -> None:
                nonlocal done
                done += 1
                if event.shot is None:
                    output.note(line(event))
                status.update(f"{done} of {total}: {line(event)}")

            yield show


def line(event: "Event") -> str:
    """One event as a line."""
    if event.shot is None:
        return printable(_skipped(event.way, event.why).strip())
    took_ms = round(event.shot.total_ms)
    return f"{event.way} {event.number} of {event.of}: {took_ms:,} ms"


def event_document(event: "Event") -> dict[str, object]:
    """`asgwarm.event/v1`: a shot, or why a way is left out."""
    document: dict[str, object] = {
        "schema": EVENT,
        "type": "shot" if event.shot else "skipped",
        "way": event.way,
        "number": event.number,
        "of": event.of,
    }
    if event.shot is None:
        return document | {"why": event.why}
    return document | {
        "total_ms": round(event.shot.total_ms),
        "timings": {f"{k}_ms": took for k, took in event.shot.phases_ms.items()},
    }


def show(output: "Output", situation: "Situation", result: "Result") -> None:
    """Show what the run came to."""
    if output.json:
        output.document(document(situation, result))
        return
    if result.ways:
        console = output.table()
        console.print(fitted(COLUMNS, rows(result), console.width))
    for name, why in result.skipped.items():
        output.note(printable(_skipped(name, why)))
    for sentence in notes(situation, result):
        output.note(printable(sentence))


def rows(result: "Result") -> list[Row]:
    """The table: every way with its phases below it, the fastest first."""
    ours = result.ways.get(GET)
    found = []
    for name, way in _fastest_first(result):
        ratio = f"{way.total.p50_ms / ours.total.p50_ms:.2f}" if ours else ""
        style = "bold green" if name == GET else "bold"
        found.append(Row(cells=_cells(name, way.total, ratio), style=style))
        for phase, figure in way.phases.items():
            label = f"  {phase.replace('_', ' ')}"
            found.append(Row(cells=_cells(label, figure, "")))
    return found


def notes(situation: "Situation", result: "Result") -> list[str]:
    """What the figures are, what they were measured on, and the verdict."""
    options = situation.options
    image = f", {options.instance_type}, image {options.ami}" if options.ami else ""
    where = f"pool {situation.pool} in {situation.region}{image}"
    lines = [COUNTS, PHASES, where]
    if situation.endpoint:
        lines.append(
            f"measured at {situation.endpoint}, which is not AWS: these times say "
            "nothing about AWS's"
        )
    verdict = result.verdict.sentence if result.verdict else NEITHER
    here = " there" if situation.endpoint else ""
    return [*lines, f"verdict{here}: {verdict}"]


def document(situation: "Situation", result: "Result") -> dict[str, object]:
    """`asgwarm.bench/v1`, the last line of `bench --json`."""
    ours, options = result.ways.get(GET), situation.options
    return {
        "schema": "asgwarm.bench/v1",
        "type": "result",
        "pool": situation.pool,
        "region": situation.region,
        "endpoint": situation.endpoint,
        "instance_type": options.instance_type,
        "image": options.ami,
        "hot": options.hot,
        "warm": options.warm,
        "ways": {
            name: {
                **_figures(way.total),
                "ratio_to_get": _ratio(way, ours),
                "phases": {k: _figures(f) for k, f in way.phases.items()},
            }
            for name, way in _fastest_first(result)
        },
        "skipped": dict(result.skipped),
        "verdict": None
        if result.verdict is None
        else {
            "pays": result.verdict.pays,
            "saved_ms": result.verdict.saved_ms,
            "sentence": result.verdict.sentence,
        },
    }


def picture(situation: "Situation", result: "Result") -> str:
    """The totals as SVG: medians, and a thin line to the 95th percentile."""
    where = situation.endpoint or situation.region
    title = f"start to first remote byte, ms: pool {situation.pool}, {where}"
    bars = [
        Bar(
            name=name,
            middle_ms=way.total.p50_ms,
            worst_ms=way.total.p95_ms,
            colour=OURS if name == GET else OTHER,
        )
        for name, way in _fastest_first(result)
    ]
    return svg([Chart(title=title, bars=bars)])


def _fastest_first(result: "Result") -> "list[tuple[str, Summary]]":
    return sorted(result.ways.items(), key=lambda way: way[1].total.p50_ms)


def _cells(label: str, figure: "Figure", ratio: str) -> tuple[str, ...]:
    took = (f"{figure.p50_ms:,}", f"{figure.p95_ms:,}")
    return (label, *took, str(figure.n), ratio)


def _figures(figure: "Figure") -> dict[str, int]:
    return {"n": figure.n, "p50_ms": figure.p50_ms, "p95_ms": figure.p95_ms}


def _ratio(way: "Summary", ours: "Summary | None") -> float | None:
    return round(way.total.p50_ms / ours.total.p50_ms, 2) if ours else None


def _skipped(name: str, why: str) -> str:
    return f"  without    {name}: {why}"
