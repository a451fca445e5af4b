"""The agent as a background process: started, found, told to stop, asked.

Rule 1: a folder of the user's alone has at most one; it holds a lock for as long as it
lives, and the kernel lets go of it whatever ends it.
Rule 2: nothing secret is written anywhere: settings travel over the socket, and the
environment is inherited.
"""

import fcntl
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from asgwarm.agent import front
from asgwarm.agent.where import LOCK, LOG, STARTING, folder
from asgwarm.errors import ConfigError, WaitTimeout

READY = b"ready"
ANSWER_S = 20.0


def start(env: Mapping[str, str]) -> bool:
    """Start the user's agent; returns whether it was not running.

    Raises:
        ConfigError: The agent's folder cannot be used.
        WaitTimeout: It ended before it listened; the message says why.
    """
    place = Path(folder(env))
    _make_private(place)
    with _alone(place / STARTING):
        if ask("status", env) is not None:
            return False
        _spawn(place, env)
    return True


def ask(
    kind: str, env: Mapping[str, str], wanted: Mapping[str, Any] | None = None
) -> dict[str, Any] | None:
    """Return what the agent answers; None when there is none that understands."""
    try:
        sock = front.call(env)
        if sock is None:
            return None
        with socket.socket(fileno=sock.detach()) as line:
            line.settimeout(ANSWER_S)
            front.send(line, front.message(kind.encode(), [json.dumps(wanted)], env))
            parts = b"".join(iter(lambda: line.recv(1 << 16), b""))
    except OSError:
        return None
    return json.loads(parts) if parts else None


def await_end(env: Mapping[str, str]) -> None:
    """Return when the user's agent has ended."""
    with _alone(Path(folder(env)) / LOCK):
        return


def _make_private(place: Path) -> None:
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = place.lstat()
    except OSError as error:
        raise ConfigError(
            f"{place} cannot be made: {error.strerror}", hint=f"ls -ld {place.parent}"
        ) from error
    if found.st_uid != os.getuid() or found.st_mode & 0o170077 != 0o040000:
        raise ConfigError(
            f"{place} is not a folder of yours alone", hint=f"chmod 700 {place}"
        )


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _spawn(place: Path, env: Mapping[str, str]) -> None:
    """Start the process; return when it listens."""
    said, saying = os.pipe()
    package = str(Path(__file__).resolve().parents[2])  # installed or from a checkout
    try:
        with open(place / LOG, "wb", opener=_private) as log:  # 0600
            process = subprocess.Popen(  # noqa: S603  # our own interpreter
                [sys.executable, "-P", "-m", "asgwarm.agent", str(place), str(saying)],
                env={**env, "PYTHONPATH": package},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[saying],
                start_new_session=True,
            )
    finally:
        os.close(saying)
    with open(said, "rb") as pipe:  # noqa: PTH123  # a descriptor
        if pipe.read() != READY:
            _failed(place, process)


def _failed(place: Path, process: "subprocess.Popen[bytes]") -> None:
    code = process.wait()
    lines = (place / LOG).read_text(errors="replace").strip().splitlines()
    why = lines[-1] if lines else f"it ended with {code}"
    raise WaitTimeout(f"the agent did not start: {why}", hint=f"tail {place / LOG}")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
