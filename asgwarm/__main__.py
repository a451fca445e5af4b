"""`asgwarm` and `python -m asgwarm`."""

import gc
import os
import sys

TYPE_CHECKING = False  # that of `typing` takes longer to load than an agent's front
if TYPE_CHECKING:
    from typing import NoReturn

_STREAMS = (
    ("stdin", os.O_RDONLY, "r"),
    ("stdout", os.O_WRONLY, "w"),
    ("stderr", os.O_WRONLY, "w"),
)
# Allocations between two looks for garbage: what lives for a moment leaves none, and
# looking takes a tenth of that moment.
_COLLECT_AFTER = 200_000
# How long a thread keeps the interpreter while another one waits for it, which has an
# answer of AWS's to act on; usually 5 ms, several times in a `get`.
_TURN_S = 0.0005


def main() -> "NoReturn":
    """Run the command line and leave with its exit code."""
    _open_streams()
    _ask_agent()
    gc.set_threshold(_COLLECT_AFTER)
    sys.setswitchinterval(_TURN_S)
    from asgwarm.cli.main import run

    _leave_at_once(run(sys.argv[1:]))


def _ask_agent() -> None:
    """Leave with the exit code of a command line that the user's agent has run.

    Returns where it did not begin to: no agent, or nothing for one.
    """
    from asgwarm.agent import front

    words = sys.argv[1:]
    try:
        code = front.run(words)
        if code is None and front.asks_for_one(words):
            from asgwarm.agent import persisting

            code = persisting.run(words)
    except front.AgentDied:
        from asgwarm.agent import persisting

        code = persisting.died(words)
    if code is not None:
        os._exit(code)


def _leave_at_once(code: int) -> "NoReturn":
    """End without taking modules apart, and without waiting for threads.

    The one takes a tenth of a second, and of the others one may wait for an answer.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            code = code or 1  # what was said did not arrive
    os._exit(code)


def _open_streams() -> None:
    """Put /dev/null where the caller left a standard stream closed.

    Otherwise the next file or socket would get its number, and our output with it.
    """
    for fd, (name, flags, mode) in enumerate(_STREAMS):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, flags)  # the lowest free number, which is this one
            setattr(sys, name, open(fd, mode, encoding="utf-8"))  # noqa: SIM115, PTH123  # for as long as the process


if __name__ == "__main__":
    main()
