"""What happened in the region: the calls it answered, and a counter of changes.

The counter lets a test wait for the next thing to happen instead of sleeping.
Rule: only the loop's thread touches this, except `changed_elsewhere`.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, fields
from itertools import islice

from asgwarm.local.signature import Caller, Request

KEPT_REQUESTS = 20_000
SETTLE_S = 30.0
QUIET_ROUNDS, QUIET_ROUND_S, BUSY_ROUND_S = 3, 0.004, 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One API call and how it ended; status 0 means that the caller got no answer."""

    n: int
    service: str
    action: str
    access_key_id: str
    owner: str
    status: int
    asked: str  # what was sent; empty unless it is recorded


_NAMES = [field.name for field in fields(Answered)]


class Activity:
    """The record of calls and the change counter."""

    def __init__(self) -> None:
        self.changes = 0
        self.records = False  # whether what is sent is kept
        self.calls = 0  # of calls answered
        self._answered: deque[Answered] = deque(maxlen=KEPT_REQUESTS)
        self._next = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def changed(self) -> None:
        """Count one change and wake who waits for it."""
        self.changes += 1
        self._next.set()
        self._next = asyncio.Event()

    def changed_elsewhere(self) -> None:
        """The same, from another thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.changed)

    def answered(
        self, caller: Caller, *, action: str, status: int, request: Request
    ) -> None:
        """Record one call."""
        self.calls += 1
        self._answered.append(
            Answered(
                n=self.calls,
                service=caller.service,
                action=action,
                access_key_id=caller.access_key_id,
                owner=caller.owner,
                status=status,
                asked=_sent(request) if self.records else "",
            )
        )
        self.changed()

    def since(self, n: int) -> list[dict[str, object]]:
        """The calls after number *n*, oldest first."""
        kept = len(self._answered)
        known = max(0, kept - (self.calls - n))
        calls = islice(self._answered, known, None)
        return [{name: getattr(call, name) for name in _NAMES} for call in calls]

    async def wait(self, since: int, timeout_s: float) -> int:
        """The counter, as soon as it passes *since* or the time is over."""
        if self.changes <= since:
            try:
                async with asyncio.timeout(timeout_s):
                    await self._next.wait()
            except TimeoutError:
                return self.changes
        return self.changes

    async def settle(self, busy: Callable[[], int]) -> bool:
        """Wait until nothing is *busy* and stays so; False if that does not come."""
        quiet, deadline = 0, time.monotonic() + SETTLE_S
        while quiet < QUIET_ROUNDS:
            if time.monotonic() > deadline:
                return False
            if busy():
                quiet = 0
                await self.wait(self.changes, BUSY_ROUND_S)
            else:
                quiet += 1
                await asyncio.sleep(QUIET_ROUND_S)
        return True


def _sent(request: Request) -> str:
    """The body of a request; the query of one without, the path of one without both."""
    sent = request.body.decode("utf-8", "replace") or request.raw_query
    return sent or request.raw_path
