"""A tunnel to a WebSocket server that does what an endpoint may do."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.server import ServerConnection, serve

from asgwarm.connect.target import Target
from asgwarm.connect.tunnel import Tunnel
from asgwarm.domain.endpoint import Endpoint
from asgwarm.errors import NoRoute

MIB = 1 << 20
TARGET = Target(
    instance_id="i-0123456789abcdef0",
    address="10.0.0.7",
    os_user="ec2-user",
    host_key="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + "A" * 43,
)
Behaviour = Callable[[ServerConnection], Awaitable[None]]


class Warnings:
    """What the tunnel says, and its sense of time: a sleep ends when a test lets it."""

    def __init__(self) -> None:
        self.said: asyncio.Queue[str] = asyncio.Queue()
        self.asleep_s: list[float] = []
        self.wake = asyncio.Event()

    async def next(self) -> str:
        """The next sentence; a tunnel that says none fails the test."""
        async with asyncio.timeout(20):
            return await self.said.get()

    async def sleep(self, seconds: float) -> None:
        self.asleep_s.append(seconds)
        await self.wake.wait()


@asynccontextmanager
async def endpoint(behave: Behaviour) -> AsyncIterator[tuple[Tunnel, Warnings]]:
    """A tunnel to a server that behaves like that."""
    warnings = Warnings()
    async with serve(behave, "127.0.0.1", 0, ping_interval=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        where = Endpoint(
            endpoint_id="eice-0123456789abcdef0",
            host=f"127.0.0.1:{port}",
            group_id="sg-0123456789abcdef0",
        )
        yield (
            Tunnel(
                TARGET,
                where,
                lambda: f"ws://{where.host}/openTunnel",
                tls=None,
                warn=warnings.said.put_nowait,
                sleep=warnings.sleep,
            ),
            warnings,
        )


async def read(sock: socket.socket, size: int) -> bytes:
    """That many bytes, or fewer at the end."""
    loop, got = asyncio.get_running_loop(), b""
    async with asyncio.timeout(20):
        while len(got) < size and (part := await loop.sock_recv(sock, MIB)):
            got += part
    return got


async def test_bytes_pass_in_frames_of_any_size_both_ways():
    """Frames have no meaning; only their bytes, in order."""

    async def echo(ws: ServerConnection) -> None:
        await ws.send(b"SSH-")
        await ws.send(b"2.0\r\n")
        async for message in ws:
            await ws.send(message)

    async with endpoint(echo) as (tunnel, _):
        sock = await tunnel.open()
        assert await read(sock, 9) == b"SSH-2.0\r\n"
        sent = bytes(range(256)) * 4_096
        sending = asyncio.create_task(
            asyncio.get_running_loop().sock_sendall(sock, sent)
        )
        assert await read(sock, len(sent)) == sent
        await sending
        sock.close()


async def test_who_does_not_read_stops_the_endpoint():
    """What nobody takes is not kept here, however much is sent."""
    sent, stalled = 0, asyncio.Event()

    async def flood(ws: ServerConnection) -> None:
        nonlocal sent
        while sent < 64 * MIB:
            try:
                async with asyncio.timeout(0.5):
                    await ws.send(b"x" * 65_000)
            except TimeoutError:
                break
            sent += 65_000
        stalled.set()
        await ws.wait_closed()

    async with endpoint(flood) as (tunnel, _):
        sock = await tunnel.open()
        await stalled.wait()
        assert sent < 24 * MIB  # what sockets of the system and queues of frames hold
        sock.close()


async def test_an_hour_is_announced_five_minutes_ahead():
    """Once, by the time since this tunnel was opened."""

    async def greet(ws: ServerConnection) -> None:
        await ws.send(b"SSH-2.0\r\n")
        await ws.wait_closed()

    async with endpoint(greet) as (tunnel, warnings):
        sock = await tunnel.open()
        await read(sock, 9)
        assert warnings.asleep_s == [3_300]
        warnings.wake.set()

        assert "ends in 5 minutes" in await warnings.next()
        sock.close()


async def test_an_endpoint_that_hangs_up_says_why_and_the_stream_ends():
    """The close code and the reason are the endpoint's own, made printable."""

    async def expire(ws: ServerConnection) -> None:
        await ws.send(b"SSH-2.0\r\n")
        await ws.close(1008, "time is over\x1b[2J")

    async with endpoint(expire) as (tunnel, warnings):
        sock = await tunnel.open()
        assert await read(sock, 99) == b"SSH-2.0\r\n"
        assert await warnings.next() == (
            "eice-0123456789abcdef0 closed the tunnel: time is over\\x1b[2J (1008)"
        )
        sock.close()


async def test_an_instance_that_hangs_up_is_no_news():
    """SSH itself says what is to be said."""

    async def leave(ws: ServerConnection) -> None:
        await ws.send(b"SSH-2.0\r\n")
        await ws.close()

    async with endpoint(leave) as (tunnel, warnings):
        sock = await tunnel.open()
        assert await read(sock, 99) == b"SSH-2.0\r\n"
        sock.close()
    assert warnings.said.empty()


async def test_text_is_the_endpoints_and_never_the_instances():
    """Not one letter of it reaches SSH."""

    async def talk(ws: ServerConnection) -> None:
        await ws.send(b"SSH-2.0\r\n")
        await ws.send("internal error")
        await ws.wait_closed()

    async with endpoint(talk) as (tunnel, warnings):
        sock = await tunnel.open()
        assert await read(sock, 99) == b"SSH-2.0\r\n"
        assert "internal error" in await warnings.next()
        sock.close()


@pytest.mark.parametrize("words", ["text", "close"])
async def test_a_tunnel_to_no_instance_names_the_endpoints_group(words):
    """It is most often a security group."""

    async def refuse(ws: ServerConnection) -> None:
        if words == "text":
            await ws.send("no such target")
        await ws.close(1011, "no such target")

    async with endpoint(refuse) as (tunnel, _):
        with pytest.raises(NoRoute, match=r"no such target.*open port 22.*sg-0123"):
            await tunnel.open()


async def test_an_endpoint_that_is_not_there_is_no_route():
    """Its address is said."""

    async def never(ws: ServerConnection) -> None:
        raise AssertionError

    async with endpoint(never) as (tunnel, _):
        pass
    with pytest.raises(NoRoute, match=r"does not answer at 127\.0\.0\.1:"):
        await tunnel.open()
