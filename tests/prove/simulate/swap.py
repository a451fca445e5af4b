"""Put another thing into a place of the product's for as long as a block lasts.

What a run needs of it stands in `stilled`: what would make it slow or not repeatable,
and the one number that is scaled down with the time that events may be late by.
"""

import functools
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any

from asgwarm.domain.record import record_from_row
from asgwarm.lambdas import settle, world
from asgwarm.registry import leases, registry, table
from tests.prove.simulate.timeline import Timeline

TOMBSTONE_S = 2400  # twice the time that an event may be late by, as in the product


@contextmanager
def swapped(place: Any, name: str, other: Any) -> Iterator[None]:
    """Let an attribute of a module or class, or an entry of a dict, be another."""
    is_dict = isinstance(place, dict)
    before = place[name] if is_dict else vars(place)[name]
    put = functools.partial(dict.__setitem__ if is_dict else setattr, place)
    put(name, other)
    try:
        yield
    finally:
        put(name, before)


def remembered(function: Any) -> Any:
    """*function* of a row, which is worked out once: rows are never changed.

    The row is kept with its answer, so that no other gets its id meanwhile.
    """
    known: dict[int, tuple[Any, Any]] = {}

    def look_up(row: Any) -> Any:
        found = known.get(id(row))
        if found is not None:
            return found[1]
        answer = function(row)
        if len(known) > 5000:
            known.clear()
        known[id(row)] = row, answer
        return answer

    return look_up


@contextmanager
def stilled(timeline: Timeline) -> Iterator[None]:
    """The product in virtual time, without waits and without chance of its own."""
    rng = timeline.rng

    def told(line: str) -> str:
        timeline.note(line)
        return ""

    decode = remembered(table.decode)
    record = remembered(record_from_row)
    token = SimpleNamespace(token_hex=lambda n: f"{rng.getrandbits(8 * n):0{2 * n}x}")
    nowhere = SimpleNamespace(write=bool)
    swaps = (
        (table, "decode", decode),
        (leases, "decode", decode),
        (registry, "record_from_row", record),
        (leases, "record_from_row", record),
        (registry, "TOMBSTONE_S", TOMBSTONE_S),
        (settle, "record_from_row", record),
        (settle, "secrets", token),
        (settle, "HOOK_PAUSES_S", (0, 0)),
        (world, "json", SimpleNamespace(dumps=lambda said: told(f"  {said}"))),
        (world, "sys", SimpleNamespace(stdout=nowhere)),
    )
    clocks = [place for place in (settle, world) if hasattr(place, "now_s")]
    with ExitStack() as stack:
        for place in clocks:
            stack.enter_context(swapped(place, "now_s", lambda: int(timeline.now)))
        for place, name, other in swaps:
            stack.enter_context(swapped(place, name, other))
        yield


def is_quiet() -> bool:
    """Whether the product is as it was written."""
    return vars(world)["sys"] is sys
