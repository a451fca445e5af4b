"""A channel whose requests leave right behind the request to open it.

asyncssh waits until the channel is confirmed, and once more until there is a terminal,
before it starts the command. Both answers may come while the rest is on its way.

Rule 1: the server's number of the channel is guessed: OpenSSH gives the first one 0.
So only the first channel of a connection is early, only where the server cannot open
one before, and only towards servers that are `TESTED`.
Rule 2: a wrong guess ends the connection. What was sent may have started by then;
nobody sends it again.
Rule 3: a channel or a terminal that is refused is the same error as with stock.
"""

import asyncio
from typing import Any

import asyncssh
from asyncssh.constants import MSG_CHANNEL_OPEN, OPEN_REQUEST_PTY_FAILED
from asyncssh.packet import SSHPacket, String, UInt32

TESTED = ("SSH-2.0-OpenSSH_9.2p1 Debian-",)

_FIRST = 0


def knows(server_version: str) -> bool:
    """Whether the early channel was tested with such a server."""
    return server_version.startswith(TESTED)


class EarlyChannel(asyncssh.SSHClientChannel[bytes]):
    """The first channel of a connection to a server in `TESTED`."""

    _has_pty: "asyncio.Future[bool] | None" = None

    async def _open(self, chantype: bytes, *args: bytes) -> SSHPacket:
        self._open_waiter = _unwatched(self._loop.create_future())
        self._conn.send_packet(
            MSG_CHANNEL_OPEN,
            *(String(chantype), UInt32(self._recv_chan or 0)),
            *(UInt32(self._recv_window), UInt32(self._recv_pktsize), *args),
            handler=self,
        )
        # The send window stays 0 until the confirmation, so that input waits.
        self._send_chan, self._send_state, self._recv_state = _FIRST, "open", "open"
        return SSHPacket(b"")

    async def _make_request(self, request: bytes, *args: bytes) -> bool | None:
        if request == b"pty-req":
            self._has_pty = _unwatched(self._loop.create_future())
            self._request_waiters.append(self._has_pty)
            self._send_request(request, *args, want_reply=True)
            return True
        is_done = await super()._make_request(request, *args)
        # Answers come in order: the one about the terminal is here by now.
        if self._has_pty is not None and not self._has_pty.result():
            self.close()
            raise asyncssh.ChannelOpenError(
                OPEN_REQUEST_PTY_FAILED, "PTY request failed"
            )
        return is_done

    def process_open_confirmation(
        self, send_chan: int, send_window: int, send_pktsize: int, packet: SSHPacket
    ) -> None:
        """Check the guess; sshd lets input flow once the command runs."""
        if send_chan != _FIRST:
            raise asyncssh.ProtocolError(f"the first channel has number {send_chan}")
        super().process_open_confirmation(send_chan, send_window, send_pktsize, packet)

    def process_open_failure(self, code: int, reason: str, lang: str) -> None:
        """Let the request that is waited for fail with the reason."""
        for waiter in self._request_waiters:
            if not waiter.done():
                waiter.set_exception(asyncssh.ChannelOpenError(code, reason, lang))
        self._request_waiters = []
        super().process_open_failure(code, reason, lang)


def _unwatched(future: "asyncio.Future[Any]") -> "asyncio.Future[Any]":
    """Return *future*, whose failure others report as well."""
    future.add_done_callback(lambda done: done.cancelled() or done.exception())
    return future
