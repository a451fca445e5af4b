"""`logs`, as text and documents."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from asgwarm.cli.views.table import Column, Row, fitted
from asgwarm.cli.views.words import utc

if TYPE_CHECKING:
    from asgwarm.cli.output import Output
    from asgwarm.domain.history import Event

COLUMNS = (
    Column(title="TIME (UTC)"),
    Column(title="INSTANCE"),
    Column(title="WHAT"),
    Column(title="WHO", least=8),
    Column(title="WHY", least=16),
)
# edge -> what a person would say, and its colour
WORDS = {
    "register": ("launched", "yellow"),
    "warmed": ("warm", "blue"),
    "leave": ("woken", "yellow"),
    "ready": ("ready", "green"),
    "claim": ("leased", "cyan"),
    "release": ("released", "magenta"),
    "expire": ("expired", "magenta"),
    "end": ("timed out", "magenta"),
    "force": ("forced out", "magenta"),
    "evict": ("evicted", "magenta"),
    "stuck": ("given up", "red"),
    "lost": ("lost", "red"),
    "gone": ("terminated", "dim"),
    "quarantine": ("quarantined", "red"),
    "discard": ("discarded", "magenta"),
}


# Columns that do not move when a longer word comes later.
_LONGEST = max(len(word) for word, _ in WORDS.values())
_FUNCTION = len("function")


class Log:
    """Events as they are shown, a line or a document each.

    Attributes:
        count: How many were shown.
    """

    def __init__(self, output: "Output") -> None:
        self._output = output
        self._rows: list[Row] = []
        self.count = 0

    def add(self, events: Sequence["Event"]) -> None:
        """Show what is new."""
        self.count += len(events)
        if self._output.json:
            for event in events:
                self._output.document(document(event))
        elif events:
            self._draw([_row(event) for event in events])

    def _draw(self, rows: list[Row]) -> None:
        """Print the rows, aligned with those that were printed before."""
        is_first, console = not self._rows, self._output.table()
        self._rows += rows
        lines = fitted(COLUMNS, self._rows, console.width).renderables
        for line in lines[0 if is_first else -len(rows) :]:
            console.print(line)


def document(event: "Event") -> dict[str, object]:
    """`asgwarm.event/v1`: one change of an instance's state."""
    return {
        "schema": "asgwarm.event/v1",
        "type": "instance",
        "at": utc(event.at),
        "instance_id": event.instance_id,
        "edge": event.edge,
        "actor": event.actor,
        "why": event.why or None,
    }


def result(pool: str, count: int) -> dict[str, object]:
    """`asgwarm.logs/v1`, the last line of `logs --json`."""
    return {
        "schema": "asgwarm.logs/v1",
        "type": "result",
        "pool": pool,
        "events": count,
    }


def _row(event: "Event") -> Row:
    what, style = WORDS.get(event.edge, (event.edge, ""))
    at = datetime.fromtimestamp(event.at, UTC)
    # What the user is called is enough here; the process is in the document.
    who = event.actor.rpartition(":")[0] or event.actor
    return Row(
        cells=(
            f"{at:%m-%d %H:%M:%S}",
            event.instance_id,
            what.ljust(_LONGEST),
            who.ljust(_FUNCTION),
            event.why,
        ),
        style=style,
    )
