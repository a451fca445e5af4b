"""Bytes from an instance to this process's file descriptors, without blocking the loop.

A descriptor may block for as long as a person stops a terminal or a pager. The loop
must go on meanwhile, to keep the connection and the lease alive.

Rule 1: one thread writes everything, so that what came in order goes out in order.
Rule 2: descriptors keep their flags: O_NONBLOCK would reach every process that
shares them, the user's shell included.
Rule 3: memory is bounded; the producer is told to pause and when to go on.
"""

import asyncio
import contextlib
import os
import select
import threading
from collections import deque
from collections.abc import Callable
from typing import Protocol

HIGH_BYTES = 1 << 20
LOW_BYTES = 1 << 18
BATCH_BYTES = 1 << 18


class Taker(Protocol):
    """What takes a remote command's output, as `Output` does."""

    @property
    def failure(self) -> OSError | None:
        """Why the output cannot be written."""

    def write(self, fd: int, data: bytes) -> bool:
        """Take *data*; True when the producer has to pause."""

    async def drain(self) -> None:
        """Wait until everything is where it belongs."""

    def abandon(self) -> None:
        """Drop what is not there yet."""


class Output:
    """A queue in front of blocking writes, and the thread behind it."""

    def __init__(
        self, *, on_low: Callable[[], None], on_failure: Callable[[], None]
    ) -> None:
        """Start the thread.

        Args:
            on_low: Called on the loop when a paused producer may go on.
            on_failure: Called on the loop when a write failed; see `failure`.
        """
        self._loop = asyncio.get_running_loop()
        self._on_low = on_low
        self._on_failure = on_failure
        self._news = threading.Condition()
        self._queue: deque[tuple[int, bytes]] = deque()
        self._pending_bytes = 0
        self._is_paused = False
        self._is_ended = False
        self._written = asyncio.Event()
        self.failure: OSError | None = None
        # A daemon, since nothing else ends a write to a stopped terminal.
        threading.Thread(target=self._run, name="output", daemon=True).start()

    def write(self, fd: int, data: bytes) -> bool:
        """Queue *data*; True when the producer has to pause."""
        with self._news:
            self._queue.append((fd, data))
            self._pending_bytes += len(data)
            self._is_paused = self._is_paused or self._pending_bytes > HIGH_BYTES
            self._news.notify()
            return self._is_paused

    async def drain(self) -> None:
        """Wait until everything is written, or a write has failed."""
        self._end()
        await self._written.wait()

    def abandon(self) -> None:
        """Drop what is not written yet."""
        with self._news:
            self._queue.clear()
        self._end()

    def _end(self) -> None:
        with self._news:
            self._is_ended = True
            self._news.notify()

    def _run(self) -> None:
        while batch := self._next():
            fd, data = batch
            try:
                _write_all(fd, data)
            except OSError as error:
                self.failure = error
                self._tell(self._on_failure)
                break
            self._count(len(data))
        self._tell(self._written.set)

    def _next(self) -> tuple[int, bytes] | None:
        with self._news:
            while not self._queue and not self._is_ended:
                self._news.wait()
            if not self._queue:
                return None
            fd, first = self._queue.popleft()
            parts, size = [first], len(first)
            while self._queue and self._queue[0][0] == fd and size < BATCH_BYTES:
                parts.append(self._queue.popleft()[1])
                size += len(parts[-1])
            return fd, b"".join(parts)

    def _count(self, written_bytes: int) -> None:
        with self._news:
            self._pending_bytes -= written_bytes
            goes_on = self._is_paused and self._pending_bytes <= LOW_BYTES
            if goes_on:
                self._is_paused = False
        if goes_on:
            self._tell(self._on_low)

    def _tell(self, callback: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop may be closed by now
            self._loop.call_soon_threadsafe(callback)


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(fd, view) :]
        except BlockingIOError:
            ready = select.poll()
            ready.register(fd, select.POLLOUT)
            ready.poll()
