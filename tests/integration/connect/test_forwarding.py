"""Ports forwarded through a connection to a real SSH server."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator

import asyncssh
import pytest

from asgwarm.connect.forwarding import forwarded, forwards
from asgwarm.connect.ports import check_free
from asgwarm.connect.session import run_command
from asgwarm.domain.forwards import Forward, Kind, forward
from asgwarm.errors import ConfigError, SessionFailed


@contextlib.asynccontextmanager
async def _greeter(word: bytes) -> AsyncIterator[int]:
    """A server that greets everybody; its port."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(word + await reader.readexactly(1))
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def _ask(port: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"!")
    try:
        async with asyncio.timeout(5):
            return await reader.read()
    finally:
        writer.close()


async def _ask_socks(port: int, host: str, there: int) -> bytes:
    """Ask a port of *host*'s by its name, as a browser does."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(b"\x05\x01\x00")
        assert await reader.readexactly(2) == b"\x05\x00"
        name = host.encode()
        place = bytes([3, len(name)]) + name + there.to_bytes(2, "big")
        writer.write(b"\x05\x01\x00" + place)
        assert (await reader.readexactly(10))[:2] == b"\x05\x00"
        writer.write(b"!")
        return await reader.read()
    finally:
        writer.close()


def _to(kind: Kind, port: int) -> Forward:
    return forward(kind, f"0:localhost:{port}" if kind is not Kind.SOCKS else "0")


async def test_several_forwards_work_at_once_and_both_ways(conn):
    """Local, remote and SOCKS; each says which port it got."""
    async with _greeter(b"one") as one, _greeter(b"two") as two:
        wanted = [
            *(_to(Kind.LOCAL, one), _to(Kind.LOCAL, two)),
            *(_to(Kind.REMOTE, one), _to(Kind.SOCKS, 0)),
        ]
        async with forwards(conn, wanted) as listening:
            ports = [each.port for each in listening]
            said = await asyncio.gather(*map(_ask, ports[:3]))
            through = await _ask_socks(ports[3], "localhost", two)

    assert said == [b"one!", b"two!", b"one!"]
    assert through == b"two!"
    assert len({0, *ports}) == 5


async def test_nothing_listens_after_the_block(conn):
    """The connection goes on; its forwards do not."""
    async with (
        _greeter(b"one") as one,
        forwards(conn, [_to(Kind.LOCAL, one), _to(Kind.SOCKS, 0)]) as listening,
    ):
        pass

    assert not conn.is_closed()
    for each in listening:
        with pytest.raises(ConnectionRefusedError):
            await _ask(each.port)


async def test_one_that_cannot_listen_takes_the_others_with_it(conn, free_port):
    """A port in use is named, and what listened before does so no more."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        wanted = [
            forward(Kind.LOCAL, f"{free_port}:localhost:1"),
            forward(Kind.LOCAL, f"{port}:localhost:1"),
        ]
        with pytest.raises(ConfigError, match=f"port {port} is in use") as caught:
            async with forwards(conn, wanted):
                pass

    assert caught.value.hint == "asgwarm get -L 0:localhost:1"
    with pytest.raises(ConnectionRefusedError):
        await _ask(free_port)


async def test_a_port_that_the_instance_does_not_give_is_named(conn):
    """It says no more than no; we say which port it was about."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        wanted = forward(Kind.REMOTE, f"{port}:localhost:1")
        with pytest.raises(SessionFailed, match=f"not listen on port {port}"):
            async with forwards(conn, [wanted]):
                pass


@pytest.mark.parametrize("kind", [Kind.LOCAL, Kind.SOCKS])
async def test_an_address_that_is_none_is_named(conn, kind):
    """As a mistake of whoever typed it."""
    spec = "nowhere.invalid:0" + (":localhost:1" if kind is Kind.LOCAL else "")

    with pytest.raises(ConfigError, match="there is no such address"):
        async with forwards(conn, [forward(kind, spec)]):
            pass


async def test_a_broken_connection_is_no_port_in_use(conn):
    """A remote forward over it fails as what it is."""
    conn.abort()
    await conn.wait_closed()

    with pytest.raises(SessionFailed, match="the SSH connection broke"):
        async with forwards(conn, [_to(Kind.REMOTE, 1)]):
            pass


async def test_who_is_refused_there_ends_neither_forward_nor_connection(
    conn, free_port
):
    """A service that does not run yet is no reason to begin again."""
    wanted = [_to(Kind.LOCAL, free_port), _to(Kind.REMOTE, free_port)]
    async with forwards(conn, wanted) as listening:
        assert [await _ask(each.port) for each in listening] == [b"", b""]
        assert not conn.is_closed()


async def test_one_port_is_had_by_its_number(conn):
    """What a program wants: a port there, at a free one here."""
    async with _greeter(b"hello") as port, forwarded(conn, port) as here:
        assert here != port
        assert await _ask(here) == b"hello!"


def test_ports_are_looked_at_before_anything_is_claimed(free_port):
    """In use, twice the same, or not this computer's: each is named."""
    free = forward(Kind.LOCAL, f"{free_port}:localhost:80")
    check_free([free, _to(Kind.SOCKS, 0), forward(Kind.REMOTE, "1:localhost:1")])

    with pytest.raises(ConfigError, match=f"port {free_port} is in use"):
        check_free([free, forward(Kind.SOCKS, str(free_port))])
    with pytest.raises(ConfigError, match="assign requested address"):
        check_free([forward(Kind.SOCKS, "192.0.2.1:0")])
    with pytest.raises(ConfigError, match="there is no such address"):
        check_free([forward(Kind.SOCKS, "nowhere.invalid:0")])


@pytest.mark.debian
@pytest.mark.parametrize("log_level", ["VERBOSE"])
async def test_openssh_forwards_as_well(sshd, key, tmp_path):
    """All three ways at once, beside a command on an early connection."""
    conn = await sshd.enter(key)
    async with _greeter(b"one") as one:
        wanted = [_to(kind, one) for kind in Kind]
        async with forwards(conn, wanted) as (local, remote, socks):
            out = os.open(tmp_path / "out", os.O_RDWR | os.O_CREAT, 0o600)
            code = await run_command(
                conn,
                "echo here; exit 7",
                stdin=None,
                stdout=out,
                stderr=out,
                on_first_byte=lambda: None,
            )
            said = [await _ask(local.port), await _ask(remote.port)]
            said.append(await _ask_socks(socks.port, "localhost", one))

    os.close(out)
    conn.close()
    await conn.wait_closed()
    assert (code, (tmp_path / "out").read_text()) == (7, "here\n")
    assert said == [b"one!"] * 3


@pytest.mark.debian
async def test_no_number_is_guessed_where_the_server_may_open_a_channel(sshd, key):
    """A port forwarded from there may give its first number to somebody else."""
    conn = await sshd.enter(key)
    async with _greeter(b"one") as one, forwards(conn, [_to(Kind.REMOTE, one)]):
        channel, _ = await conn.create_session(asyncssh.SSHClientSession, "true")

        assert type(channel) is asyncssh.SSHClientChannel
    conn.abort()
    await conn.wait_closed()
