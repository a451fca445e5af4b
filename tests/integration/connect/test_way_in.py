"""The way in, against real SSH servers in this process."""

import asyncio
import contextlib
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from asgwarm.connect.dial import PAUSES_S, dial
from asgwarm.connect.gate import KeyGate
from asgwarm.connect.handshake import Client, handshake
from asgwarm.connect.keys import SessionKey, fingerprint
from asgwarm.connect.levels import best
from asgwarm.connect.push import InstanceGone
from asgwarm.connect.race import unless_push_fails
from asgwarm.connect.timings import Timings
from asgwarm.errors import (
    HostKeyMismatch,
    KeyPushFailed,
    NoRoute,
    SessionFailed,
)
from tests.integration.connect.going import connect


async def close(conn: asyncssh.SSHClientConnection) -> None:
    """Close and wait."""
    conn.close()
    await conn.wait_closed()


async def nothing() -> None:
    """Push a key that never arrives."""


def open_sockets() -> set[str]:
    """Every socket of this process, by inode."""
    links = (link for link in Path("/proc/self/fd").iterdir())
    names = set()
    for link in links:
        with contextlib.suppress(OSError):
            names.add(str(link.readlink()))
    return {name for name in names if name.startswith("socket:")}


async def test_the_key_exchange_does_not_wait_for_the_push(instance, key):
    """TCP and key exchange run beside the push; authentication waits for it."""
    released = asyncio.Event()

    async def push() -> None:
        await released.wait()
        instance.accepted.add(key.public_line)

    timings = Timings()
    entering = asyncio.create_task(connect(instance.target, key, push, timings=timings))
    await instance.met.wait()
    assert instance.offered == []

    released.set()
    conn = await entering

    assert (await conn.run("echo in")).stdout == "in\n"
    assert set(instance.offered) == {key.public_line}
    assert {"push_ms", "connect_ms", "auth_ms"} < set(timings.as_dict())
    await close(conn)


async def test_another_host_key_is_refused_before_any_authentication(instance, key):
    """A server with another key than the pinned one gets no byte of authentication."""
    real = instance.host_key_line
    other = SessionKey.generate().public_line
    target = replace(instance.target, host_key=other)

    with pytest.raises(HostKeyMismatch) as caught:
        await connect(target, key, nothing, timings=Timings())

    assert fingerprint(real) in caught.value.message
    assert fingerprint(other) in caught.value.message
    assert not instance.met.is_set()
    assert instance.offered == []
    assert len(instance.connections) == 1


async def test_a_host_key_mismatch_counts_more_than_a_failed_push():
    """Another machine at the address is said, even when the push fails as well."""

    async def push() -> None:
        raise InstanceGone("terminated")

    async def knock() -> asyncssh.SSHClientConnection:
        await gate.settle()
        raise HostKeyMismatch("another machine")

    gate = KeyGate(push, Timings())
    gate.push()

    with pytest.raises(HostKeyMismatch):
        await unless_push_fails(gate, knock())


async def test_a_host_key_mismatch_does_not_wait_for_the_push(instance, key):
    """The push is given up as soon as the machine is known to be another."""

    async def push() -> None:
        await asyncio.Event().wait()

    target = replace(instance.target, host_key=SessionKey.generate().public_line)

    with pytest.raises(HostKeyMismatch):
        await connect(target, key, push, timings=Timings())


async def test_a_refused_key_is_pushed_again_and_offered_on_the_same_connection(
    instance, key
):
    """A key that expired is replaced without a new connection."""
    pushes = []

    async def push() -> None:
        pushes.append(key.public_line)
        if len(pushes) == 2:
            instance.accepted.add(key.public_line)

    conn = await connect(instance.target, key, push, timings=Timings())

    assert len(pushes) == 2
    assert len(instance.connections) == 1
    await close(conn)


async def test_a_key_that_arrives_late_is_offered_again(instance, key):
    """The instance may see a key later than AWS says that it was sent."""
    instance.on_offer = lambda line: len(instance.offered) > 3

    conn = await connect(instance.target, key, nothing, timings=Timings())

    assert len(instance.connections) == 1
    await close(conn)


async def test_a_key_that_is_never_accepted_ends_in_a_clear_refusal(instance, key):
    """Refusals are bounded: three connections, four offers each."""
    with pytest.raises(SessionFailed, match="key is not accepted for ec2-user"):
        await connect(instance.target, key, nothing, timings=Timings())

    assert len(instance.connections) == 3
    assert instance.offered == [key.public_line] * 12


