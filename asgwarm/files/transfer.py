"""`put` and `fetch`: what a person or a program asks for.

Both name things as `cp -r` does: into a folder that is there, else under the name
that is given. A folder that is new appears under its name when it is complete.
"""

import os
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncssh

from asgwarm.domain.escape import printable
from asgwarm.domain.value import value
from asgwarm.errors import PathNotFound, SessionFailed, TransferFailed
from asgwarm.files.copying import Copying
from asgwarm.files.local_side import LocalSide
from asgwarm.files.progress import Copied, Meter, OnProgress, ignored
from asgwarm.files.remote_side import RemoteSide
from asgwarm.files.sides import Destination, Kind, Source, part_of
from asgwarm.files.sums import Sums, sums

Path = str | bytes | os.PathLike[str] | os.PathLike[bytes]

_NAMELESS = (b"", b".", b"..")


async def put(
    conn: asyncssh.SSHClientConnection,
    local: Path,
    remote: Path,
    *,
    on_progress: OnProgress = ignored,
) -> Copied:
    """Copy a file or folder of this computer to an instance.

    Repeated after an interruption it goes on where it was.

    Args:
        remote: Relative to the user's home; `~/` is understood. A folder that is
            there, or a name that ends in a slash, is what the copy goes into.
        on_progress: Called for every block that has arrived.

    Raises:
        PathNotFound: There is nothing at *local*.
        TransferFailed: Something cannot be read or written, or arrived otherwise.
        SessionFailed: The connection broke.
    """
    typed = os.fsencode(local)
    origin, meter = _local(typed), Meter(on_progress)
    async with _opened(conn) as (sftp, told):
        wanted = _from_home(os.fsencode(remote))
        place = _place(wanted, _name(typed), await _is_remote_folder(sftp, wanted))
        if place.make:
            await RemoteSide(sftp, told, b"").make_folder(wanted.rstrip(b"/"))
        to = RemoteSide(sftp, told, place.base)
        await _copy(origin, to, place.name, meter)
    return meter.copied()


async def fetch(
    conn: asyncssh.SSHClientConnection,
    remote: Path,
    local: Path,
    *,
    on_progress: OnProgress = ignored,
) -> Copied:
    """Copy a file or folder of an instance to this computer.

    Nothing is written outside *local*, whatever the instance says. Repeated after an
    interruption it goes on where it was.

    Args:
        remote: Relative to the user's home; `~/` is understood.
        local: A folder that is there, or a name that ends in a slash, is what the
            copy goes into.
        on_progress: Called for every block that has arrived.

    Raises:
        PathNotFound: There is nothing at *remote*.
        TransferFailed: Something cannot be read or written, or arrived otherwise.
        SessionFailed: The connection broke.
    """
    typed, wanted = _from_home(os.fsencode(remote)), os.fsencode(local)
    meter = Meter(on_progress)
    async with _opened(conn) as (sftp, told):
        place = _place(wanted, _name(typed), os.path.isdir(wanted))  # noqa: ASYNC240, PTH112  # one look, and bytes
        if place.make:
            parent, name = os.path.split(wanted.rstrip(b"/"))
            await LocalSide(parent).make_folder(name)
        origin = _remote(conn, sftp, told, typed)
        await _copy(origin, LocalSide(place.base), place.name, meter)
    return meter.copied()


@value
class _Origin:
    side: Source
    path: bytes
    identity: bytes  # tells it from others that are copied to the same place


def _local(typed: bytes) -> _Origin:
    try:
        real = os.path.realpath(typed, strict=True)
    except OSError as error:
        raise PathNotFound(
            f"there is no {os.fsdecode(typed)}: {(error.strerror or '').lower()}",
            hint="ls",
        ) from error
    base, path = os.path.split(real)
    return _Origin(side=LocalSide(base), path=path or b".", identity=real)


def _remote(
    conn: asyncssh.SSHClientConnection,
    sftp: asyncssh.SFTPClient,
    told: Sums,
    typed: bytes,
) -> _Origin:
    base, path = typed, _name(typed)
    if path:
        base, slash, _ = typed.rstrip(b"/").rpartition(b"/")
        base = base or slash
    peer = repr(conn.get_extra_info("peername")).encode()
    side = RemoteSide(sftp, told, base)
    return _Origin(side=side, path=path, identity=peer + typed)


async def _copy(origin: _Origin, to: Destination, name: bytes, meter: Meter) -> None:
    source, path = origin.side, origin.path
    listing = await source.listing(path)
    meter.left_out += listing.left_out
    meter.files = sum(entry.kind is not Kind.FOLDER for entry in listing.entries)
    meter.total_bytes = sum(entry.size for entry in listing.entries)
    copying, root = Copying(source, to, meter), listing.entries[0]
    if root.kind is Kind.OTHER:
        raise TransferFailed(
            f"{os.fsdecode(path)} is no regular file or folder", hint="ls -l"
        )
    there = await to.look(name) if name else None
    if root.kind is Kind.FILE or there is not None or not name:
        if root.kind is Kind.FOLDER and there and there.kind is not Kind.FOLDER:
            raise TransferFailed(
                f"{os.fsdecode(name)} is no folder there, and one here",
                hint="choose another destination",
            )
        await copying.copy(path, name, listing.entries, is_there=not name)
        return
    part = part_of(name, origin.identity)
    await copying.copy(path, part, listing.entries, is_there=False)
    await to.rename(part, name)


@value
class _Place:
    base: bytes
    name: bytes  # empty: the content goes into the base itself
    make: bool  # whether the base is to be made


def _place(wanted: bytes, name: bytes, is_folder: bool) -> _Place:
    """Return where something called *name* goes that is to be copied to *wanted*."""
    folder, slash, last = wanted.rpartition(b"/")
    if is_folder or last in _NAMELESS:
        return _Place(base=wanted, name=name, make=not is_folder)
    return _Place(base=folder or slash, name=last, make=False)


def _name(typed: bytes) -> bytes:
    """Return the name of what was typed; empty where it is only a place."""
    _, _, last = typed.rstrip(b"/").rpartition(b"/")
    return b"" if last in _NAMELESS else last


def _from_home(typed: bytes) -> bytes:
    """Return a path as SFTP has it, which knows no `~`."""
    if typed == b"~":
        return b""
    return typed[2:] if typed.startswith(b"~/") else typed


async def _is_remote_folder(sftp: asyncssh.SFTPClient, path: bytes) -> bool:
    try:
        found = await sftp.stat(path or b".")
    except asyncssh.SFTPError:
        return False
    return stat.S_ISDIR(found.permissions or 0)


@asynccontextmanager
async def _opened(
    conn: asyncssh.SSHClientConnection,
) -> AsyncIterator[tuple[asyncssh.SFTPClient, Sums]]:
    try:
        sftp = await conn.start_sftp_client(path_encoding=None)
    except (asyncssh.Error, OSError) as error:
        raise SessionFailed(
            f"the instance opens no SFTP session: {printable(str(error)[:200])}",
            hint="asgwarm connect LEASE",
        ) from error
    async with sftp, sums(conn) as told:
        yield sftp, told
