"""One request as the agent gets it, and what its front says and hears afterwards.

Rule: a request that is not whole, of this version and of this user is none.
"""

import asyncio
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from signal import SIGHUP, SIGWINCH
from types import MappingProxyType

import asgwarm
from asgwarm.agent.front import GO, YES
from asgwarm.agent.where import peer_uid
from asgwarm.connect.streams import Streams

LARGEST = 8 << 20  # argv and environment together; Linux lets a program have 6 MiB
TIMEOUT_S = 2.0
FDS = 3


class NotUnderstood(Exception):
    """It is no request of a front of ours."""


@dataclass(frozen=True, slots=True)
class Message:
    """What a front sent: where and with what it was started."""

    kind: str
    cwd: Path
    argv: tuple[str, ...]
    env: Mapping[str, str]


@dataclass(slots=True)
class Front:
    """The other end of one connection."""

    sock: socket.socket
    fds: tuple[int, ...] = ()  # its stdin, stdout and stderr, of a `get` that began

    def may_begin(self) -> bool:
        """Say that the command line can be run here; whether to begin with it."""
        with suppress(OSError):
            self.sock.sendall(YES)
            said, fds, _, _ = socket.recv_fds(self.sock, len(GO), FDS)
            self.fds = tuple(fds)
            self.sock.settimeout(None)
            return said == GO and len(fds) == FDS
        return False

    def leave(self, code: int | None = None) -> None:
        """Send the exit code, if there is one, and close everything."""
        with suppress(OSError):
            if code is not None:
                self.sock.sendall(bytes([code & 255]))
        self.close()

    def answer(self, document: bytes) -> None:
        """Send a document, and close everything."""
        with suppress(OSError):
            self.sock.sendall(document)
        self.close()

    def close(self) -> None:
        """Close everything that came."""
        self.sock.close()
        for fd in self.fds:
            with suppress(OSError):
                os.close(fd)


def receive(sock: socket.socket) -> tuple[Message, Front]:
    """Return what came over a new connection.

    Raises:
        NotUnderstood: It is no request, or not this user's; *sock* is closed.
    """
    try:
        sock.settimeout(TIMEOUT_S)
        _check_user(sock)
        return _message(_whole(sock)), Front(sock)
    except (OSError, ValueError, NotUnderstood) as error:
        sock.close()
        raise NotUnderstood(str(error)) from error


def _check_user(sock: socket.socket) -> None:
    if peer_uid(sock) != os.getuid():
        raise NotUnderstood("another user")


def _whole(sock: socket.socket) -> bytes:
    data = b""
    needed = 4
    while len(data) < needed:
        part = sock.recv(1 << 16)
        if not part:
            raise NotUnderstood("cut off")
        data += part
        if len(data) >= 4:
            needed = 4 + int.from_bytes(data[:4], "big")
        if needed > LARGEST:
            raise NotUnderstood("too long")
    return data[4:needed]


def _message(body: bytes) -> Message:
    kind, version, cwd, count, *rest = map(os.fsdecode, body.split(b"\0"))
    if version != asgwarm.__version__:
        raise NotUnderstood("another version")
    variables = (text.partition("=") for text in rest[int(count) :])
    return Message(
        kind=kind,
        cwd=Path(cwd),
        argv=tuple(rest[: int(count)]),
        env=MappingProxyType({name: value for name, _, value in variables}),
    )


class Line:
    """What a front sends while its command line runs: numbers of signals, or its end.

    Its end counts as SIGHUP, as the end of a terminal does.
    """

    def __init__(self, front: Front, env: Mapping[str, str]) -> None:
        self._front = front
        self._on_resize: Callable[[], None] | None = None
        stdin, stdout, stderr = front.fds
        self.streams = Streams(
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            env=env,
            resizes=self._resizes,
        )

    def listen(self, stop: Callable[[int], None]) -> None:
        """Call *stop* with the number of each signal that ends, on the running loop."""
        loop, sock = asyncio.get_running_loop(), self._front.sock

        def heard() -> None:
            try:
                numbers = sock.recv(64)
            except OSError:
                numbers = b""
            if not numbers:
                loop.remove_reader(sock)
                stop(SIGHUP)
            for number in numbers:
                if number != SIGWINCH:
                    stop(number)
                elif self._on_resize:
                    self._on_resize()

        loop.add_reader(sock, heard)

    def hang_up(self) -> None:
        """Let the command line end as if the front had died."""
        with suppress(OSError):
            self._front.sock.shutdown(socket.SHUT_RD)

    @contextmanager
    def _resizes(self, callback: Callable[[], None]) -> Iterator[None]:
        self._on_resize = callback
        try:
            yield
        finally:
            self._on_resize = None
