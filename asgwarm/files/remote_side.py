"""The side of a copy that is an instance, over SFTP.

Rule 1: what an instance says is data: a name that is no single name ends the copy.
Rule 2: a broken connection is told from a file that cannot be had.
"""

import os
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace

import asyncssh

from asgwarm.domain.escape import printable
from asgwarm.errors import PathNotFound, SessionFailed, TransferFailed
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
from asgwarm.files.sums import Sums

_BLOCK_BYTES = 255 << 10  # sftp-server's own limit
_LARGEST_S = 0xFFFFFFFF  # SFTP's times have 32 bits
_CREATE = asyncssh.FXF_WRITE | asyncssh.FXF_CREAT
_BROKEN = (
    asyncssh.SFTPConnectionLost,
    asyncssh.SFTPNoConnection,
    asyncssh.DisconnectError,
    asyncssh.ChannelOpenError,
    ConnectionError,
)
_MISSING = (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath)


class RemoteSide:
    """An instance's files below *base*; an empty one is the user's home."""

    def __init__(self, sftp: asyncssh.SFTPClient, told: Sums, base: bytes) -> None:
        self._sftp = sftp
        self._told = told
        self._base = base
        limits = sftp.limits
        self.block_bytes = min(_BLOCK_BYTES, limits.max_read_len, limits.max_write_len)

    async def listing(self, path: bytes) -> Listing:
        """Return what is at *path*, which may be a link to it, and below."""
        with _named(path):
            try:
                root = _entry(b"", await self._sftp.stat(self._at(path)))
            except _MISSING as error:
                raise PathNotFound(
                    f"the instance has no {_shown(path)}", hint="asgwarm connect LEASE"
                ) from error
        found = Listing(entries=[root], left_out=[])
        for entry in found.entries:  # grows behind the one that is looked at
            if entry.kind is Kind.FOLDER:
                await self._list_folder(path, entry.path, found)
        return found

    @asynccontextmanager
    async def reading(self, path: bytes) -> AsyncIterator["_File"]:
        """Open a file; raises Unreadable where that cannot be."""
        try:
            with _named(path):
                file = await self._sftp.open(
                    self._at(path), asyncssh.FXF_READ, encoding=None, block_size=-1
                )
        except TransferFailed as error:
            raise Unreadable(error.message, hint=error.hint) from error
        async with _closed(file):
            yield _File(file, path)

    @asynccontextmanager
    async def writing(self, path: bytes, *, keep: bool) -> AsyncIterator["_File"]:
        """Open a file for its owner alone."""
        with _named(path):
            file = await self._sftp.open(
                self._at(path),
                _CREATE if keep else _CREATE | asyncssh.FXF_TRUNC,
                asyncssh.SFTPAttrs(permissions=0o600),
                encoding=None,
                block_size=-1,
            )
        async with _closed(file):
            yield _File(file, path)

    async def look(self, path: bytes) -> Entry | None:
        """Return what is at *path*, following no link."""
        with _named(path):
            try:
                found = _entry(path, await self._sftp.lstat(self._at(path)))
            except _MISSING:
                return None
            return await self._with_link(found, path)

    async def sha256(self, path: bytes, size: int) -> str | None:
        """Return the checksum of the first *size* bytes; None when unknown."""
        return await self._told.sha256(self._at(path), size)

    async def make_folder(self, path: bytes) -> None:
        """Make a folder that may be filled, or find it."""
        with _named(path):
            try:
                await self._sftp.mkdir(self._at(path), _mode(0o700))
            except asyncssh.SFTPError:
                found = await self._sftp.lstat(self._at(path))
                mode = found.permissions or 0
                if not stat.S_ISDIR(mode):
                    raise
                if mode & 0o700 != 0o700:
                    await self._sftp.setstat(
                        self._at(path), _mode(mode & MODES | 0o700)
                    )

    async def dress(self, path: bytes, entry: Entry) -> None:
        """Give a file or folder the mode and times of *entry*."""
        times = [min(max(s, 0), _LARGEST_S) for s in (entry.atime_s, entry.mtime_s)]
        attrs = asyncssh.SFTPAttrs(
            permissions=entry.mode & MODES, atime=times[0], mtime=times[1]
        )
        with _named(path):
            await self._sftp.setstat(self._at(path), attrs)

    async def make_link(self, path: bytes, link: bytes) -> None:
        """Make a link that says *link*, in the place of an earlier one."""
        with _named(path):
            with suppress(*_MISSING):
                await self._sftp.remove(self._at(path))
            await self._sftp.symlink(link, self._at(path))

    async def rename(self, path: bytes, to: bytes) -> None:
        """Give it another name, in the place of a file that has it."""
        with _named(to):
            await self._sftp.posix_rename(self._at(path), self._at(to))

    async def remove(self, path: bytes) -> None:
        """Remove a file."""
        with _named(path):
            await self._sftp.remove(self._at(path))

    def _at(self, path: bytes) -> bytes:
        separator = b"" if self._base.endswith(b"/") or not self._base else b"/"
        return self._base + separator + path if path else self._base or b"."

    async def _list_folder(self, path: bytes, below: bytes, found: Listing) -> None:
        entries = []
        try:
            async for name in self._sftp.scandir(self._at(joined(path, below))):
                if name.filename not in (b".", b".."):
                    inner = joined(below, _checked(name.filename))
                    entries.append(_entry(inner, name.attrs))
                    check_size(entries, inner)
        except asyncssh.SFTPPermissionDenied:
            found.left_out.append(f"{_shown(below)}: permission denied")
        except (asyncssh.Error, OSError) as error:
            raise _failed(joined(path, below), error) from error
        for entry in sorted(entries, key=lambda entry: entry.path):
            await self._note(path, entry, found)

    async def _note(self, path: bytes, entry: Entry, found: Listing) -> None:
        if entry.kind is Kind.OTHER:
            found.left_out.append(f"{_shown(entry.path)}: no regular file")
            return
        with _named(entry.path):
            found.entries.append(await self._with_link(entry, joined(path, entry.path)))
        check_size(found.entries, entry.path)

    async def _with_link(self, entry: Entry, path: bytes) -> Entry:
        if entry.kind is not Kind.LINK:
            return entry
        link = await self._sftp.readlink(self._at(path))
        return replace(entry, link=os.fsencode(link))


