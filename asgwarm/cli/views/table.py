"""Tables that fit their width.

Rule 1: columns that matter least are left out first. Elastic columns give way down
to a least width; any other cell is cut only when nothing more can be left out.
Where no terminal sets a limit everything is shown.
Rule 2: cells are escaped here, so that no caller can forget it.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from asgwarm.domain.escape import printable
from asgwarm.domain.value import value

if TYPE_CHECKING:
    from rich.console import Group

GAP = 2

STYLES = {
    "READY": "green",
    "LEASED": "cyan",
    "WARMING": "yellow",
    "WARMED": "blue",
    "DRAINING": "magenta",
    "QUARANTINED": "red",
}


@value
class Column:
    """One column; the one with the highest `rank` is left out first, 0 never."""

    title: str
    rank: int = 0
    right: bool = False
    least: int = 0  # elastic: may be cut down to this width; 0 for never


@value
class Row:
    """One row; `style` colours all of it."""

    cells: Sequence[str]
    style: str = ""


def fitted(columns: Sequence[Column], rows: Sequence[Row], width: int) -> "Group":
    """A borderless table of at most *width* columns of a terminal."""
    from rich.console import Group
    from rich.text import Text

    head = Row(cells=[column.title for column in columns], style="dim")
    table = [
        ([printable(cell) for cell in row.cells], row.style) for row in (head, *rows)
    ]
    widths = _widths(columns, [cells for cells, _ in table], width)
    return Group(
        *(
            Text(_line(columns, cells, widths), style=style, no_wrap=True)
            for cells, style in table
        )
    )


def _widths(
    columns: Sequence[Column], texts: Sequence[Sequence[str]], width: int
) -> dict[int, int]:
    """Width of every column that is shown, by its index."""
    from rich.cells import cell_len

    natural = [max(map(cell_len, cells)) for cells in zip(*texts, strict=True)]
    least = [
        min(needed, column.least or needed)
        for column, needed in zip(columns, natural, strict=True)
    ]
    shown = list(range(len(columns)))
    while sum(least[at] + GAP for at in shown) - GAP > width:
        rank, last = max((columns[at].rank, at) for at in shown)
        if rank == 0:
            break
        shown.remove(last)
    spare = width - sum(least[at] + GAP for at in shown) + GAP
    widths = {}
    for at in shown:
        widths[at] = min(natural[at], max(1, least[at] + spare))
        spare -= widths[at] - least[at]
    return widths


def _line(
    columns: Sequence[Column], cells: Sequence[str], widths: dict[int, int]
) -> str:
    parts = [_cell(cells[at], widths[at], columns[at].right) for at in widths]
    return (" " * GAP).join(parts).rstrip()


def _cell(text: str, width: int, right: bool) -> str:
    from rich.cells import cell_len, set_cell_size

    if cell_len(text) > width:
        return set_cell_size(text, width - 1) + "…"
    blank = " " * (width - cell_len(text))
    return blank + text if right else text + blank
