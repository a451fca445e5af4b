"""Times as a picture: a bar for each way, a thin line from it to its worst."""

from collections.abc import Iterator, Sequence
from html import escape

from asgwarm.domain.value import value

WIDTH, LABEL, ROW, HEAD, GAP = 800, 130, 22, 44, 26  # pixels
OURS, OTHER, COMPUTED = "#0b6e4f", "#7a9cc6", "#b0b0b0"
_ROOM = 90  # behind the longest bar, for its figure
_STYLE = "font-family:system-ui,sans-serif;font-size:13px;fill:#222"


@value
class Bar:
    """One way: where its bar ends, and where the thin line behind it does."""

    name: str
    middle_ms: float
    worst_ms: float
    colour: str = OTHER


@value
class Chart:
    """Bars with one scale; there is at least one."""

    title: str
    bars: Sequence[Bar]


def svg(charts: Sequence[Chart]) -> str:
    """Return all charts below each other, each with a scale of its own."""
    parts: list[str] = []
    top = 0
    for chart in charts:
        parts += _chart(chart, top)
        top += HEAD + ROW * len(chart.bars) + GAP
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}"'
            f' width="{WIDTH}" height="{top}" style="{_STYLE}">',
            f'<rect width="{WIDTH}" height="{top}" fill="#ffffff"/>',
            *parts,
            "</svg>\n",
        ]
    )


def _chart(chart: Chart, top: int) -> Iterator[str]:
    yield _text(8, top + HEAD - 16, chart.title, "font-weight:bold")
    longest = max(bar.worst_ms for bar in chart.bars)
    scale = (WIDTH - LABEL - _ROOM) / longest
    for number, bar in enumerate(chart.bars):
        yield from _bar(bar, top + HEAD + ROW * number, scale)


def _bar(bar: Bar, top: int, scale: float) -> Iterator[str]:
    middle, width = top + ROW / 2, bar.middle_ms * scale
    yield _text(LABEL - 8, middle + 4, bar.name, "text-anchor:end")
    yield (
        f'<rect x="{LABEL}" y="{top + 3}" width="{width:.1f}" height="{ROW - 6}"'
        f' fill="{bar.colour}"/>'
    )
    end = LABEL + bar.worst_ms * scale
    yield (
        f'<line x1="{LABEL + width:.1f}" x2="{end:.1f}" y1="{middle}" y2="{middle}"'
        ' stroke="#555"/>'
    )
    yield _text(end + 6, middle + 4, f"{bar.middle_ms:.0f}", "")


def _text(x: float, y: float, text: str, style: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" style="{style}">{escape(text)}</text>'
