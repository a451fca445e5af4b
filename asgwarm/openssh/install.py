"""Our part of a user's ssh configuration: a file of ours, and one line in theirs.

Rule 1: theirs loses nothing, is replaced as a whole, and keeps its mode and whatever
links lead to it.
Rule 2: doing it twice does it once; taking it back leaves the bytes that were there.
"""

import os
import tempfile
from pathlib import Path

from asgwarm.errors import ConfigError


def include_line(ours: Path) -> bytes:
    """Return the line that brings the file *ours* in."""
    return b'Include "' + os.fsencode(ours) + b'"\n'


def install(ours: Path, text: str, theirs: Path) -> None:
    """Write our file, and have it included before everything else of theirs.

    Raises:
        ConfigError: A file cannot be read or written.
    """
    if '"' in str(ours):
        raise ConfigError(
            f"{ours} has a quote in it, which ssh cannot read", hint="env | grep XDG"
        )
    try:
        ours.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _replace(ours, text.encode("utf-8", "surrogateescape"), mode=0o600)
        theirs.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        before = _read(theirs)
        line = include_line(ours)
        if not before.startswith(line):
            _replace(theirs, line + _without(before, line), mode=0o600)
    except OSError as error:
        raise _failed(error) from error


def uninstall(ours: Path, theirs: Path) -> bool:
    """Take both back; whether there was anything.

    A configuration that holds nothing else is removed, unless a link leads to it.

    Raises:
        ConfigError: A file cannot be read or written.
    """
    try:
        was_there = ours.exists()
        before = _read(theirs)
        after = _without(before, include_line(ours))
        if after != before:
            if after or theirs.is_symlink():
                _replace(theirs, after, mode=0o600)
            else:
                theirs.unlink()
        ours.unlink(missing_ok=True)
    except OSError as error:
        raise _failed(error) from error
    return was_there or after != before


def _without(text: bytes, line: bytes) -> bytes:
    return b"".join(each for each in text.splitlines(keepends=True) if each != line)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _replace(path: Path, text: bytes, *, mode: int) -> None:
    """Give the file that *path* leads to another content, in one step."""
    real = path.resolve()
    handle, name = tempfile.mkstemp(dir=real.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(text)
            _dress_as(real, stream.fileno(), mode)
            os.fsync(stream.fileno())
        Path(name).replace(real)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _dress_as(path: Path, handle: int, mode: int) -> None:
    """Give an open file the owner and mode of the one that it will replace."""
    try:
        about = path.stat()
    except FileNotFoundError:
        os.fchmod(handle, mode)
        return
    if os.geteuid() == 0:
        os.fchown(handle, about.st_uid, about.st_gid)
    os.fchmod(handle, about.st_mode & 0o7777)


def _failed(error: OSError) -> ConfigError:
    return ConfigError(
        f"the ssh configuration cannot be changed: {error}", hint="ls -ld ~/.ssh"
    )
