"""The side of a copy that is this computer.

Rule: below its base no link is followed, not even one that an earlier copy has made:
every folder on the way is opened by its name in the one above it.
"""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TypeVar

from asgwarm.errors import TransferFailed
from asgwarm.files.sides import (
    MODES,
    Entry,
    Kind,
    Listing,
    Unreadable,
    check_size,
    joined,
    kind_of,
)

T = TypeVar("T")

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_NO_LINK = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK  # nor wait for a pipe's writer
_HASHED_BYTES = 1 << 20


class LocalSide:
    """This computer's files below *base*, which is opened as it is spelt."""

    block_bytes = 1 << 20

    def __init__(self, base: bytes) -> None:
        self._base = base or b"."

    async def listing(self, path: bytes) -> Listing:
        """Return what is at *path* and below."""
        return await self._do(path, self._list, path)

    @asynccontextmanager
    async def reading(self, path: bytes) -> AsyncIterator["_File"]:
        """Open a file; raises Unreadable where that cannot be."""
        try:
            fd = await asyncio.to_thread(self._open, path, os.O_RDONLY)
        except OSError as error:
            raise Unreadable(_said(path, error), hint="ls -l") from error
        async with _closed(fd):
            yield _File(fd, path)

    @asynccontextmanager
    async def writing(self, path: bytes, *, keep: bool) -> AsyncIterator["_File"]:
        """Open a file for its owner alone."""
        flags = os.O_RDWR | os.O_CREAT
        fd = await self._do(path, self._open, path, flags)
        async with _closed(fd):
            if not keep:
                await self._do(path, os.ftruncate, fd, 0)
            yield _File(fd, path)

    async def look(self, path: bytes) -> Entry | None:
        """Return what is at *path*, following no link."""
        try:
            return await asyncio.to_thread(self._look, path, path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _failed(path, error) from error

    async def sha256(self, path: bytes, size: int) -> str | None:
        """Return the checksum of the first *size* bytes; None where none may read."""
        return await self._do(path, self._sha256, path, size)

    async def make_folder(self, path: bytes) -> None:
        """Make a folder that may be filled, or find it."""
        await self._do(path, self._make_folder, path)

    async def dress(self, path: bytes, entry: Entry) -> None:
        """Give a file or folder the mode and times of *entry*."""
        await self._do(path, self._dress, path, entry)

    async def make_link(self, path: bytes, link: bytes) -> None:
        """Make a link that says *link*, in the place of an earlier one."""
        await self._do(path, self._make_link, path, link)

    async def rename(self, path: bytes, to: bytes) -> None:
        """Give it another name, in the place of a file that has it."""
        await self._do(to, self._rename, path, to)

    async def remove(self, path: bytes) -> None:
        """Remove a file."""
        await self._do(path, self._remove, path)

    async def _do(self, path: bytes, what: Callable[..., T], *about: object) -> T:
        try:
            return await asyncio.to_thread(what, *about)
        except OSError as error:
            raise _failed(path, error) from error

    @contextmanager
    def _inside(self, path: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield the folder that holds *path*, and the name that it has there."""
        *folders, name = path.split(b"/")
        fd = os.open(self._base, _FOLDER)
        try:
            for folder in folders:
                inner = os.open(folder, _FOLDER | os.O_NOFOLLOW, dir_fd=fd)
                os.close(fd)
                fd = inner
            yield fd, name or b"."
        finally:
            os.close(fd)

    def _open(self, path: bytes, flags: int) -> int:
        with self._inside(path) as (folder, name):
            fd = os.open(name, flags | _NO_LINK, 0o600, dir_fd=folder)
        if kind_of(os.fstat(fd).st_mode) is not Kind.FILE:
            os.close(fd)
            raise OSError(0, "no regular file")
        return fd

    def _look(self, path: bytes, shown: bytes) -> Entry:
        with self._inside(path) as (folder, name):
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
            kind = kind_of(found.st_mode)
            link = os.readlink(name, dir_fd=folder) if kind is Kind.LINK else b""
        return Entry(
            path=shown,
            kind=kind,
            size=found.st_size if kind is Kind.FILE else 0,
            mode=found.st_mode & MODES,
            atime_s=int(found.st_atime),
            mtime_s=int(found.st_mtime),
            link=link,
        )

    def _list(self, path: bytes) -> Listing:
        found = Listing(entries=[self._look(path, b"")], left_out=[])
        for entry in found.entries:  # grows behind the one that is looked at
            if entry.kind is Kind.FOLDER:
                self._list_folder(path, entry.path, found)
        return found

    def _list_folder(self, path: bytes, below: bytes, found: Listing) -> None:
        try:
            names = self._names(joined(path, below))
        except PermissionError as error:
            found.left_out.append(_said(below, error))
            return
        for name in names:
            inner = joined(below, name)
            with suppress(FileNotFoundError):  # removed meanwhile
                entry = self._look(joined(path, inner), inner)
                if entry.kind is Kind.OTHER:
                    found.left_out.append(f"{os.fsdecode(inner)}: no regular file")
                else:
                    found.entries.append(entry)
            check_size(found.entries, inner)

    def _names(self, path: bytes) -> list[bytes]:
        with self._inside(joined(path, b".")) as (folder, _):
            return sorted(os.fsencode(name) for name in os.listdir(folder))  # noqa: PTH208  # by its descriptor

    def _sha256(self, path: bytes, size: int) -> str | None:
        digest = hashlib.sha256()
        try:
            fd = self._open(path, os.O_RDONLY)
        except PermissionError:
            return None
        try:
            for offset in range(0, size, _HASHED_BYTES):
                digest.update(os.pread(fd, min(_HASHED_BYTES, size - offset), offset))
        finally:
            os.close(fd)
        return digest.hexdigest()

    def _make_folder(self, path: bytes) -> None:
        with self._inside(path) as (folder, name):
            with suppress(FileExistsError):
                os.mkdir(name, 0o700, dir_fd=folder)
            fd = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
            try:
                mode = os.fstat(fd).st_mode & MODES
                if mode & 0o700 != 0o700:
                    os.fchmod(fd, mode | 0o700)
            finally:
                os.close(fd)

    def _dress(self, path: bytes, entry: Entry) -> None:
        with self._inside(path) as (folder, name):
            fd = os.open(name, os.O_RDONLY | _NO_LINK, dir_fd=folder)
            try:
                os.utime(fd, (entry.atime_s, entry.mtime_s))
                os.fchmod(fd, entry.mode)
            finally:
                os.close(fd)

    def _make_link(self, path: bytes, link: bytes) -> None:
        with self._inside(path) as (folder, name):
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=folder)
            os.symlink(link, name, dir_fd=folder)

    def _rename(self, path: bytes, to: bytes) -> None:
        with (
            self._inside(path) as (folder, name),
            self._inside(to) as (other, wanted),
        ):
            os.rename(name, wanted, src_dir_fd=folder, dst_dir_fd=other)

    def _remove(self, path: bytes) -> None:
        with self._inside(path) as (folder, name):
            os.unlink(name, dir_fd=folder)


class _File:
    """An open file of this computer's."""

    def __init__(self, fd: int, path: bytes) -> None:
        self._fd = fd
        self._path = path
        self._in_order = asyncio.Lock()

    async def read(self, offset: int, size: int) -> bytes:
        """Return so many bytes, fewer only at the end of the file."""
        return await self._do(os.pread, self._fd, size, offset)

    async def write(self, offset: int, data: bytes) -> None:
        """Write all of *data*, after what was to be written before."""
        view = memoryview(data)
        async with self._in_order:
            while view:
                written = await self._do(os.pwrite, self._fd, view, offset)
                view, offset = view[written:], offset + written

    async def _do(self, what: Callable[..., T], *about: object) -> T:
        try:
            return await asyncio.to_thread(what, *about)
        except OSError as error:
            raise _failed(self._path, error) from error


@asynccontextmanager
async def _closed(fd: int) -> AsyncIterator[None]:
    try:
        yield
    finally:
        os.close(fd)


def _said(path: bytes, error: OSError) -> str:
    return f"{os.fsdecode(path)}: {(error.strerror or str(error)).lower()}"


def _failed(path: bytes, error: OSError) -> TransferFailed:
    return TransferFailed(f"on this computer: {_said(path, error)}", hint="df -h .")