async def test_a_server_that_is_up_late_is_reached(make_instance, free_port):
    """A refused TCP connection is tried again, after a pause."""
    async with contextlib.AsyncExitStack() as stack:
        late = make_instance(port=free_port)
        slept = []

        async def start_instead_of_sleeping(pause_s: float) -> None:
            slept.append(pause_s)
            if len(slept) == 2:
                await stack.enter_async_context(late.serving())

        sock = await dial("127.0.0.1", free_port, sleep=start_instead_of_sleeping)

        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        sock.close()
        assert slept == list(PAUSES_S)


async def test_a_server_that_hangs_up_at_first_is_reached(make_instance, key):
    """A connection that breaks before authentication is replaced by another."""
    behind = make_instance()
    behind.accepted.add(key.public_line)
    seen = []

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(writer)
        if len(seen) > 1:
            inner, outer = await asyncio.open_connection("127.0.0.1", behind.port)
            await asyncio.gather(copy(reader, outer), copy(inner, writer))
        writer.close()

    async def copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(65536):
                sink.write(data)
        sink.close()

    async with behind.serving():
        front = await asyncio.start_server(relay, "127.0.0.1", 0)
        port = front.sockets[0].getsockname()[1]
        target = replace(behind.target, port=port)
        conn = await connect(target, key, nothing, timings=Timings())
        assert (await conn.run("echo in")).stdout == "in\n"
        await close(conn)
        front.close()
        for writer in seen:
            await writer.wait_closed()


async def test_nothing_listening_is_no_route(make_instance, free_port, key):
    """A refused port ends after three tries, with address and reason."""
    absent = make_instance(port=free_port)

    with pytest.raises(NoRoute, match=f"port {free_port}: connection refused"):
        await connect(absent.target, key, nothing, timings=Timings())


async def test_an_unanswered_port_is_no_route_within_the_deadline(
    make_instance, key, full_backlog
):
    """A server whose packets are dropped costs the deadline and no more."""
    silent = make_instance(port=full_backlog)

    with pytest.raises(NoRoute, match=r"within 0\.3 s"):
        await connect(silent.target, key, nothing, timings=Timings(), deadline_s=0.3)


async def test_a_private_address_without_a_route_says_what_it_takes(key, instance):
    """Nobody looks for the fault in the instance who has only left the VPN."""
    inside = replace(instance.target, address="10.255.255.1")

    with pytest.raises(NoRoute, match="the address is private: it takes a VPN") as said:
        await connect(inside, key, nothing, timings=Timings(), deadline_s=0.3)

    assert said.value.hint == "asgwarm up --address endpoint"


async def test_a_silent_server_is_given_up_at_the_deadline(make_instance, key):
    """A server that accepts and says nothing costs the deadline and no more."""
    mute = socket.create_server(("127.0.0.1", 0))
    target = make_instance(port=mute.getsockname()[1]).target

    with mute, pytest.raises(SessionFailed, match=r"not let in within 0\.3 s"):
        await connect(target, key, nothing, timings=Timings(), deadline_s=0.3)


