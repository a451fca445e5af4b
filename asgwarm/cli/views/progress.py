"""What a stack does, while it does it.

On a terminal: what is under way, redrawn in place, above it what is done. Without
one: a line per resource that is done. With --json: a document per event.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from asgwarm.cli.output import Output
from asgwarm.domain.escape import printable

if TYPE_CHECKING:
    from rich.console import RenderableType

    from asgwarm.stack.events import StackEvent

Show = Callable[["StackEvent | str"], None]
LASTING = "ends lease "  # what somebody lost is worth a line that stays
MOST_SHOWN = 8  # resources under way at once; the rest is counted


@contextmanager
def progress(output: Output, title: str) -> Iterator[Show]:
    """Yield the function that shows an event, in the way that fits *output*."""
    if output.json:
        yield lambda event: output.document(document(event))
    elif not output.live:
        yield lambda event: _note(output, event)
    else:
        with _drawn(output, title) as show:
            yield show


def _note(output: Output, event: "StackEvent | str") -> None:
    if isinstance(event, str) or not event.status.endswith("_IN_PROGRESS"):
        output.note(line(event))


def document(event: "StackEvent | str") -> dict[str, object]:
    """`asgwarm.event/v1`: a resource's new status, or a note."""
    if isinstance(event, str):
        return {"schema": "asgwarm.event/v1", "type": "note", "message": event}
    return {
        "schema": "asgwarm.event/v1",
        "type": "resource",
        "at": event.at,
        "logical_id": event.logical_id,
        "resource_type": event.type,
        "status": event.status,
        "reason": event.reason or None,
    }


def line(event: "StackEvent | str") -> str:
    """One event as a line."""
    if isinstance(event, str):
        return printable(event)
    reason = f"  {event.reason}" if event.reason else ""
    return printable(f"{event.status:<20} {event.logical_id}{reason}")


@contextmanager
def _drawn(output: Output, title: str) -> Iterator[Show]:
    from rich.live import Live

    drawing = _Drawing(title)
    with Live(
        get_renderable=drawing.render,
        console=output.progress(),
        refresh_per_second=8,
        transient=True,
    ) as live:

        def show(event: "StackEvent | str") -> None:
            if permanent := drawing.take(event):
                live.console.print(permanent)

        yield show


class _Drawing:
    """The state of what is drawn: which resources are under way, how many are done."""

    def __init__(self, title: str) -> None:
        from rich.spinner import Spinner

        self._under_way: dict[str, str] = {}
        self._done: set[str] = set()
        self._note = ""
        self._title = title
        self._spinner = Spinner("dots", style="cyan")

    def take(self, event: "StackEvent | str") -> str:
        """Take in an event; returns what is worth a line that stays."""
        if isinstance(event, str):
            self._note = printable(event)
            return self._note if event.startswith(LASTING) else ""
        self._under_way.pop(event.logical_id, None)
        if event.status.endswith("_IN_PROGRESS"):
            self._under_way[event.logical_id] = event.type
        elif event.status.endswith("_COMPLETE"):
            self._done.add(event.logical_id)
        return line(event) if event.status.endswith("_FAILED") else ""

    def render(self) -> "RenderableType":
        from rich.console import Group
        from rich.text import Text

        title = f"{self._title}, {len(self._done)} resources done"
        self._spinner.update(text=Text(title))
        shown = list(self._under_way.items())[-MOST_SHOWN:]
        rows = [
            Text(printable(f"    {name}  {kind}"), style="dim", overflow="ellipsis")
            for name, kind in shown
        ]
        if hidden := len(self._under_way) - len(shown):
            rows.append(Text(f"    and {hidden} more", style="dim"))
        if self._note:
            rows.append(Text(f"    {self._note}"))
        for row in rows:
            row.no_wrap = True
        return Group(self._spinner, *rows)
