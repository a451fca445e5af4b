"""A command's coroutine, run to its end or until a signal ends it.

Rule 1: the signal cancels the coroutine, which puts right what it had begun; only
then is the signal raised.
Rule 2: after a signal no call that is still waiting for its answer is waited for.
"""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from asgwarm.cli.signals import ENDING, Interrupted, install
from asgwarm.errors import AsgwarmError

T = TypeVar("T")
Listen = Callable[[Callable[[int], None]], None]


def run(main: Coroutine[Any, Any, T]) -> T:
    """Return what *main* returns; an ending signal cancels it and is then raised.

    Raises:
        Interrupted: A signal arrived, and *main* has put right what it had begun.
            An error of ours that this met on its way is its cause.
    """
    try:
        with asyncio.Runner() as runner:
            return run_in(runner, main, _by_signals)
    finally:
        install()  # the closing loop has put back the system's handlers


def run_in(runner: asyncio.Runner, main: Coroutine[Any, Any, T], listen: Listen) -> T:
    """Return and raise as `run`, on a loop that may be used before and after.

    Args:
        listen: Told on the loop whom to call with the number of a signal.
    """
    received: list[int] = []
    try:
        result = runner.run(_watched(main, received, listen))
    except (asyncio.CancelledError, AsgwarmError) as error:
        if received:
            raise Interrupted(received[0]) from error
        raise
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


async def _watched(
    main: Coroutine[Any, Any, T], received: list[int], listen: Listen
) -> T:
    asyncio.get_running_loop().set_default_executor(_Threads(received))
    task = asyncio.current_task()

    def stop(signum: int) -> None:
        received.append(signum)
        if task is not None:
            task.cancel()

    listen(stop)
    return await main


def _by_signals(stop: Callable[[int], None]) -> None:
    loop = asyncio.get_running_loop()
    for signum in ENDING:
        if signal.getsignal(signum) is not signal.SIG_IGN:
            loop.add_signal_handler(signum, stop, signum)
