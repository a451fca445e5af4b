"""A tunnel: a WebSocket on one side, TCP to an instance's SSH server on the other.

    wss://…/openTunnel?instanceConnectEndpointId=…&remotePort=22&privateIpAddress=…
                      [&maxTunnelDuration=1…3600]&X-Amz-…

Rule 1: what is wrong with the request is an HTTP status and a JSON document in the
place of the upgrade; what goes wrong after that is a close code other than 1000.
Rule 2: an instance's SSH server listens on a port of its own here, which stands for 22.
Rule 3: an endpoint carries 20 connections, each for 3,600 s of the region's time at
most, as fast as it can. AWS publishes neither its status for the 21st nor its close
codes: these are guesses that a client must not build on.

Source: EC2 User Guide, "Quotas for EC2 Instance Connect Endpoint"; the AWS CLI's
`open-tunnel`.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from asgwarm.local import seam
from asgwarm.local.clock import Clock
from asgwarm.local.endpoints.records import Endpoint, Endpoints
from asgwarm.local.endpoints.walls import PORT, let_through
from asgwarm.local.problem import AwsProblem
from asgwarm.local.serving import Receive, Send

MAX_CONNECTIONS = 20
MAX_DURATION_S = 3_600
CHUNK_BYTES = 65_000  # as the AWS CLI sends
_PORTS = (PORT, 3389)
_POLICY, _FAILED, _DONE = 1008, 1011, 1000

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Where somebody wants to get, by the query of the request."""

    endpoint: Endpoint
    address: str
    port: int
    duration_s: int


class Tunnels:
    """The tunnels of the region.

    Args:
        addresses: Address and port of each instance that answers SSH, by its id.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        *,
        addresses: Callable[[], Mapping[str, tuple[str, int]]],
        clock: Clock,
    ) -> None:
        self._endpoints = endpoints
        self._addresses = addresses
        self._clock = clock
        self._open: Counter[str] = Counter()

    def wish(self, query: Mapping[str, str]) -> Wish:
        """What a request asks for.

        Raises:
            AwsProblem: It is not allowed, with the HTTP status of the answer.
        """
        endpoint_id = query.get("instanceConnectEndpointId", "")
        try:
            endpoint = self._endpoints.find(endpoint_id)
        except AwsProblem:
            raise _refused(
                "ResourceNotFound",
                f"The endpoint '{endpoint_id}' does not exist.",
                status=404,
            ) from None
        address = query.get("privateIpAddress", "")
        if self._open[endpoint_id] >= MAX_CONNECTIONS:
            raise _refused(
                "ConnectionLimitExceeded",
                f"{endpoint_id} has {MAX_CONNECTIONS} connections.",
                status=429,
            )
        return Wish(
            endpoint=endpoint,
            address=address,
            port=self._port(address, query.get("remotePort", "")),
            duration_s=_duration_s(query.get("maxTunnelDuration", "3600")),
        )

    def _port(self, address: str, text: str) -> int:
        played = {
            port for where, port in self._addresses().values() if where == address
        }
        if text not in map(str, {*_PORTS, *played}):
            raise _refused(
                "InvalidParameter",
                "The specified RemotePort is not valid. Specify either 22 or 3389 as"
                " the RemotePort and retry your request.",
            )
        return int(text)

    async def carry(self, wish: Wish, receive: Receive, send: Send) -> None:
        """Carry bytes through an accepted WebSocket until one side or time ends it."""
        endpoint_id = wish.endpoint.endpoint_id
        self._open[endpoint_id] += 1
        try:
            streams = await self._reach(wish)
            if streams is None:
                await _close(send, _FAILED, "Unable to connect to the target.")
                return
            expired = asyncio.ensure_future(
                self._clock.wait_until(self._clock.now() + wish.duration_s)
            )
            await _carry(streams, expired, receive, send)
        finally:
            self._open[endpoint_id] -= 1

    async def _reach(self, wish: Wish) -> Streams | None:
        """TCP to the instance, unless there is none or a wall stands between."""
        for instance_id, (address, port) in self._addresses().items():
            record = seam.ec2_instances().get(instance_id)
            is_meant = address == wish.address and wish.port in (PORT, port)
            if is_meant and record and let_through(wish.endpoint, record):
                with contextlib.suppress(OSError):
                    return await asyncio.open_connection(address, port)
        return None


def _duration_s(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MAX_DURATION_S:
        raise _refused(
            "InvalidParameter",
            f"The specified MaxTunnelDuration is not between 1 and {MAX_DURATION_S}.",
        )
    return int(text)


def _refused(code: str, message: str, *, status: int = 400) -> AwsProblem:
    return AwsProblem(code, message, status)


async def _carry(
    streams: Streams, expired: "asyncio.Future[None]", receive: Receive, send: Send
) -> None:
    reader, writer = streams
    down = asyncio.ensure_future(_down(reader, send))
    up = asyncio.ensure_future(_up(receive, writer))
    everything = {down, up, expired}
    try:
        await asyncio.wait(everything, return_when=asyncio.FIRST_COMPLETED)
        if expired.done():
            await _close(send, _POLICY, "The maximum tunnel duration is reached.")
        elif down.done():
            await _close(send, _DONE, "")
    finally:
        for task in everything:
            task.cancel()
        await asyncio.gather(*everything, return_exceptions=True)
        writer.close()


async def _down(reader: asyncio.StreamReader, send: Send) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(CHUNK_BYTES):
            await send({"type": "websocket.send", "bytes": data})


async def _up(receive: Receive, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while (message := await receive())["type"] == "websocket.receive":
            writer.write(message.get("bytes") or b"")
            await writer.drain()


async def _close(send: Send, code: int, reason: str) -> None:
    await send({"type": "websocket.close", "code": code, "reason": reason})
