"""An event loop in a thread of its own, for callers who block.

Rule 1: it runs while somebody needs it: a call that is waited for, a block that is
open. Afterwards nothing is left of it, no thread and no descriptor.
Rule 2: what ends a caller's waiting, Ctrl-C above all, cancels what was waited for,
and that is waited for: it puts right what it had begun. A second one cuts that short.
"""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future, wait
from typing import Any, Generic, TypeVar

from asgwarm.errors import ConfigError

T = TypeVar("T")
U = TypeVar("U")

_END_S = 5.0  # for calls that still wait for an answer; theirs is given up


class Background:
    """The loop that all callers of one process share."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._running: _Running | None = None

    @contextlib.contextmanager
    def loop(self) -> Iterator[asyncio.AbstractEventLoop]:
        """Give the running loop to a block.

        Raises:
            ConfigError: The caller is a function that this loop has called.
        """
        with self._lock:
            if self._running is not None and self._running.is_here:
                raise ConfigError(
                    "what is called with output or news must not block",
                    hint="use asgwarm.AsyncPool, or another thread",
                )
            if self._running is None:
                self._running = _Running()
            running = self._running
            self._users += 1
        try:
            yield running.loop
        finally:
            with self._lock:
                self._users -= 1
                is_last = self._users == 0
                if is_last:
                    self._running = None
            if is_last:
                running.stop()


class _Running:
    """One loop and its thread."""

    def __init__(self) -> None:
        ready: Future[asyncio.AbstractEventLoop] = Future()
        self._thread = threading.Thread(
            target=self._run, args=(ready,), name="asgwarm", daemon=True
        )
        self._thread.start()
        self.loop = ready.result()

    @property
    def is_here(self) -> bool:
        """Whether it is this thread that runs the loop."""
        return threading.current_thread() is self._thread

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(_END_S)

    @staticmethod
    def _run(ready: "Future[asyncio.AbstractEventLoop]") -> None:
        with asyncio.Runner() as runner:
            loop = runner.get_loop()
            loop.call_soon(ready.set_result, loop)
            loop.run_forever()


class Call(Generic[T]):
    """A coroutine that runs on a loop of another thread."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T]
    ) -> None:
        self._loop = loop
        self._work = work
        self._task: asyncio.Task[T] | None = None
        self.ended: Future[T] = Future()
        loop.call_soon_threadsafe(self._start)

    def result(self) -> T:
        """Wait for its end; return and raise what it does."""
        return self.wait_for(self.ended)

    def wait_for(self, future: "Future[U]") -> U:
        """Wait for *future*, which this call sets; whoever is interrupted cancels it.

        The call has ended then, unless the end of it was interrupted as well.
        """
        try:
            return future.result()
        finally:
            if not future.done():
                self._loop.call_soon_threadsafe(self._cancel)
                wait([self.ended])

    def _start(self) -> None:
        self._task = self._loop.create_task(self._work)
        self._task.add_done_callback(self._finish)

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _finish(self, task: "asyncio.Task[T]") -> None:
        if task.cancelled():
            self.ended.set_exception(asyncio.CancelledError())
        elif error := task.exception():
            self.ended.set_exception(error)
        else:
            self.ended.set_result(task.result())
