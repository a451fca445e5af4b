"""Signals as exceptions, so that what was begun is put right before we leave.

Rule 1: Ctrl-C, SIGTERM and SIGHUP end a run with 130, 143 and 129, after an attempt
to release. A second signal cuts that attempt short.
Rule 2: after a signal no call that is still waiting for its answer is waited for.
Rule 3: a signal that the parent had ignored (`nohup`) stays ignored.
"""

import asyncio
import signal
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import Any, TypeVar

from asgwarm.errors import AsgwarmError

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

T = TypeVar("T")


class Interrupted(BaseException):
    """A signal asked us to end; not an Exception, so that nothing swallows it."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum

    @property
    def exit_code(self) -> int:
        """128 plus the signal's number, as shells have it."""
        return 128 + self.signum


def install() -> None:
    """Turn the ending signals into Interrupted in blocking code."""
    for signum in ENDING:
        if signal.getsignal(signum) is not signal.SIG_IGN:
            signal.signal(signum, _raise)


def _raise(signum: int, _frame: FrameType | None) -> None:
    raise Interrupted(signum)


def run_async(main: Coroutine[Any, Any, T]) -> T:
    """Run *main* to its end; an ending signal cancels it and is then raised.

    Raises:
        Interrupted: A signal arrived, and *main* has put right what it had begun.
            An error of ours that this met on its way is its cause.
    """
    received: list[int] = []
    try:
        result = asyncio.run(_watched(main, received))
    except (asyncio.CancelledError, AsgwarmError) as error:
        if received:
            raise Interrupted(received[0]) from error
        raise
    finally:
        install()  # the closing loop has put back the system's handlers
    if received:
        raise Interrupted(received[0])
    return result


class _Threads(ThreadPoolExecutor):
    """Threads of blocking calls, which are left alone once a signal was received."""

    def __init__(self, received: list[int]) -> None:
        super().__init__(thread_name_prefix="call")
        self._received = received

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        left_alone = bool(self._received)
        super().shutdown(
            wait=wait and not left_alone, cancel_futures=cancel_futures or left_alone
        )


async def _watched(main: Coroutine[Any, Any, T], received: list[int]) -> T:
    loop = asyncio.get_running_loop()
    loop.set_default_executor(_Threads(received))
    task = asyncio.current_task()

    def stop(signum: int) -> None:
        received.append(signum)
        if task is not None:
            task.cancel()

    for signum in ENDING:
        if signal.getsignal(signum) is not signal.SIG_IGN:
            loop.add_signal_handler(signum, stop, signum)
    return await main