async def test_what_is_no_ssh_server_is_said_at_once(make_instance, key):
    """A protocol that is not SSH is no reason for another try."""
    seen = []

    async def answer(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        seen.append(writer)
        writer.write(b"SSH-1.0-\x1b[2Jold\r\n")
        await reader.read()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        target = make_instance(port=server.sockets[0].getsockname()[1]).target

        with pytest.raises(SessionFailed) as caught:
            await connect(target, key, nothing, timings=Timings())

    assert caught.value.message.isprintable()
    assert len(seen) == 1


async def test_a_failed_push_wins_and_closes_the_connection(instance, key):
    """The push's own error is raised, whatever SSH would have said."""
    before = open_sockets()

    async def push() -> None:
        await instance.met.wait()
        raise InstanceGone("terminated")

    with pytest.raises(InstanceGone):
        await connect(instance.target, key, push, timings=Timings())

    assert instance.offered == []
    for conn in instance.connections:
        await conn.wait_closed()
    assert open_sockets() == before


async def test_a_failed_push_does_not_wait_for_the_network(
    make_instance, key, full_backlog
):
    """An instance that is gone is said at once, not after its silence."""
    silent = make_instance(port=full_backlog)

    async def push() -> None:
        raise InstanceGone("terminated")

    async with asyncio.timeout(2):
        with pytest.raises(InstanceGone):
            await connect(silent.target, key, push, timings=Timings())


async def test_a_failed_push_explains_why_nothing_answers():
    """An instance that is gone is named as such, not as a closed port."""
    refused = asyncio.Event()

    async def push() -> None:
        await refused.wait()
        for _ in range(10):
            await asyncio.sleep(0)
        raise InstanceGone("terminated")

    async def knock() -> asyncssh.SSHClientConnection:
        refused.set()
        raise NoRoute("connection refused")

    gate = KeyGate(push, Timings())
    gate.push()

    with pytest.raises(InstanceGone):
        await unless_push_fails(gate, knock())


async def test_a_push_that_hangs_is_named_at_the_deadline(instance, key):
    """The deadline holds for the push too, and says that it was the push."""

    async def push() -> None:
        await asyncio.Event().wait()

    with pytest.raises(KeyPushFailed, match="has not taken the key"):
        await connect(instance.target, key, push, timings=Timings(), deadline_s=0.5)


async def test_a_second_push_that_fails_is_the_error(instance, key):
    """A push that fails after a refusal counts as the first one does."""
    pushes = []

    async def push() -> None:
        pushes.append(1)
        if len(pushes) > 1:
            raise InstanceGone("terminated")

    with pytest.raises(InstanceGone):
        await connect(instance.target, key, push, timings=Timings())


@pytest.mark.parametrize("moment", ["push", "auth"])
async def test_cancelling_closes_everything(instance, key, moment):
    """A cancelled way in leaves no socket and no task behind."""
    before, tasks = open_sockets(), asyncio.all_tasks()

    async def push() -> None:
        if moment == "push":
            await asyncio.Event().wait()

    entering = asyncio.create_task(
        connect(instance.target, key, push, timings=Timings())
    )
    await (instance.met if moment == "push" else instance.tried).wait()
    entering.cancel()

    with pytest.raises(asyncio.CancelledError):
        await entering

    for conn in instance.connections:
        await conn.wait_closed()
    assert open_sockets() == before
    assert asyncio.all_tasks() == tasks


async def test_cancelling_at_the_moment_of_success_closes_the_connection(
    instance, enter
):
    """A connection that nobody will get is not left open."""
    conn: asyncssh.SSHClientConnection = await enter(instance)
    won = asyncio.Event()

    async def succeed() -> asyncssh.SSHClientConnection:
        won.set()
        return conn

    racing = asyncio.create_task(
        unless_push_fails(KeyGate(nothing, Timings()), succeed())
    )
    await won.wait()
    racing.cancel()
    await asyncio.wait({racing})

    assert racing.cancelled()
    assert conn.is_closed()


@pytest.mark.debian
def test_a_user_without_a_name_is_told_what_to_set():
    """A container may run as a bare number, for which asyncssh has no name."""
    program = """if True:
        import asyncio, os, sys
        from asgwarm.connect.keys import SessionKey
        from asgwarm.connect.target import Target
        from asgwarm.connect.timings import Timings
        from tests.integration.connect.going import connect
        from asgwarm.errors import ConfigError
        key = SessionKey.generate()
        target = Target(
            instance_id="i-0", address="127.0.0.1", os_user="a",
            host_key=key.public_line,
        )
        os.environ.clear()
        os.setuid(54321)
        try:
            asyncio.run(connect(target, key, asyncio.Event().wait, timings=Timings()))
        except ConfigError as error:
            sys.exit(error.hint)
    """

    done = subprocess.run(  # this interpreter, our own text
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stderr == "export LOGNAME=asgwarm\n"


async def test_a_handshake_that_is_cancelled_at_once_closes_its_socket(instance, key):
    """The socket is the handshake's from its first step on."""
    sock = await dial("127.0.0.1", instance.port)
    client = Client(key, KeyGate(nothing, Timings()), Timings())
    shaking = asyncio.create_task(handshake(sock, instance.target, client, best()))
    await asyncio.sleep(0)

    shaking.cancel()
    await asyncio.wait({shaking})

    assert sock.fileno() == -1


async def test_neither_agent_nor_other_keys_take_part(instance, key, monkeypatch):
    """Only the session key is offered, whatever the user's SSH set-up has."""
    monkeypatch.setenv("SSH_AUTH_SOCK", "/nonexistent/agent")
    instance.accepted.add(key.public_line)

    conn = await connect(instance.target, key, nothing, timings=Timings())

    assert set(instance.offered) == {key.public_line}
    assert instance.connections[0].get_extra_info("agent_path") is None
    await close(conn)


async def test_only_authenticated_encryption_is_used(instance, key):
    """AES-GCM, curve25519, no compression."""
    instance.accepted.add(key.public_line)

    conn = await connect(instance.target, key, nothing, timings=Timings())

    assert conn.get_extra_info("send_cipher") == "aes128-gcm@openssh.com"
    assert conn.get_extra_info("recv_cipher") == "aes128-gcm@openssh.com"
    assert conn.get_extra_info("send_compression") == "none"
    sock = conn.get_extra_info("socket")
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    await close(conn)
