"""A pseudo-terminal whose other end is the controlling terminal of a child."""

import asyncio
import contextlib
import fcntl
import os
import pty
import struct
import termios
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Any, Self

_CHUNK_BYTES = 65_536
_END_OF_INPUT = b"\x04"  # Ctrl-D


class Terminal:
    """Both ends until the child has its own, then ours; closed on leaving `with`."""

    def __init__(self, size: tuple[int, ...]) -> None:
        self._ours, self._theirs = pty.openpty()
        os.set_blocking(self._ours, False)
        self.resize(size)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.child_has_it()
        os.close(self._ours)

    def for_child(self) -> dict[str, Any]:
        """Arguments that start a child on this terminal."""
        return {
            "stdin": self._theirs,
            "stdout": self._theirs,
            "stderr": self._theirs,
            # The terminal becomes the session's own, so that Ctrl-C reaches it.
            "preexec_fn": partial(fcntl.ioctl, 0, termios.TIOCSCTTY, 0),
        }

    def child_has_it(self) -> None:
        """Close the child's end on our side."""
        if self._theirs >= 0:
            os.close(self._theirs)
            self._theirs = -1

    async def read(self) -> bytes:
        """What the child wrote; empty once nobody holds the other end."""
        loop = asyncio.get_running_loop()
        await _ready(loop.add_reader, loop.remove_reader, self._ours)
        try:
            return os.read(self._ours, _CHUNK_BYTES)
        except OSError:  # Linux says EIO, macOS gives nothing
            return b""

    async def write(self, data: bytes) -> None:
        """Type *data* on the child's terminal."""
        loop = asyncio.get_running_loop()
        while data:
            await _ready(loop.add_writer, loop.remove_writer, self._ours)
            with contextlib.suppress(BlockingIOError):
                data = data[os.write(self._ours, data) :]

    def end_of_input(self) -> None:
        """Say that nothing more will be typed."""
        with contextlib.suppress(OSError):
            os.write(self._ours, _END_OF_INPUT)

    def resize(self, size: tuple[int, ...]) -> None:
        """Set the window to (columns, rows, width, height)."""
        columns, rows, width, height = (*size, 0, 0, 0, 0)[:4]
        packed = struct.pack("HHHH", rows, columns, width, height)
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, packed)


async def _ready(
    add: Callable[..., object], remove: Callable[[int], object], fd: int
) -> None:
    ready = asyncio.Event()
    add(fd, ready.set)
    try:
        await ready.wait()
    finally:
        remove(fd)
