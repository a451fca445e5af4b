"""Where a service answers, and a TCP connection to it.

Rule: it needs nothing that takes long to import. TCP is opened while `ssl`, which goes
on with it, is still loaded.
"""

import socket
from threading import Thread
from typing import Any

from asgwarm.domain.value import value

CONNECT_TIMEOUT_S = 5


@value
class Endpoint:
    """Where a service answers."""

    scheme: str  # http or https
    host: str
    port: int
    ca_file: str | None = None  # certificates to believe instead of the installed ones

    @property
    def ascii_host(self) -> bytes:
        """The host as bytes: for a text Python loads the rules of all languages."""
        return self.host.encode("ascii")

    @property
    def authority(self) -> str:
        """The `Host` header: the port is left out where it is the scheme's own."""
        usual = {"http": 80, "https": 443}[self.scheme]
        return self.host if self.port == usual else f"{self.host}:{self.port}"


def dial(endpoint: Endpoint) -> socket.socket:
    """Return an open TCP connection to *endpoint*. Blocks.

    Raises:
        OSError: It cannot be reached.
    """
    to: Any = (endpoint.ascii_host, endpoint.port)  # getaddrinfo takes bytes as well
    sock = socket.create_connection(to, timeout=CONNECT_TIMEOUT_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return sock


class Dialing:
    """A TCP connection that is opened beside whatever its maker does next."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._made: socket.socket | None = None
        self._failed: OSError | None = None
        self._thread = Thread(target=self._dial, daemon=True, name="dial")
        self._thread.start()

    def socket(self) -> socket.socket:
        """Return the connection, which is the caller's from now on. Blocks.

        Raises:
            OSError: It could not be opened, or somebody else has taken it.
        """
        self._thread.join()
        made, self._made = self._made, None
        if made is None:
            raise self._failed or OSError("taken")
        return made

    def _dial(self) -> None:
        try:
            self._made = dial(self._endpoint)
        except OSError as error:
            self._failed = error
