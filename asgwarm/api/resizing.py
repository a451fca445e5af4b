"""New sizes of a terminal, for a loop that is in no main thread.

Rule: only the main thread is told of SIGWINCH, and there the caller waits; so the size
is looked at now and then.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator

from asgwarm.connect import terminal

LOOK_S = 0.3


@contextlib.contextmanager
def watched(fd: int, callback: Callable[[], None]) -> Iterator[None]:
    """Call *callback* on the loop when the terminal at *fd* has changed its size."""
    watching = asyncio.get_running_loop().create_task(_watch(fd, callback))
    try:
        yield
    finally:
        watching.cancel()


async def _watch(fd: int, callback: Callable[[], None]) -> None:
    seen = terminal.size(fd)
    while True:
        await asyncio.sleep(LOOK_S)
        with contextlib.suppress(OSError):  # it is gone, which its reader notices
            now = terminal.size(fd)
            if now != seen:
                seen = now
                callback()
