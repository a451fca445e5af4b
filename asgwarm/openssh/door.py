"""Where ssh finds the key and the host key of one handshake.

ssh reads both by the name that it was given, and has no other way to tell two of
itself apart. So handshakes of one name come one after the other.

Rule 1: the folder is its owner's alone, and so is what is in it.
Rule 2: what was put there is gone when the handshake is over; what a killed proxy has
left behind is replaced by the next one.
"""

import asyncio
import fcntl
import os
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from asgwarm import config
from asgwarm.errors import ConfigError, WaitTimeout
from asgwarm.openssh.key_agent import KeyAgent

KNOWN = ".known"  # what the file with the host key is called behind the host's name
_LOCK = ".lock"
LONGEST = 103  # bytes of a socket's path; macOS has the smaller limit, 104 with the NUL
_LOOK_AGAIN_S = 0.02
TURN_TIMEOUT_S = 90.0  # a claim may have to wait for an instance


def folder(env: Mapping[str, str]) -> Path:
    """Return where the sockets of this environment's user are."""
    run = env.get("XDG_RUNTIME_DIR", "")
    if run.startswith("/"):
        return Path(run) / "asgwarm" / "ssh"
    return config.state_dir(env) / "ssh"


def check_length(path: Path) -> None:
    """Return if a socket may have that path.

    Raises:
        ConfigError: It is too long for this system.
    """
    if len(os.fsencode(path)) > LONGEST:
        raise ConfigError(
            f"{path} is too long for a socket: {LONGEST} bytes is the most",
            hint="export XDG_RUNTIME_DIR=/run/user/$(id -u)",
        )


@asynccontextmanager
async def held_open(
    place: Path, host: str, agent: KeyAgent, host_key: str
) -> AsyncIterator[None]:
    """Offer *agent* and *host_key* to the ssh that was started for *host*.

    Waits for handshakes of the same name that are under way.

    Args:
        place: A folder that was prepared.

    Raises:
        WaitTimeout: It never was this one's turn.
    """
    socket_path, known = place / host, place / (host + KNOWN)
    async with turn(place, host):
        _write_private(known, f"* {host_key}\n")
        socket_path.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(agent.serve, socket_path)
        try:
            yield
        finally:
            server.close()
            socket_path.unlink(missing_ok=True)
            known.unlink(missing_ok=True)


def prepare(place: Path, host: str) -> None:
    """Make the folder where ssh looks for the key of *host*, or find it.

    Raises:
        ConfigError: It cannot be used, or is not its user's alone.
    """
    check_length(place / host)
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        about = place.stat()
    except OSError as error:
        raise ConfigError(
            f"{place} cannot be made: {error.strerror}", hint="asgwarm ssh-config"
        ) from error
    if about.st_uid != os.geteuid() or about.st_mode & 0o077:
        raise ConfigError(
            f"{place} is open to others or somebody else's", hint=f"ls -ld {place}"
        )


@asynccontextmanager
async def turn(place: Path, what: str) -> AsyncIterator[None]:
    """Wait until nobody else of this user does *what*, and keep others from it.

    Raises:
        WaitTimeout: It never was this one's turn.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
    handle = os.open(place / (what + _LOCK), flags, 0o600)
    with os.fdopen(handle, "r+b"):  # whose closing gives the lock up
        try:
            async with asyncio.timeout(TURN_TIMEOUT_S):
                await _until_locked(handle)
        except TimeoutError as error:
            raise WaitTimeout(
                f"others on their way to {what} took {TURN_TIMEOUT_S:g} s",
                hint="run the same command again",
            ) from error
        yield


async def _until_locked(handle: int) -> None:
    while True:  # a lock of files has nothing that could be waited for
        if _is_locked(handle):
            return
        await asyncio.sleep(_LOOK_AGAIN_S)


def _is_locked(handle: int) -> bool:
    """Try to lock an open file; whether that worked."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write_private(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
    Path(name).replace(path)
