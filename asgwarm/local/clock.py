"""The region's time: real time plus an offset, or standing still.

Everything that AWS would do later (an instance that boots, a hook that times out, a
schedule, a key that dies) is a timer here. With pace `real` timers fire by
themselves; with pace `manual` only `advance` moves time. `advance` goes from one due
timer to the next, in order, and lets what each one caused settle before it goes on.

Rules: time never goes back; a timer that is due already still fires later, from the
loop, never from inside `call_at`.
"""

import asyncio
import heapq
import itertools
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial

_log = logging.getLogger(__name__)


class Pace(StrEnum):
    """How time passes while nobody moves it."""

    REAL = "real"
    MANUAL = "manual"


@dataclass(order=True, slots=True)
class Timer:
    """A callback that waits for its time."""

    when: float
    order: int
    callback: Callable[[], object] = field(compare=False)
    cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        """Never fire."""
        self.cancelled = True


class Clock:
    """Region time in Unix seconds, and its timers.

    Args:
        real: Reads the real time; a test passes its own.
    """

    def __init__(
        self, *, pace: Pace = Pace.REAL, real: Callable[[], float] = time.time
    ) -> None:
        self._pace = pace
        self._real = real
        self._still = real()
        self._offset_s = 0.0
        self._timers: list[Timer] = []
        self._order = itertools.count()
        self._wake: asyncio.TimerHandle | None = None
        self.target: float | None = None  # where a running `advance` will end

    def now(self) -> float:
        """The region's time. Any thread may ask."""
        base = self._real() if self._pace is Pace.REAL else self._still
        return base + self._offset_s

    def call_at(self, when: float, callback: Callable[[], object]) -> Timer:
        """Call *callback* on the loop once the region's time is *when*."""
        timer = Timer(when, next(self._order), callback)
        heapq.heappush(self._timers, timer)
        self._arm()
        return timer

    def call_later(self, delay_s: float, callback: Callable[[], object]) -> Timer:
        """Call *callback* on the loop after *delay_s* seconds of region time."""
        return self.call_at(self.now() + delay_s, callback)

    async def wait_until(self, when: float) -> None:
        """Return once the region's time is *when*."""
        done = asyncio.get_running_loop().create_future()
        timer = self.call_at(when, partial(_finish, done))
        try:
            await done
        finally:
            timer.cancel()

    async def advance(
        self, seconds: float, settle: Callable[[], Awaitable[object]]
    ) -> float:
        """Move time forward by *seconds*, firing what is due on the way, in order.

        Args:
            settle: Awaited after each due time, before time goes on.

        Returns:
            The region's time afterwards.
        """
        if self.target is not None:
            raise RuntimeError("time is being moved already")
        self.target = self.now() + seconds
        try:
            while (due := self._next_due()) is not None and due <= self.target:
                self._move_to(due)
                self._fire()
                await settle()
            self._move_to(self.target)
        finally:
            self.target = None
        self._arm()
        await settle()
        return self.now()

    def _move_to(self, when: float) -> None:
        self._offset_s += max(0.0, when - self.now())

    def _next_due(self) -> float | None:
        while self._timers and self._timers[0].cancelled:
            heapq.heappop(self._timers)
        return self._timers[0].when if self._timers else None

    def _fire(self) -> None:
        now = self.now()
        while (due := self._next_due()) is not None and due <= now:
            timer = heapq.heappop(self._timers)
            try:
                timer.callback()
            except Exception:  # noqa: BLE001  # one failing timer must not stop time
                _log.exception("a timer failed")

    def _on_wake(self) -> None:
        self._wake = None
        self._fire()
        self._arm()

    def _arm(self) -> None:
        if self._wake is not None:
            self._wake.cancel()
            self._wake = None
        due = self._next_due()
        if due is None or self.target is not None:
            return
        delay_s = due - self.now()
        if self._pace is Pace.MANUAL and delay_s > 0:
            return
        # Real time may jump, so that a long wait is looked at again after an hour.
        self._wake = asyncio.get_running_loop().call_later(
            min(max(delay_s, 0.0), 3600), self._on_wake
        )


def _finish(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_result(None)
