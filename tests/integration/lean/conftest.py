"""A server that answers byte for byte what a test says, and notes what it was sent."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from asgwarm.lean.endpoint import Endpoint

WAIT_S = 10.0  # for a client that never comes or never closes
# What a connection's answers are: bytes are sent, None closes it.
Script = list[bytes | None]


@dataclass
class Scripted:
    """A server whose connections each follow a script of their own."""

    scripts: list[Script]
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    accepted: threading.Event = field(default_factory=threading.Event)
    closed: threading.Event = field(default_factory=threading.Event)
    listener: socket.socket = field(
        default_factory=lambda: socket.create_server(("127.0.0.1", 0))
    )

    @property
    def endpoint(self) -> Endpoint:
        """Where it answers."""
        port = self.listener.getsockname()[1]
        return Endpoint(scheme="http", host="127.0.0.1", port=port)

    def serve(self) -> None:
        """Serve one connection after the other, to the end of the scripts."""
        for script in self.scripts:
            with suppress(OSError):
                peer, _ = self.listener.accept()
                self.connections += 1
                self.accepted.set()
                peer.settimeout(WAIT_S)
                with peer:
                    self._follow(peer, script)
            self.closed.set()

    def _follow(self, peer: socket.socket, script: Script) -> None:
        for answer in script:
            if answer is None:
                return
            request = _request(peer)
            if not request:
                return
            self.requests.append(request)
            peer.sendall(answer)
        _request(peer)  # until the client closes it


def _request(peer: socket.socket) -> bytes:
    """One request as it came, by its length; empty when the client has closed."""
    read = b""
    while b"\r\n\r\n" not in read:
        part = peer.recv(65536)
        if not part:
            return b""
        read += part
    head, _, body = read.partition(b"\r\n\r\n")
    wanted = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    while len(body) < wanted:
        body += peer.recv(65536)
    return head + b"\r\n\r\n" + body


@pytest.fixture
def scripted() -> Iterator[Callable[..., Scripted]]:
    """Starts a server with a script for each connection; it ends with the test."""
    started: list[tuple[Scripted, threading.Thread]] = []

    def start(*scripts: Script) -> Scripted:
        server = Scripted(list(scripts))
        thread = threading.Thread(target=server.serve)
        thread.start()
        started.append((server, thread))
        return server

    yield start
    for server, thread in started:
        with suppress(OSError):  # wakes who waits for a connection
            server.listener.shutdown(socket.SHUT_RDWR)
        server.listener.close()
        thread.join()
