"""The two sides of a copy: what either of them is asked.

A path is of bytes and relative to the side's base: names are whatever bytes their
owners chose, and only the side itself knows where it is.
"""

import hashlib
import stat
from contextlib import AbstractAsyncContextManager
from enum import StrEnum
from typing import Protocol

from asgwarm.domain.value import value
from asgwarm.errors import TransferFailed

MODES = 0o777  # set-user-id and its like are not handed from machine to machine
DEEPEST = 200  # folders within folders
MOST = 1_000_000  # files in one copy; each takes some memory


class Kind(StrEnum):
    """What a path is."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    OTHER = "other"


@value
class Entry:
    """One file, folder or link; times are Unix seconds.

    Attributes:
        path: Below what was asked for; empty is that itself.
        link: What a link says.
    """

    path: bytes
    kind: Kind
    size: int = 0
    mode: int = 0o600
    atime_s: int = 0
    mtime_s: int = 0
    link: bytes = b""


@value
class Listing:
    """What is below a path, folders before what is in them.

    Attributes:
        left_out: A sentence for each part that is no file or cannot be read.
    """

    entries: list[Entry]
    left_out: list[str]


class Unreadable(TransferFailed):
    """A file of the source cannot be opened."""


class Reader(Protocol):
    """An open file of the source."""

    async def read(self, offset: int, size: int) -> bytes:
        """Return so many bytes, fewer only at the end of the file."""


class Writer(Protocol):
    """An open file of the destination."""

    async def write(self, offset: int, data: bytes) -> None:
        """Write all of *data*."""


class Source(Protocol):
    """Where files come from. Raises TransferFailed and SessionFailed throughout."""

    block_bytes: int  # the most that one read may ask for

    async def listing(self, path: bytes) -> Listing:
        """Return what is at *path*, which may be a link to it, and below."""

    def reading(self, path: bytes) -> AbstractAsyncContextManager[Reader]:
        """Open a file. Raises Unreadable where that cannot be."""

    async def sha256(self, path: bytes, size: int) -> str | None:
        """Return the checksum of the first *size* bytes; None when unknown."""


class Destination(Protocol):
    """Where files go. Raises TransferFailed and SessionFailed throughout."""

    block_bytes: int  # the most that one write may bring

    async def look(self, path: bytes) -> Entry | None:
        """Return what is at *path*, following no link."""

    async def make_folder(self, path: bytes) -> None:
        """Make a folder that may be filled, or find it."""

    def writing(
        self, path: bytes, *, keep: bool
    ) -> AbstractAsyncContextManager[Writer]:
        """Open a file, with *keep* that which is there, for its owner alone."""

    async def sha256(self, path: bytes, size: int) -> str | None:
        """Return the checksum of the first *size* bytes; None when unknown."""

    async def dress(self, path: bytes, entry: Entry) -> None:
        """Give a file or folder the mode and times of *entry*."""

    async def make_link(self, path: bytes, link: bytes) -> None:
        """Make a link that says *link*, in the place of an earlier one."""

    async def rename(self, path: bytes, to: bytes) -> None:
        """Give it another name, in the place of a file that has it."""

    async def remove(self, path: bytes) -> None:
        """Remove a file."""


def kind_of(mode: int) -> Kind:
    """Return what a file of that type and mode is."""
    if stat.S_ISREG(mode):
        return Kind.FILE
    if stat.S_ISDIR(mode):
        return Kind.FOLDER
    return Kind.LINK if stat.S_ISLNK(mode) else Kind.OTHER


def joined(*paths: bytes) -> bytes:
    """Return a path of parts, of which any may be empty."""
    return b"/".join(path for path in paths if path)


def part_of(path: bytes, origin: bytes = b"") -> bytes:
    """Return where a path's content is kept until it is complete.

    Args:
        origin: Where it comes from, if parts of other origins are to be others.
    """
    folder, slash, name = path.rpartition(b"/")
    whole = hashlib.sha256(name + b"\0" + origin).hexdigest()
    short = whole[:16].encode()  # as names have a limit
    return folder + slash + b".asgwarm-" + short + b".part"


def check_size(entries: list[Entry], path: bytes) -> None:
    """Return if a listing has not become too long or too deep.

    Raises:
        TransferFailed: It has.
    """
    if len(entries) > MOST or path.count(b"/") > DEEPEST:
        raise TransferFailed(
            f"there are more than {MOST:,} files or {DEEPEST} folders within folders",
            hint="pack them into one file first: tar -c",
        )
