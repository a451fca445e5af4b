"""Whether the instance has the session key by now.

The push runs beside the handshake; authentication waits at this gate.

Rule 1: one push at a time, always of the same key.
Rule 2: a key is never offered that may have expired; it is pushed again before.
Rule 3: a failed push shuts the gate for good, and `failed` says why.
"""

import asyncio
from collections.abc import Awaitable, Callable

from asgwarm.clock import monotonic_s
from asgwarm.connect.timings import Timings

# A key lives 60 s from the push; the rest is for a slow authentication.
FRESH_S = 45


class KeyGate:
    """The life of one key on one instance."""

    def __init__(
        self,
        push: Callable[[], Awaitable[None]],
        timings: Timings,
        clock_s: Callable[[], float] = monotonic_s,
    ) -> None:
        self._push = push
        self._timings = timings
        self._clock_s = clock_s
        self._began_s = clock_s()
        self._task: asyncio.Task[None] | None = None
        self.failed: asyncio.Future[BaseException] = (
            asyncio.get_running_loop().create_future()
        )

    def push(self) -> None:
        """Begin to push the key, unless a push is under way."""
        if self._task is None or self._task.done():
            self._began_s = self._clock_s()
            self._task = asyncio.ensure_future(self._timed_push())
            self._task.add_done_callback(self._note_failure)

    async def opened(self) -> bool:
        """Wait for a fresh key on the instance; False when it cannot be had."""
        if self._clock_s() - self._began_s > FRESH_S:
            self.push()
        await self.settle()
        return not self.is_waiting and not self.failed.done()

    async def settle(self, timeout_s: float | None = None) -> None:
        """Wait until no push is under way, at most *timeout_s* seconds."""
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=timeout_s)

    @property
    def is_waiting(self) -> bool:
        """Whether a push is under way."""
        return self._task is not None and not self._task.done()

    async def close(self) -> None:
        """Give up a push that is under way."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _timed_push(self) -> None:
        with self._timings.phase("push"):
            await self._push()

    def _note_failure(self, task: "asyncio.Task[None]") -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None and not self.failed.done():
            self.failed.set_result(error)
