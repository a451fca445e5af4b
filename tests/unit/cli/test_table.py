"""Tables fit whatever width there is."""

import io
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from asgwarm.cli.views.table import Column, Row, fitted

COLUMNS = (
    Column(title="INSTANCE"),
    Column(title="FOR", right=True, rank=1),
    Column(title="TIER", rank=3),
    Column(title="NOTE", rank=2, least=10),
)
ROWS = [
    Row(cells=("i-0123456789abcdef0", "3h 05m", "warm", "a long story " * 5)),
    Row(cells=("i-1", "45s", "cold", "")),
]


def drawn(columns: Sequence[Column], rows: Sequence[Row], width: int) -> list[str]:
    """The lines of the table, without colour."""
    out = io.StringIO()
    Console(file=out, width=width).print(fitted(columns, rows, width))
    return out.getvalue().splitlines()


@pytest.mark.parametrize("width", [30, 60, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal(width):
    """A table has one line per row at every width."""
    lines = drawn(COLUMNS, ROWS, width)

    assert len(lines) == 1 + len(ROWS)
    assert max(map(len, lines)) <= width


def test_the_least_important_column_goes_first():
    """TIER has the highest rank, then NOTE, then FOR; INSTANCE always stays."""
    titles = {
        width: drawn(COLUMNS, ROWS, width)[0].split() for width in (45, 40, 30, 20)
    }

    assert titles == {
        45: ["INSTANCE", "FOR", "TIER", "NOTE"],
        40: ["INSTANCE", "FOR", "NOTE"],
        30: ["INSTANCE", "FOR"],
        20: ["INSTANCE"],
    }


def test_an_elastic_column_is_cut_with_an_ellipsis():
    """NOTE gives way before anything else is left out, and shows that it did."""
    row = drawn(COLUMNS, ROWS, 60)[1]

    assert row.endswith("…")
    assert len(row) == 60


def test_where_nothing_limits_everything_is_shown():
    """A wide pipe cuts nothing."""
    assert drawn(COLUMNS, ROWS, 400)[1].endswith("a long story")


def test_numbers_stand_under_each_other():
    """A right-aligned column ends at the same place in every row."""
    head, first, second = drawn(COLUMNS, ROWS, 200)

    assert head.index("FOR") + 3 == first.index("3h 05m") + 6 == second.index("45s") + 3


def test_a_cell_cannot_act_on_the_terminal():
    """Cells are escaped before they are measured."""
    [_, row] = drawn((Column(title="A"),), [Row(cells=("\x1b[2J\n",))], 80)

    assert row == "\\x1b[2J\\n"


@given(
    st.lists(st.tuples(st.text(max_size=30), st.text(max_size=30)), max_size=4),
    st.integers(20, 100),
)
def test_any_text_keeps_the_width(cells, width):
    """Wide characters count as the two columns that they take."""
    columns = (Column(title="A"), Column(title="B", rank=1, least=5))
    lines = drawn(columns, [Row(cells=pair) for pair in cells], width)

    assert len(lines) == 1 + len(cells)
    assert all(cell_len(line) <= width for line in lines)
