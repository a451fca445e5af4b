"""The way in, against OpenSSH's own server."""

import asyncio
import fcntl
import getpass
import os
import pwd
import signal
import struct
import termios

import asyncssh
import pytest

from asgwarm.connect.keys import SessionKey
from asgwarm.connect.session import run_command, shell
from asgwarm.connect.streams import Streams
from asgwarm.errors import ConnectionDropped, HostKeyMismatch, SessionFailed

pytestmark = pytest.mark.debian


async def close(conn: asyncssh.SSHClientConnection) -> None:
    """Close and wait."""
    conn.close()
    await conn.wait_closed()


@pytest.fixture
def key() -> SessionKey:
    """A new session key."""
    return SessionKey.generate()


@pytest.mark.parametrize("log_level", ["INFO"])
async def test_a_pushed_key_opens_the_door(sshd, key, tmp_path):
    """Login, a command with both streams, its status."""
    conn = await sshd.enter(key)
    out, err = (os.open(tmp_path / n, os.O_RDWR | os.O_CREAT, 0o600) for n in "oe")

    code = await run_command(
        conn,
        "echo out; echo err >&2; exit 7",
        stdin=None,
        stdout=out,
        stderr=err,
        on_first_byte=lambda: None,
    )

    os.close(out)
    os.close(err)
    await close(conn)
    assert code == 7
    assert (tmp_path / "o").read_text() == "out\n"
    assert (tmp_path / "e").read_text() == "err\n"


async def test_the_algorithms_are_the_pinned_ones(sshd, key):
    """Sshd saw AES-GCM, curve25519, strict key exchange, one key and no agent."""
    await close(await sshd.enter(key))
    log = sshd.log

    assert "kex: algorithm: curve25519-sha256" in log
    assert "kex: host key algorithm: ssh-ed25519" in log
    assert "kex: client->server cipher: aes128-gcm@openssh.com" in log
    assert "kex: server->client cipher: aes128-gcm@openssh.com" in log
    assert "MAC: <implicit> compression: none" in log
    assert log.count(f"Accepted publickey for {getpass.getuser()}") == 1
    assert f"ED25519 {key.fingerprint}" in log
    offered = {
        word for line in log.splitlines() for word in line.split() if "SHA256:" in word
    }
    assert {word.strip("[]") for word in offered} == {key.fingerprint}
    assert "auth-agent-req" not in log
    assert "failed publickey" not in log.lower()


async def test_a_login_asks_for_the_keys_once(sshd, key):
    """One request and one run of the key command, which takes its time on AWS."""
    await close(await sshd.enter(key))

    assert sshd.lookups == 1
    assert sshd.log.count("userauth-request for user") == 1


async def test_strict_key_exchange_is_offered(sshd, key):
    """The remedy against prefix truncation (Terrapin) is on the client's side."""
    await close(await sshd.enter(key))

    proposal = next(
        line
        for line in sshd.log.split("peer client KEXINIT proposal")[1].splitlines()
        if "KEX algorithms" in line
    )
    assert "kex-strict-c-v00@openssh.com" in proposal


async def test_sshd_asks_for_keys_only_after_the_push(sshd, key):
    """The key exchange is over while the push still runs, and no key was offered."""
    released = asyncio.Event()

    async def push() -> None:
        await released.wait()
        sshd.put(key)

    entering = asyncio.create_task(sshd.enter(key, push))
    async with asyncio.timeout(5):
        while "KEX done" not in sshd.log:  # noqa: ASYNC110  # another process's file
            await asyncio.sleep(0.01)
    assert sshd.lookups == 0

    released.set()
    await close(await entering)

    assert "Failed publickey" not in sshd.log


async def test_a_late_key_is_pushed_again_on_the_same_connection(sshd, key):
    """A first push that never arrives costs a refusal, not a connection."""
    pushes = []

    async def push() -> None:
        pushes.append(1)
        if len(pushes) == 2:
            sshd.put(key)

    await close(await sshd.enter(key, push))

    assert len(pushes) == 2
    assert sshd.log.count("Connection from 127.0.0.1") - 1 == 1  # one is the probe's


async def test_a_key_that_never_arrives_is_refused_within_the_tries(sshd, key):
    """MaxAuthTries 4 ends a connection before we do; the error is the same."""

    async def nothing() -> None:
        """Push into nowhere."""

    with pytest.raises(SessionFailed):
        await sshd.enter(key, nothing)

    assert sshd.lookups <= 12


