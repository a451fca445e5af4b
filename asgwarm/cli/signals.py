"""Signals as exceptions, so that what was begun is put right before we leave.

Rule 1: Ctrl-C, SIGTERM and SIGHUP end a run with 130, 143 and 129, after an attempt
to release. A second signal cuts that attempt short.
Rule 2: a signal that the parent had ignored (`nohup`) stays ignored.
"""

import signal
from collections.abc import Coroutine
from types import FrameType
from typing import Any, TypeVar

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
    """Run *main* to its end; see `running.run`, which is loaded when it is needed."""
    from asgwarm.cli.running import run

    return run(main)
