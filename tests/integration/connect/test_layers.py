"""Fewer round trips, seen from real SSH servers, and what happens when one objects."""

import asyncio
import socket
from dataclasses import replace
from typing import NoReturn

import asyncssh
import pytest

from asgwarm.connect.keys import SessionKey
from asgwarm.connect.layers import EagerConnection
from asgwarm.connect.levels import Level, stock
from asgwarm.connect.timings import Timings
from asgwarm.errors import HostKeyMismatch, SessionFailed
from tests.integration.connect import server
from tests.integration.connect.going import connect

SERVICE, USERAUTH = 5, 50  # the types of the two requests


async def nothing() -> None:
    """Push a key that is there already, or never arrives."""


async def close(conn: asyncssh.SSHClientConnection) -> None:
    """Close and wait."""
    conn.close()
    await conn.wait_closed()


async def test_the_signature_leaves_before_the_service_is_accepted(make_instance, key):
    """A server that accepts only after the signature would wait for ever."""
    async with make_instance(speaks=server.AcceptsLate).serving() as late:
        late.accepted.add(key.public_line)
        timings = Timings()

        conn = await connect(late.target, key, nothing, timings=timings, deadline_s=5)

        assert (await conn.run("echo in")).stdout == "in\n"
        assert timings.notes == {"ssh": "pipelined"}
        assert len(late.connections) == 1
        await close(conn)


async def test_a_login_is_one_request(instance, key):
    """No question for the methods, none for the key: the instance looks it up once."""
    instance.accepted.add(key.public_line)

    conn = await connect(instance.target, key, nothing, timings=Timings())

    assert instance.connections[0].received == [SERVICE, USERAUTH]
    assert instance.offered == [key.public_line]
    await close(conn)


async def test_no_authentication_leaves_before_the_push(instance, key):
    """The service is asked for meanwhile; the one request waits for the gate."""
    released = asyncio.Event()

    async def push() -> None:
        await released.wait()
        instance.accepted.add(key.public_line)

    entering = asyncio.create_task(
        connect(instance.target, key, push, timings=Timings())
    )
    await instance.met.wait()
    assert instance.connections[0].received == [SERVICE]

    released.set()
    conn = await entering

    assert instance.connections[0].received == [SERVICE, USERAUTH]
    await close(conn)


async def test_a_late_key_is_offered_again_on_the_same_connection(instance, key):
    """Each offer is one request, as often as stock offers."""
    instance.on_offer = lambda line: len(instance.offered) > 3

    conn = await connect(instance.target, key, nothing, timings=Timings())

    (only,) = instance.connections
    assert only.received == [SERVICE, *[USERAUTH] * 4]
    await close(conn)


async def test_a_server_that_wants_no_keys_is_offered_none_again(make_instance, key):
    """One refusal ends the connection."""
    async with make_instance(speaks=server.WantsPasswords).serving() as closed:
        entering = asyncio.create_task(
            connect(closed.target, key, nothing, timings=Timings())
        )
        await closed.tried.wait()
        await closed.connections[0].wait_closed()

        assert closed.offered == [key.public_line]
        entering.cancel()
        await asyncio.wait({entering})


async def test_a_refused_key_is_no_surprise(instance, key):
    """The server has understood: the next connection is layered as well."""
    instance.on_offer = lambda line: len(instance.offered) > 4
    timings = Timings()

    conn = await connect(instance.target, key, nothing, timings=timings)

    assert timings.notes == {"ssh": "pipelined"}
    first, second = (conn.received for conn in instance.connections)
    assert (first, second) == ([SERVICE, *[USERAUTH] * 4], [SERVICE, USERAUTH])
    await close(conn)


async def test_another_host_key_gets_no_authentication(instance, key):
    """Nothing leaves early towards a machine that is not the pinned one."""
    other = replace(instance.target, host_key=SessionKey.generate().public_line)

    with pytest.raises(HostKeyMismatch):
        await connect(other, key, nothing, timings=Timings())

    (only,) = instance.connections
    assert not {SERVICE, USERAUTH} & set(only.received)


