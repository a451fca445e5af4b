"""A TCP connection to an instance.

Rule 1: Nagle's algorithm is off before the first byte, since the handshake is many
small packets that each wait for an answer.
Rule 2: what refuses or is silent is tried again, a few times: sshd may be starting.
"""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Sequence

from asgwarm.connect.target import Target
from asgwarm.errors import NoRoute

TIMEOUT_S = 5.0
PAUSES_S = (0.25, 1.0)


async def dial(
    address: str,
    port: int,
    *,
    timeout_s: float = TIMEOUT_S,
    pauses_s: Sequence[float] = PAUSES_S,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> socket.socket:
    """Return a connected, non-blocking socket with TCP_NODELAY.

    Args:
        timeout_s: For each try.
        pauses_s: Between the tries, of which there is one more.

    Raises:
        TimeoutError: Nothing answered the last try.
        OSError: Refused, unreachable, or no such name.
    """
    for pause_s in pauses_s:
        try:
            return await _try(address, port, timeout_s)
        except OSError:
            await sleep(pause_s)
    return await _try(address, port, timeout_s)


def unreachable(target: Target, error: OSError) -> NoRoute:
    """Name what `dial` has raised."""
    if isinstance(error, socket.gaierror):
        reason = "no such name"
    elif error.errno:
        reason = os.strerror(error.errno).lower()
    else:
        reason = f"no answer in {TIMEOUT_S:g} s"
    return no_route(target, reason)


def no_route(target: Target, reason: str) -> NoRoute:
    """Say that nothing answers, and what it takes where the address is private."""
    said = f"nothing answers for {target}: {reason}"
    if not target.is_private:
        return NoRoute(said, hint="asgwarm status")
    return NoRoute(
        f"{said}; the address is private: it takes a VPN into its network, or an"
        " endpoint",
        hint="asgwarm up --address endpoint",
    )


async def _try(address: str, port: int, timeout_s: float) -> socket.socket:
    loop = asyncio.get_running_loop()
    failure: OSError = OSError(f"{address} has no address")
    async with asyncio.timeout(timeout_s):
        # As bytes: for a text Python loads the rules of all languages.
        name = address.encode("ascii")
        found = await loop.getaddrinfo(name, port, type=socket.SOCK_STREAM)
        for family, kind, protocol, _, where in found:
            try:
                return await _open(family, kind, protocol, where)
            except OSError as error:
                failure = error
    raise failure


async def _open(family: int, kind: int, protocol: int, where: object) -> socket.socket:
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(sock, where)  # type: ignore[arg-type]  # as getaddrinfo gave it
    except BaseException:
        sock.close()
        raise
    return sock
