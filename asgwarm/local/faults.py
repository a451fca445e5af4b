"""What goes wrong on request: a table of switches, replaced as a whole.

Two kinds. HTTP faults strike a call on its way in or its answer on its way out, by
service and action. The others strike what happens by itself: events, the stream,
boots, launches.
"""

import random
from dataclasses import dataclass, field, fields
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any, Literal


class Kind(StrEnum):
    """What an HTTP fault does to a call."""

    THROTTLE = "throttle"  # refused, not performed
    ERROR_500 = "500"  # refused, not performed
    ERROR_503 = "503"  # refused, not performed
    RESET_BEFORE = "reset_before"  # connection broken off, not performed
    REPLY_LOST = "reply_lost"  # performed, connection broken off
    SLOW = "slow"  # performed after delay_s of real time


@dataclass(slots=True, kw_only=True)
class HttpFault:
    """Strikes calls whose service and action match; `*` and `?` are wildcards.

    It counts matching calls: from the `nth` on, `count` of them (None: all), each
    with probability `rate`. `owner` narrows it to whose key signed (`user`, `lambda`,
    an instance id).
    """

    kind: Kind
    service: str = "*"
    action: str = "*"
    owner: str = "*"
    nth: int = 1
    count: int | None = None
    rate: float = 1.0
    delay_s: float = 1.0
    seen: int = 0

    def strikes(self, service: str, action: str, owner: str, chance: float) -> bool:
        """Whether this call is hit; *chance* is a random number from 0 to 1."""
        named = ((self.service, service), (self.action, action), (self.owner, owner))
        if not all(fnmatchcase(value, pattern) for pattern, value in named):
            return False
        self.seen += 1
        last = self.nth + self.count if self.count is not None else self.seen + 1
        return self.nth <= self.seen < last and chance < self.rate


@dataclass(slots=True, kw_only=True)
class Faults:
    """Everything that can be switched; the defaults are a region without faults."""

    http: list[HttpFault] = field(default_factory=list)
    events: str = ""  # "", "lost", "doubled" or "late"
    events_like: str = "*"  # which detail types: "*Lifecycle Action"
    events_late_s: float = 60.0
    stream_lost: bool = False
    boot_s: float = 0.0  # region time until an instance answers SSH and runs its units
    no_capacity: bool = False  # EC2 launches and starts nothing
    refill: Literal["warm", "cold", "delayed"] = "warm"  # what replaces a detached one
    shown_states: dict[str, str] = field(default_factory=dict)  # instance id -> state


EVENT_FAULTS = ("", "lost", "doubled", "late")
REFILLS = ("warm", "cold", "delayed")


def parse(values: dict[str, Any]) -> Faults:
    """Faults from a JSON document.

    Raises:
        ValueError: A name or a value is not known.
    """
    known = {one.name: one.type for one in fields(Faults)}
    if unknown := set(values) - set(known):
        raise ValueError(f"no such fault: {', '.join(sorted(unknown))}")
    rest = {name: value for name, value in values.items() if name != "http"}
    try:
        http = [
            HttpFault(**one | {"kind": Kind(one["kind"])})
            for one in values.get("http", [])
        ]
        faults = Faults(http=http, **rest)
    except (TypeError, KeyError) as error:
        raise ValueError(f"not an HTTP fault: {error}") from error
    if faults.events not in EVENT_FAULTS or faults.refill not in REFILLS:
        raise ValueError(f"events is one of {EVENT_FAULTS}, refill is one of {REFILLS}")
    return faults


class FaultTable:
    """The faults that are switched on now."""

    def __init__(self) -> None:
        self.now = Faults()
        self._random = random.Random(0)  # noqa: S311  # repeatable, guards nothing

    def http(self, service: str, action: str, owner: str) -> HttpFault | None:
        """The fault that strikes this call; every matching one counts it."""
        struck = None
        for fault in self.now.http:
            hit = fault.strikes(service, action, owner, self._random.random())
            struck = struck or (fault if hit else None)
        return struck
