"""What a command that a program runs reads: nothing, bytes, text, or a file.

Rule 1: a file with a descriptor is read from there, as subprocess does it: what Python
has read ahead of it is not sent.
Rule 2: a command that ends early leaves the rest unread, which is no error.
"""

import asyncio
from collections.abc import Awaitable, Callable
from io import UnsupportedOperation
from typing import Protocol, TypeAlias

from asgwarm.connect.beside import at_once
from asgwarm.connect.remote import READ_BYTES, Remote, feed


class Readable(Protocol):
    """A file of bytes or of text."""

    def read(self, size: int, /) -> bytes | str:
        """Read up to *size*; what is empty is the end."""


Source: TypeAlias = bytes | str | Readable | None


async def pour(
    source: Source,
    remote: Remote,
    *,
    before: bytes = b"",
    may_send: Callable[[], Awaitable[object]] = at_once,
) -> None:
    """Send *before*, then what *source* gives as UTF-8, then the end of input.

    Args:
        may_send: Awaited before anything is sent.
    """
    try:
        if before:
            await may_send()
            await remote.send(before)
        if source is not None and not isinstance(source, bytes | str):
            await _read(source, remote, may_send)
            return
        data = _encoded(source or b"")
        for at in range(0, len(data), READ_BYTES):
            await may_send()
            await remote.send(data[at : at + READ_BYTES])
    except BrokenPipeError:
        return
    except Exception:
        remote.leave()  # a command whose input never ends may never end either
        raise
    remote.send_eof()


async def _read(
    file: Readable, remote: Remote, may_send: Callable[[], Awaitable[object]]
) -> None:
    try:
        fd: int = file.fileno()  # type: ignore[attr-defined]  # not every file has one
    except (AttributeError, UnsupportedOperation):
        while data := await asyncio.to_thread(file.read, READ_BYTES):
            await may_send()
            await remote.send(_encoded(data))
        remote.send_eof()
    else:
        await feed(fd, remote, may_send=may_send)


def _encoded(data: bytes | str) -> bytes:
    return data.encode() if isinstance(data, str) else data
