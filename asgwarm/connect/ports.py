"""Whether this computer's ports are there to be listened on.

Rule: asked before an instance is claimed. Used once, an instance is terminated, so that
a port in use would cost one.
"""

import os
import socket
from collections.abc import Iterable
from contextlib import ExitStack
from errno import EADDRINUSE

from asgwarm.domain.forwards import Forward
from asgwarm.errors import ConfigError


def check_free(wanted: Iterable[Forward]) -> None:
    """Return if all that is to listen here can, at the same time.

    Raises:
        ConfigError: A port is in use, may not be used or has no such address.
    """
    with ExitStack() as stack:
        for forward in wanted:
            if forward.listens_here:
                try:
                    stack.enter_context(_bound(forward))
                except OSError as error:
                    raise unusable(forward, error) from error


def _bound(forward: Forward) -> socket.socket:
    found = socket.getaddrinfo(
        forward.bind or None,
        forward.port,
        type=socket.SOCK_STREAM,
        flags=socket.AI_PASSIVE,
    )
    family, kind, protocol, _, address = found[0]
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen(1)
    except BaseException:
        sock.close()
        raise
    return sock


def unusable(forward: Forward, error: OSError) -> ConfigError:
    """Return the error for a forward that cannot listen here."""
    if isinstance(error, socket.gaierror):
        why = "there is no such address"
    elif error.errno == EADDRINUSE:
        why = f"port {forward.port} is in use"
    else:
        why = f"port {forward.port}: {os.strerror(error.errno or 0).lower()}"
    free = ":".join(filter(None, ("0", forward.goes_to)))
    return ConfigError(f"{forward}: {why}", hint=f"asgwarm get {forward.kind} {free}")
