"""The figures as a picture: one bar a way, a thin line to its 90th percentile."""

from collections.abc import Iterator, Sequence
from html import escape

from tests.bench.figures import LIMIT, Run, Summary
from tests.bench.ways import PRODUCT

WIDTH, LABEL, ROW, HEAD, GAP = 800, 130, 22, 44, 26  # pixels
_ROOM = 90  # behind the longest bar, for its figure
_COLOURS = {PRODUCT: "#0b6e4f", LIMIT: "#b0b0b0"}
_OTHER = "#7a9cc6"
_STYLE = "font-family:system-ui,sans-serif;font-size:13px;fill:#222"


def svg(runs: Sequence[Run]) -> str:
    """Return all runs below each other, each with a scale of its own."""
    parts: list[str] = []
    top = 0
    for run in runs:
        parts += _run(run, top)
        top += HEAD + ROW * len(run.ways) + GAP
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}"'
            f' width="{WIDTH}" height="{top}" style="{_STYLE}">',
            f'<rect width="{WIDTH}" height="{top}" fill="#ffffff"/>',
            *parts,
            "</svg>\n",
        ]
    )


def _run(run: Run, top: int) -> Iterator[str]:
    conditions = run.conditions
    title = (
        f"spawn to first remote byte, ms: RTT {conditions.rtt_ms}, EC2 Instance Connect"
        f" {conditions.eic_ms}, {conditions.lookup} key lookup"
    )
    yield _text(8, top + HEAD - 16, title, "font-weight:bold")
    longest = max(way.p90_ms for way in run.ways.values())
    scale = (WIDTH - LABEL - _ROOM) / longest
    for number, (name, way) in enumerate(run.sorted()):
        yield from _bar(name, way, top + HEAD + ROW * number, scale)


def _bar(name: str, way: Summary, top: int, scale: float) -> Iterator[str]:
    middle, width = top + ROW / 2, way.median_ms * scale
    colour = _COLOURS.get(name, _OTHER)
    yield _text(LABEL - 8, middle + 4, name, "text-anchor:end")
    yield (
        f'<rect x="{LABEL}" y="{top + 3}" width="{width:.1f}" height="{ROW - 6}"'
        f' fill="{colour}"/>'
    )
    end = LABEL + way.p90_ms * scale
    yield (
        f'<line x1="{LABEL + width:.1f}" x2="{end:.1f}" y1="{middle}" y2="{middle}"'
        ' stroke="#555"/>'
    )
    yield _text(end + 6, middle + 4, f"{way.median_ms:.0f}", "")


def _text(x: float, y: float, text: str, style: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" style="{style}">{escape(text)}</text>'
