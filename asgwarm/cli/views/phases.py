"""Where the milliseconds of a `get` go, beside the ways in that were measured before.

Rule: figures of the emulated region are never shown without saying so, and the seed
figures never without what they were measured on.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from asgwarm.cli.views.table import Column, Row, fitted
from asgwarm.connect.timings import PHASES

if TYPE_CHECKING:
    from rich.console import Group

# Milliseconds on EC2, m7i.large, 2026-01-31. "connect" holds the whole of SSH there.
EC2_TAGS = {
    "query": 6476,
    "claim": 1460,
    "keygen": 137,
    "push": 2532,
    "connect": 2232,
    "total": 12_837,
}
SIMPLE_EIC = {"keygen": 114, "push": 1432, "connect": 2403, "total": 3949}

COLUMNS = (
    Column(title="milliseconds"),
    Column(title="demo, 1st get", right=True),
    Column(title="demo, 2nd get", right=True),
    Column(title="EC2 tags", right=True, rank=2),
    Column(title="simple EIC", right=True, rank=1),
)
NOTES = (
    "demo        the emulated region on this computer: nothing about AWS's times;",
    "            phases overlap, the key is pushed while SSH connects",
    "EC2 tags    m7i.large on EC2, 2026-01-31: running instance found by its tags,",
    "            claimed with a tag; `connect` is all of SSH",
    "simple EIC  the same, with the instance known beforehand: no query, no claim",
    "Also measured there: cold launch 25.8 s; key injected over SSH 1.9 s, ruled out",
    "because it leaves standing keys behind.",
)


def table(first: Mapping[str, int], second: Mapping[str, int], width: int) -> "Group":
    """The phases of two measured `get`s beside the seed figures."""
    measured = [_plain(first), _plain(second), EC2_TAGS, SIMPLE_EIC]
    rows = [
        Row(
            cells=(
                phase.replace("_", " "),
                *(_figure(took_ms.get(phase)) for took_ms in measured),
            ),
            style="bold" if phase == "total" else "",
        )
        for phase in (*PHASES, "total")
    ]
    return fitted(COLUMNS, rows, width)


def _plain(timings: Mapping[str, int]) -> dict[str, int]:
    return {name.removesuffix("_ms"): took for name, took in timings.items()}


def _figure(took_ms: int | None) -> str:
    return "-" if took_ms is None else f"{took_ms:,}"