async def test_another_host_key_gets_no_authentication(sshd, key):
    """Sshd never sees a user name when its key is not the pinned one."""
    sshd.host_key = SessionKey.generate().public_line

    with pytest.raises(HostKeyMismatch):
        await sshd.enter(key)

    assert sshd.lookups == 0
    assert "userauth-request" not in sshd.log


@pytest.mark.parametrize("log_level", ["INFO"])
async def test_death_by_signal_and_binary_output(sshd, key, tmp_path):
    """143 after SIGTERM; five megabytes unchanged; names that are no UTF-8 too."""
    conn = await sshd.enter(key)
    source = tmp_path / "so\udcffurce"
    source.write_bytes(bytes(range(256)) * 20_000)
    out = os.open(tmp_path / "out", os.O_RDWR | os.O_CREAT, 0o600)

    async def run(command: str) -> int:
        return await run_command(
            conn,
            command,
            stdin=None,
            stdout=out,
            stderr=out,
            on_first_byte=lambda: None,
        )

    assert await run("kill -TERM $$") == 143
    assert await run(f"cat '{source}'") == 0

    os.close(out)
    await close(conn)
    assert (tmp_path / "out").read_bytes() == source.read_bytes()


@pytest.mark.parametrize("log_level", ["INFO"])
async def test_a_cancelled_command_sees_the_end_of_its_input(sshd, key, tmp_path):
    """Cancelling closes the channel, which a command that reads notices.

    sshd passes no signals to root's sessions; the signal has its test elsewhere.
    """
    conn = await sshd.enter(key)
    begun, marker = asyncio.Event(), tmp_path / "ended"
    readable, writable = os.pipe()
    out = os.open(os.devnull, os.O_WRONLY)
    running = asyncio.create_task(
        run_command(
            conn,
            f"echo begun; read line; touch {marker}",
            stdin=readable,
            stdout=out,
            stderr=out,
            on_first_byte=begun.set,
        )
    )
    await begun.wait()
    running.cancel()
    await asyncio.wait({running})

    async with asyncio.timeout(5):
        while not marker.exists():  # noqa: ASYNC110  # another process's file
            await asyncio.sleep(0.01)
    for fd in (readable, writable, out):
        os.close(fd)
    await close(conn)


@pytest.mark.long
@pytest.mark.parametrize("log_level", ["INFO"])
async def test_a_peer_that_hangs_is_noticed_within_a_minute(sshd, key, tmp_path):
    """Its TCP goes on answering; sshd itself does not."""
    conn = await sshd.enter(key)
    said = tmp_path / "out"
    out = os.open(said, os.O_RDWR | os.O_CREAT, 0o600)
    begun = asyncio.Event()
    running = asyncio.create_task(
        run_command(
            conn,
            "echo $PPID; exec sleep 1000",
            stdin=None,
            stdout=out,
            stderr=out,
            on_first_byte=begun.set,
        )
    )
    await begun.wait()
    while not said.read_text():  # noqa: ASYNC110  # another thread's file
        await asyncio.sleep(0.01)
    server = int(said.read_text())
    os.kill(server, signal.SIGSTOP)

    with pytest.raises(ConnectionDropped, match="not responding"):
        async with asyncio.timeout(60):
            await running

    os.close(out)
    os.kill(server, signal.SIGKILL)


async def test_a_shell_has_a_terminal_of_our_size(sshd, key):
    """A login shell on a real pseudo-terminal; its status comes back."""
    if "nologin" in pwd.getpwuid(os.getuid()).pw_shell:
        pytest.skip("this user has no shell")
    conn = await sshd.enter(key)
    screen, fd = os.openpty()
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 77, 0, 0))
    running = asyncio.create_task(
        shell(conn, streams=Streams(stdin=fd, stdout=fd), on_first_byte=lambda: None)
    )
    os.write(screen, b"stty size; tty; exit 6\r")

    seen = b""
    async with asyncio.timeout(10):
        while b"/dev/pts" not in seen:
            seen += await asyncio.to_thread(os.read, screen, 4096)
        code = await running

    os.close(screen)
    os.close(fd)
    await close(conn)
    assert b"33 77" in seen
    assert code == 6
