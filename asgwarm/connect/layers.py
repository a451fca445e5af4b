"""A connection that does not wait for answers which it does not need.

asyncssh asks the server for its methods, asks whether the key would do, and only then
signs: three requests, a round trip each, and two look-ups of the key on the instance.
Here the one signed request goes out right behind the request for the service.

Rule 1: only what the protocol allows. The question before the signature is optional
(RFC 4252 section 7), and so is waiting for the service after a key exchange in which
the server has shown its host key (RFC 4253 section 10). That key is checked before.
Rule 2: nothing of asyncssh is replaced. These are subclasses, and only `connect` makes
them: other connections of this process are as they were.
Rule 3: an answer out of order ends the connection; the caller makes a stock one.
Rule 4: `fitting` lists everything of asyncssh that is touched here.
"""

import asyncio
import socket
from collections.abc import Awaitable
from functools import partial
from typing import Any

import asyncssh
from asyncssh.auth import MSG_USERAUTH_PK_OK, _ClientPublicKeyAuth
from asyncssh.connection import _connect
from asyncssh.constants import (
    MSG_SERVICE_ACCEPT,
    MSG_USERAUTH_FAILURE,
    MSG_USERAUTH_SUCCESS,
)
from asyncssh.packet import SSHPacket

from asgwarm.connect.early import EarlyChannel, knows

_PUBLICKEY = b"publickey"
_ANSWERS = {MSG_SERVICE_ACCEPT, MSG_USERAUTH_FAILURE, MSG_USERAUTH_SUCCESS}
# Linux only. sshd holds a packet back until the one before is acknowledged, and the
# kernel would take up to 40 ms for that; the setting does not last, hence each time.
_QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)


async def connect(*, sock: socket.socket, **options: Any) -> "EagerConnection":
    """Return an authenticated connection over *sock*; as `asyncssh.connect`."""
    loop = asyncio.get_running_loop()
    prepared = await asyncssh.SSHClientConnectionOptions.construct(**options)
    make = partial(EagerConnection, loop, prepared, wait="auth")
    return await _connect(prepared, None, loop, 0, sock, make, "Connecting to")


class EagerConnection(asyncssh.SSHClientConnection):
    """Public key authentication in one flight with the request for the service."""

    _is_service_due = False  # the server has not accepted the service yet

    @property
    def is_early(self) -> bool:
        """Whether the first channel's requests do not wait for it to be open."""
        return knows(str(self.get_extra_info("server_version", "")))

    def add_channel(self, chan: Any) -> int:
        """Number a channel; the first one becomes an early one where that is tested."""
        number = super().add_channel(chan)
        # Where a port is forwarded from there the server may open its first one itself.
        is_first = number == 0 and not self._remote_listeners
        if is_first and type(chan) is asyncssh.SSHClientChannel and self.is_early:
            # asyncssh asks nobody for the class of its channels; this one is just made.
            chan.__class__ = EarlyChannel
        return number

    def data_received(self, data: bytes, datatype: int | None = None) -> None:
        """Process what came, and acknowledge it at once."""
        super().data_received(data, datatype)
        if _QUICKACK is not None and self._transport is not None:
            sock = self._transport.get_extra_info("socket")
            try:
                sock.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
            except OSError:  # closed meanwhile
                return

    def send_service_request(self, service: bytes) -> None:
        """Ask for authentication and begin with it; the host key is checked by now."""
        super().send_service_request(service)
        if self.is_early:
            self.set_extra_info(level="early")
        self._is_service_due = True
        self._auth_in_progress = True
        self._auth_methods = [_PUBLICKEY]
        self._owner.begin_auth(self._username)
        self.try_next_auth()

    def try_next_auth(self, *, next_method: bool = False) -> None:
        """Offer the key, again after a refusal that leaves the method open."""
        if next_method or _PUBLICKEY not in self._auth_methods:
            self._auth_methods = []  # nothing is left to try: the stock refusal
            super().try_next_auth()
            return
        if self._auth is not None:
            self._auth.cancel()
        self._auth = _SignedAtOnce(self, _PUBLICKEY)

    def process_packet(
        self, pkttype: int, pktid: int, packet: SSHPacket
    ) -> bool | Awaitable[None]:
        """Process one packet; the one that accepts the service begins nothing."""
        if self._is_service_due and pkttype in _ANSWERS:
            self._accept(pkttype, packet)
            return True
        return super().process_packet(pkttype, pktid, packet)

    def _accept(self, pkttype: int, packet: SSHPacket) -> None:
        if pkttype != MSG_SERVICE_ACCEPT or self._recv_encryption is None:
            raise asyncssh.ProtocolError("answer before the service was accepted")
        service = packet.get_string()
        packet.check_end()
        if service != self._next_service:
            raise asyncssh.ServiceNotAvailable("another service was accepted")
        self._next_service = None
        self._is_service_due = False


class _SignedAtOnce(_ClientPublicKeyAuth):
    """The signed request without the question whether the key would do."""

    async def _start(self) -> None:
        self._keypair = await self._conn.public_key_auth_requested()
        if self._keypair is None:
            self._conn.try_next_auth(next_method=True)
        else:
            await self._send_signed_request()

    def _process_unasked(self, _type: int, _id: int, _packet: SSHPacket) -> None:
        # Also before the server's keys are in use, when anybody could have sent it.
        raise asyncssh.ProtocolError("answer to a question that was not asked")

    _packet_handlers = {MSG_USERAUTH_PK_OK: _process_unasked}  # noqa: RUF012  # as its base
