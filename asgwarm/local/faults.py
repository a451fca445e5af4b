"""What goes wrong on request: a table of switches, replaced as a whole.

Two kinds. HTTP faults strike a call on its way in or its answer on its way out, by
service and action. The others strike what happens by itself: events, the stream,
boots, launches.
"""

import asyncio
import random
from dataclasses import dataclass, field, fields
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any, Literal


class Kind(StrEnum):
    """What an HTTP fault does to a call."""

    # Refused in the service's own words (refusals.py), not performed.
    THROTTLE = "throttle"
    ERROR_500 = "500"
    ERROR_503 = "503"
    DENIED = "denied"
    EXPIRED_TOKEN = "expired_token"  # noqa: S105  # a kind of fault, no secret
    INVALID = "invalid"
    NOT_FOUND = "not_found"
    # The connection breaks.
    RESET_BEFORE = "reset_before"  # not performed
    REPLY_LOST = "reply_lost"  # performed, no byte of the answer arrives
    CUT = "cut"  # performed, broken off in the middle of the answer's body
    # Performed, and answered with something that is no document.
    GARBLED = "garbled"  # of the whole length; DynamoDB's checksum tells
    TRUNCATED = "truncated"  # a complete response, without DynamoDB's checksum
    SLOW = "slow"  # performed after delay_s of real time
    # Not answered until the faults are replaced; then the connection breaks.
    HOLD_BEFORE = "hold_before"  # not performed
    HOLD_AFTER = "hold_after"  # performed


HOLDING = (Kind.HOLD_BEFORE, Kind.HOLD_AFTER)
NOT_PERFORMED = (Kind.RESET_BEFORE, Kind.HOLD_BEFORE)
LOGIN = "ssh"  # the service whose actions are the steps of a login: login.py


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
        self.held = 0  # calls and logins that are being held
        self._replaced = asyncio.Event()
        self._random = random.Random(0)  # noqa: S311  # repeatable, guards nothing

    def http(self, service: str, action: str, owner: str) -> HttpFault | None:
        """The fault that strikes this call; every matching one counts it."""
        struck = None
        for fault in self.now.http:
            hit = fault.strikes(service, action, owner, self._random.random())
            struck = struck or (fault if hit else None)
        return struck

    def replace(self, faults: Faults) -> None:
        """Switch on exactly these faults, and let go of what is held."""
        self.now = faults
        self._replaced.set()
        self._replaced = asyncio.Event()

    def holds_login(self, step: str, instance_id: str) -> bool:
        """Whether a login has to wait at this step; only a fault for logins says so."""
        named = [one for one in self.now.http if one.service == LOGIN]
        return any(one.strikes(LOGIN, step, instance_id, 0.0) for one in named)

    async def hold(self) -> None:
        """Return when the faults are replaced."""
        self.held += 1
        try:
            await self._replaced.wait()
        finally:
            self.held -= 1
