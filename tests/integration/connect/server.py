"""A real SSH server's connection that notes what it gets, and some that misbehave."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncssh
from asyncssh.auth import MSG_USERAUTH_PK_OK
from asyncssh.constants import (
    MSG_CHANNEL_OPEN,
    MSG_EXT_INFO,
    MSG_IGNORE,
    MSG_SERVICE_ACCEPT,
    MSG_SERVICE_REQUEST,
    MSG_USERAUTH_FAILURE,
    MSG_USERAUTH_REQUEST,
)
from asyncssh.packet import Boolean, SSHPacket, String

# A key exchange's own packets, and those that ask for nothing.
UNNOTED = {MSG_IGNORE, MSG_EXT_INFO, *range(20, 50)}


class Recorded(asyncssh.SSHServerConnection):
    """Notes the types of the packets that come once the key exchange is over.

    Args:
        on_met: Called when a client asks for authentication: the exchange is over.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        options: asyncssh.SSHServerConnectionOptions,
        on_met: Callable[[], None],
    ) -> None:
        super().__init__(loop, options)
        self.received: list[int] = []
        self._on_met = on_met

    def process_packet(
        self, pkttype: int, pktid: int, packet: SSHPacket
    ) -> bool | Awaitable[None]:
        """Note the packet, then do as every server does."""
        if pkttype not in UNNOTED:
            self.received.append(pkttype)
        if pkttype == MSG_SERVICE_REQUEST:
            self._on_met()
        return super().process_packet(pkttype, pktid, packet)


class AcceptsLate(Recorded):
    """Accepts the service once it has got a request for authentication."""

    _held: tuple[Any, ...] | None = None

    def send_packet(self, pkttype: int, *args: bytes, **options: Any) -> None:
        """Hold the acceptance back."""
        if pkttype == MSG_SERVICE_ACCEPT:
            self._held = (pkttype, *args)
        else:
            super().send_packet(pkttype, *args, **options)

    def process_packet(
        self, pkttype: int, pktid: int, packet: SSHPacket
    ) -> bool | Awaitable[None]:
        """Let it go before authentication is looked at."""
        if pkttype == MSG_USERAUTH_REQUEST and self._held is not None:
            super().send_packet(*self._held)
            self._held = None
        return super().process_packet(pkttype, pktid, packet)


class AcceptsAnother(Recorded):
    """Accepts a service that nobody has asked for."""

    def send_packet(self, pkttype: int, *args: bytes, **options: Any) -> None:
        """Put another name into the acceptance."""
        if pkttype == MSG_SERVICE_ACCEPT:
            args = (String(b"ssh-connection"),)
        super().send_packet(pkttype, *args, **options)


class WantsPasswords(Recorded):
    """Refuses a key and says that no other will do either."""

    def send_packet(self, pkttype: int, *args: bytes, **options: Any) -> None:
        """Name another method."""
        if pkttype == MSG_USERAUTH_FAILURE:
            args = (String(b"password"), Boolean(False))
        super().send_packet(pkttype, *args, **options)


class AnswersBefore(Recorded):
    """Answers authentication and never accepts the service."""

    def send_packet(self, pkttype: int, *args: bytes, **options: Any) -> None:
        """Drop the acceptance."""
        if pkttype != MSG_SERVICE_ACCEPT:
            super().send_packet(pkttype, *args, **options)


class Strict(Recorded):
    """Ends the connection when a signature comes without the question before."""

    def process_packet(
        self, pkttype: int, pktid: int, packet: SSHPacket
    ) -> bool | Awaitable[None]:
        """Look at the first request for authentication: stock names no key there."""
        is_first = self.received[-1:] == [MSG_SERVICE_REQUEST]
        request = packet.get_full_payload()
        if pkttype == MSG_USERAUTH_REQUEST and is_first and b"publickey" in request:
            self.received.append(pkttype)
            self.on_haste(request)
            return True
        return super().process_packet(pkttype, pktid, packet)

    def on_haste(self, request: bytes) -> None:
        """Say why."""
        raise asyncssh.ProtocolError("one thing after the other")


class HangsUp(Strict):
    """Is gone then without a word."""

    def on_haste(self, request: bytes) -> None:
        """Close the connection."""
        self.abort()


class AsksBack(Strict):
    """Says then that the key would do, which nobody has asked."""

    def on_haste(self, request: bytes) -> None:
        """Name the key that was offered."""
        packet = SSHPacket(request[1:])
        for _ in ("user", "service", "method"):
            packet.get_string()
        packet.get_boolean()
        key = String(packet.get_string()), String(packet.get_string())
        self.send_packet(MSG_USERAUTH_PK_OK, *key)


class CountsFromSeven(Recorded):
    """Gives its first channel another number than OpenSSH does."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Set where the numbers begin."""
        super().connection_made(transport)
        self._next_recv_chan = 7

    def process_packet(
        self, pkttype: int, pktid: int, packet: SSHPacket
    ) -> bool | Awaitable[None]:
        """Answer the request to open a channel before anything that comes after it."""
        before = set(self._tasks)
        done = super().process_packet(pkttype, pktid, packet)
        opening = set(self._tasks) - before
        if pkttype == MSG_CHANNEL_OPEN and opening:
            return _until(opening)
        return done


async def _until(tasks: set[asyncio.Task[None]]) -> None:
    await asyncio.wait(tasks)
