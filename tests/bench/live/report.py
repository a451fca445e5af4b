"""Sessions as people and as programs read of them."""

from typing import Any

from rich.table import Table

from tests.bench.live.figures import FACTOR, OURS, THEIRS, Live, figures, mb_s


def document(run: Live) -> dict[str, Any]:
    """Return one run as a part of the document."""
    ways = {name: figures(taken) for name, taken in run.ways.items()}
    return {
        "name": run.name,
        "conditions": {"rtt_ms": run.conditions.rtt_ms, **run.facts},
        "ways": {
            name: {
                figure: {"ms": took_ms, "mib_s": mb_s(figure, took_ms)}
                for figure, took_ms in found.items()
            }
            for name, found in ways.items()
        },
    }


def table(run: Live) -> Table:
    """Return one run's figures, ours beside OpenSSH's."""
    shown = Table(title="a session: ms, and MiB/s of streams", title_justify="left")
    shown.add_column(run.name, no_wrap=True)
    for name in (OURS, THEIRS, f"{OURS} MiB/s", f"{THEIRS} MiB/s", f"x {THEIRS}"):
        shown.add_column(name, justify="right", no_wrap=True)
    ours, theirs = figures(run.ways[OURS]), figures(run.ways[THEIRS])
    for name, took_ms in ours.items():
        ratio = took_ms / theirs[name]
        rates = (mb_s(name, took_ms), mb_s(name, theirs[name]))
        cells = [f"{took_ms:.1f}", f"{theirs[name]:.1f}"]
        cells += ["" if rate is None else f"{rate:.1f}" for rate in rates]
        style = "" if ratio <= FACTOR else "bold"
        shown.add_row(name, *cells, f"{ratio:.2f}", style=style)
    return shown
