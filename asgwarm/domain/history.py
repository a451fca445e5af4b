"""What happened to the instances of a pool, read from the lines that their rows keep.

Rule: a line that makes no sense is left out; nothing is decided on any of them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from asgwarm.domain.value import value

_LINE = re.compile(r"(\d{1,11}) (\S+) (\S+) ?(.*)", re.DOTALL)
SPARE = "spare"  # why a claim was made that nobody asked for yet


def waited(seconds: float) -> str:
    """Say in a claim's line how long its claimant had waited."""
    return f"waited {max(1, round(seconds))} s"


def waited_s(why: str) -> int:
    """Return how many seconds a claim's line says that its claimant had waited."""
    found = re.fullmatch(r"waited (\d{1,9}) s", why)
    return int(found[1]) if found else 0


@value
class Event:
    """One change of an instance's state."""

    at: int  # Unix seconds, by the clock of who changed it
    instance_id: str
    edge: str  # of the table of edges
    actor: str  # "function", or the owner `user@host:pid`
    why: str  # empty when no reason was given


def events_of(rows: Iterable[Mapping[str, object]]) -> list[Event]:
    """Return what the rows say of their instances, oldest first.

    Args:
        rows: Plain values of instance rows, also of those that are no records.
    """
    found = [event for row in rows for event in _events(row)]
    return [event for _, event in sorted(found, key=lambda pair: pair[0])]


def life_of(row: Mapping[str, object]) -> list[Event]:
    """Return what a row says of its instance, in its own order.

    No line is earlier than the one before it, whatever the clocks said.
    """
    return [replace(event, at=at) for at, event in _events(row)]


def _events(row: Mapping[str, object]) -> Iterator[tuple[int, Event]]:
    """Yield events with the time to sort by.

    An instance's own lines stay in their order, whatever the clocks said.
    """
    lines, latest = row.get("history"), 0
    for line in lines if isinstance(lines, list | tuple) else ():
        match = _LINE.fullmatch(line) if isinstance(line, str) else None
        if match is None:
            continue
        said, edge, actor, why = match.groups()
        latest = max(latest, int(said))
        yield (
            latest,
            Event(
                at=int(said),
                instance_id=str(row.get("sk", "")).removeprefix("I#"),
                edge=edge,
                actor=actor,
                why=why,
            ),
        )
