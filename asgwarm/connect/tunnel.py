"""A byte stream to an instance in a private subnet, through an endpoint.

An EC2 Instance Connect Endpoint carries TCP to an instance's private address inside a
WebSocket, which a signed URL opens. Here it becomes one end of a pair of sockets, so
that whoever speaks SSH does not notice.

Rule 1: nothing is returned before the instance's first byte, which an SSH server sends
unasked: the endpoint accepts whoever may open tunnels, and only then tries to reach it.
Rule 2: each side is read only as fast as the other one takes it; nothing piles up.
Rule 3: close code 1000 says that the instance hung up, any other one that the endpoint
did. Then the instance, and the lease, are as they were.

Source: EC2 User Guide, "Quotas for EC2 Instance Connect Endpoint"; the URL, its
parameters and the frames are those of the AWS CLI's `open-tunnel`.
"""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from asgwarm.connect.refused import not_reached, refused, unreachable
from asgwarm.connect.target import Target
from asgwarm.domain.endpoint import Endpoint
from asgwarm.domain.escape import printable
from asgwarm.errors import ConfigError

if TYPE_CHECKING:
    import ssl

    from websockets.asyncio.client import ClientConnection
    from websockets.asyncio.client import connect as connect_to

MAX_DURATION_S = 3_600  # EC2 User Guide, as above; no quota can be raised
WARNING_S = 300
TIMEOUT_S = 10.0  # for the endpoint, and then for the instance's first byte
CHUNK_BYTES = 65_000  # what the AWS CLI puts into a frame
_LARGEST_FRAME_BYTES = 1 << 20
_NORMAL = 1000

_carrying: set["asyncio.Task[None]"] = set()  # a loop itself keeps no task alive


class Tunnel:
    """The way through an endpoint to one instance.

    Args:
        url: Returns a freshly signed URL; called on a thread.
        tls: What the endpoint is verified with; None where it speaks no TLS.
        warn: Gets one sentence some minutes before the endpoint will hang up, and one
            when it has.
    """

    def __init__(
        self,
        target: Target,
        endpoint: Endpoint,
        url: Callable[[], str],
        *,
        tls: "ssl.SSLContext | None",
        warn: Callable[[str], None],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._target = target
        self._endpoint = endpoint
        self._url = url
        self._tls = tls
        self._warn = warn
        self._sleep = sleep

    async def open(self) -> socket.socket:
        """Return a connected, non-blocking socket that leads to the instance.

        Raises:
            ConfigError: The library for WebSockets is not installed.
            NoRoute: The endpoint does not answer, or does not reach the instance.
            TunnelRefused: The endpoint has as many connections as it carries.
            AwsError: AWS refused: credentials, permission, no such endpoint.
        """
        ws = await self._connect()
        try:
            first = await self._first(ws)
        except BaseException:
            await ws.close()
            raise
        ours, theirs = socket.socketpair()
        for sock in (ours, theirs):
            sock.setblocking(False)
        carrying = asyncio.ensure_future(self._carry(ws, first, ours))
        _carrying.add(carrying)
        carrying.add_done_callback(_carrying.discard)
        return theirs

    async def _connect(self) -> "ClientConnection":
        connect = _library()
        from websockets.exceptions import InvalidStatus, WebSocketException

        url = await asyncio.to_thread(self._url)
        try:
            return await connect(
                url,
                ssl=self._tls,
                compression=None,  # what SSH has encrypted cannot be made smaller
                ping_interval=None,  # SSH asks by itself whether all is well
                max_size=_LARGEST_FRAME_BYTES,
                open_timeout=TIMEOUT_S,
            )
        except InvalidStatus as error:
            response = error.response
            raise refused(
                self._endpoint,
                status=response.status_code,
                body=bytes(response.body or b""),
                request_id=response.headers.get("x-amzn-requestid"),
            ) from error
        except (OSError, WebSocketException) as error:
            raise unreachable(self._endpoint, error) from error

    async def _first(self, ws: "ClientConnection") -> bytes:
        """Return what the instance says first."""
        from websockets.exceptions import ConnectionClosed

        try:
            async with asyncio.timeout(TIMEOUT_S):
                message = await ws.recv()
        except ConnectionClosed as error:
            raise not_reached(self._endpoint, self._target, _reason(ws)) from error
        except TimeoutError as error:
            reason = f"no answer in {TIMEOUT_S:g} s"
            raise not_reached(self._endpoint, self._target, reason) from error
        if isinstance(message, str):
            raise not_reached(self._endpoint, self._target, _shown(message))
        return message

    async def _carry(
        self, ws: "ClientConnection", first: bytes, ours: socket.socket
    ) -> None:
        down = asyncio.ensure_future(_down(ws, first, ours))
        up = asyncio.ensure_future(_up(ours, ws))
        warning = asyncio.ensure_future(self._warn_in_time())
        everything = (down, up, warning)
        try:
            await asyncio.wait({down, up}, return_when=asyncio.FIRST_COMPLETED)
            if down.done() and (why := down.result()):
                self._warn(f"{self._endpoint.endpoint_id} closed the tunnel: {why}")
        finally:
            for task in everything:
                task.cancel()
            await asyncio.gather(*everything, return_exceptions=True)
            ours.close()
            await ws.close()

    async def _warn_in_time(self) -> None:
        await self._sleep(MAX_DURATION_S - WARNING_S)
        self._warn(
            f"the tunnel through {self._endpoint.endpoint_id} ends in"
            f" {WARNING_S // 60} minutes, and the connection with it"
        )


def _library() -> "type[connect_to]":
    try:
        from websockets.asyncio.client import connect
    except ImportError as error:
        raise ConfigError(
            "the way through an endpoint needs the library websockets",
            hint="pip install 'asgwarm[endpoint]'",
        ) from error
    return connect


async def _down(ws: "ClientConnection", data: bytes, ours: socket.socket) -> str:
    """Carry to SSH; return why the endpoint ended it, empty where it did not."""
    from websockets.exceptions import ConnectionClosed

    loop = asyncio.get_running_loop()
    try:
        while True:
            await loop.sock_sendall(ours, data)
            message = await ws.recv()
            if isinstance(message, str):  # never the instance's words
                return _shown(message)
            data = message
    except ConnectionClosed:
        return "" if ws.close_code == _NORMAL else _reason(ws)
    except OSError:
        return ""


async def _up(ours: socket.socket, ws: "ClientConnection") -> None:
    from websockets.exceptions import ConnectionClosed

    loop = asyncio.get_running_loop()
    with contextlib.suppress(ConnectionClosed, OSError):
        while data := await loop.sock_recv(ours, CHUNK_BYTES):
            await ws.send(data)


def _reason(ws: "ClientConnection") -> str:
    code = f"({ws.close_code})" if ws.close_code else "(no close frame)"
    return f"{_shown(ws.close_reason or 'no reason given')} {code}"


def _shown(text: str) -> str:
    return printable(text[:200])