@pytest.mark.skipif(not hasattr(socket, "TCP_QUICKACK"), reason="Linux has it alone")
async def test_what_comes_is_acknowledged_at_once(instance, key):
    """The kernel would hold an acknowledgement back once we have answered something."""
    instance.accepted.add(key.public_line)

    conn = await connect(instance.target, key, nothing, timings=Timings())

    sock = conn.get_extra_info("socket")
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK) == 1
    await close(conn)


async def test_other_connections_of_the_process_stay_stock(instance, key):
    """Before, beside and after a layered one: they ask as asyncssh always asks."""
    instance.accepted.add(key.public_line)

    async def connect_stock() -> asyncssh.SSHClientConnection:
        return await asyncssh.connect(
            "127.0.0.1",
            instance.port,
            username="ec2-user",
            client_keys=[key.private],
            known_hosts=([instance.host_key.convert_to_public()], [], []),
            config=None,
        )

    before = await connect_stock()
    ours = await connect(instance.target, key, nothing, timings=Timings())
    after = await connect_stock()

    assert [type(conn) for conn in (before, ours, after)] == [
        asyncssh.SSHClientConnection,
        EagerConnection,
        asyncssh.SSHClientConnection,
    ]
    asked = [SERVICE, *[USERAUTH] * 3]
    first, second, third = (conn.received for conn in instance.connections)
    assert (first, second, third) == (asked, [SERVICE, USERAUTH], asked)
    for conn in (before, ours, after):
        await close(conn)


@pytest.mark.parametrize(
    ("speaks", "why"),
    [
        (server.AnswersBefore, "before the service was accepted"),
        (server.Strict, "one thing after the other"),
        (server.HangsUp, "Connection lost"),
        (server.AsksBack, "a question that was not asked"),
    ],
)
async def test_a_server_that_objects_gets_one_stock_connection(
    make_instance, key, speaks, why
):
    """At once, with the same key, and the cause is kept."""
    async with make_instance(speaks=speaks).serving() as odd:
        odd.accepted.add(key.public_line)
        timings = Timings()
        odd.on_offer = lambda line: type(odd.connections[-1]) is server.Recorded
        entering = asyncio.create_task(
            connect(odd.target, key, nothing, timings=timings)
        )
        await odd.met.wait()
        odd.speaks = server.Recorded

        conn = await entering

        assert [len(odd.connections), type(conn)] == [2, asyncssh.SSHClientConnection]
        assert timings.notes["ssh"] == "stock"
        assert why in timings.notes["ssh_why"]
        assert (await conn.run("echo in")).stdout == "in\n"
        await close(conn)


async def test_another_service_is_refused_as_stock_refuses_it(make_instance, key):
    """The stock connection that follows has the last word: the error is its own."""
    async with make_instance(speaks=server.AcceptsAnother).serving() as odd:
        with pytest.raises(SessionFailed, match="Unexpected service"):
            await connect(odd.target, key, nothing, timings=Timings())

        assert len(odd.connections) == 2


async def test_a_mistake_of_ours_costs_one_connection(instance, key):
    """A layer that fails in any way is followed by stock."""
    instance.accepted.add(key.public_line)
    tried = []

    async def stumble(**options: object) -> NoReturn:
        tried.append(options)
        raise AttributeError("no such thing")

    timings, level = Timings(), Level(name="broken", open=stumble)
    conn = await connect(instance.target, key, nothing, timings=timings, level=level)

    assert len(tried) == 1
    assert timings.notes == {"ssh": "stock", "ssh_why": "no such thing"}
    assert type(conn) is asyncssh.SSHClientConnection
    await close(conn)


async def test_an_untested_asyncssh_goes_the_stock_way(instance, key):
    """Nothing of its inside is touched, the way in is open, and the reason is kept."""
    instance.accepted.add(key.public_line)
    timings, level = Timings(), stock("asyncssh 2.25.0 is not tested")

    conn = await connect(instance.target, key, nothing, timings=timings, level=level)

    assert type(conn) is asyncssh.SSHClientConnection
    assert timings.notes["ssh_why"] == "asyncssh 2.25.0 is not tested"
    assert instance.connections[0].received == [SERVICE, *[USERAUTH] * 3]
    await close(conn)
