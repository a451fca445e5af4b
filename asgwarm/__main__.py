"""`asgwarm` and `python -m asgwarm`."""

import os
import sys
from contextlib import suppress
from typing import NoReturn

_STREAMS = (
    ("stdin", os.O_RDONLY, "r"),
    ("stdout", os.O_WRONLY, "w"),
    ("stderr", os.O_WRONLY, "w"),
)
_SIGNALLED = (129, 130, 143)  # SIGHUP, SIGINT, SIGTERM


def main() -> None:
    """Run the command line and leave with its exit code."""
    _open_streams()
    from asgwarm.cli.main import run

    code = run(sys.argv[1:])
    if code in _SIGNALLED:
        _leave_at_once(code)
    sys.exit(code)


def _leave_at_once(code: int) -> NoReturn:
    """End without waiting for threads, one of which may wait for an answer."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
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