class _File:
    """An open file of an instance's."""

    def __init__(self, file: asyncssh.SFTPClientFile, path: bytes) -> None:
        self._file = file
        self._path = path

    async def read(self, offset: int, size: int) -> bytes:
        """Return so many bytes, fewer only at the end of the file."""
        with _named(self._path):
            data: bytes = await self._file.read(size, offset)
            return data

    async def write(self, offset: int, data: bytes) -> None:
        """Write all of *data*."""
        with _named(self._path):
            await self._file.write(data, offset)


@asynccontextmanager
async def _closed(file: asyncssh.SFTPClientFile) -> AsyncIterator[None]:
    try:
        yield
    finally:
        with suppress(asyncssh.Error, OSError):
            await file.close()


@contextmanager
def _named(path: bytes) -> Iterator[None]:
    """Name what goes wrong with *path*."""
    try:
        yield
    except (asyncssh.Error, OSError) as error:
        raise _failed(path, error) from error


def _failed(path: bytes, error: Exception) -> SessionFailed | TransferFailed:
    reason = printable(str(error)[:200]) or type(error).__name__
    if isinstance(error, _BROKEN):
        return SessionFailed(
            f"the connection broke at {_shown(path)}: {reason}",
            hint="run the same command again, which goes on from there",
        )
    return TransferFailed(
        f"on the instance: {_shown(path)}: {reason}", hint="asgwarm connect LEASE"
    )


def _checked(name: object) -> bytes:
    if isinstance(name, bytes) and name and b"/" not in name and b"\0" not in name:
        return name
    raise TransferFailed(
        f"the instance lists a file named {name!r}, which would be elsewhere",
        hint="asgwarm connect LEASE",
    )


def _entry(path: bytes, attrs: asyncssh.SFTPAttrs) -> Entry:
    mode = attrs.permissions or 0
    return Entry(
        path=path,
        kind=kind_of(mode),
        size=attrs.size or 0 if stat.S_ISREG(mode) else 0,
        mode=mode & MODES,
        atime_s=attrs.atime or 0,
        mtime_s=attrs.mtime or 0,
    )


def _mode(mode: int) -> asyncssh.SFTPAttrs:
    return asyncssh.SFTPAttrs(permissions=mode)


def _shown(path: bytes) -> str:
    return os.fsdecode(path) or "."
