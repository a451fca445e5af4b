"""The channel that does not wait to be open, with OpenSSH's server and a false one."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace

import asyncssh
import pytest

from asgwarm.connect.early import TESTED, EarlyChannel
from asgwarm.connect.levels import Level, best, stock
from asgwarm.connect.session import run_command, shell
from asgwarm.connect.streams import Streams
from asgwarm.errors import ConnectionDropped, SessionFailed
from tests.integration.connect.server import CountsFromSeven, Recorded


@dataclass
class Line:
    """A TCP relay that can hold back what the server says."""

    port: int
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    async def relay(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        inner, outer = await asyncio.open_connection("127.0.0.1", self.port)
        always = asyncio.Event()
        always.set()
        await asyncio.gather(
            _pass(reader, outer, always), _pass(inner, writer, self.may_answer)
        )

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[int]:
        """Relay from the port that this gives."""
        self.may_answer.set()
        async with await asyncio.start_server(self.relay, "127.0.0.1", 0) as server:
            yield server.sockets[0].getsockname()[1]


async def _pass(
    source: asyncio.StreamReader, sink: asyncio.StreamWriter, gate: asyncio.Event
) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await source.read(65536):
            await gate.wait()
            sink.write(data)
    sink.close()


async def until(happened: Callable[[], bool]) -> None:
    """Wait for what another process does."""
    async with asyncio.timeout(10):
        while not happened():  # noqa: ASYNC110  # it tells nobody
            await asyncio.sleep(0.01)


async def close(conn: asyncssh.SSHClientConnection) -> None:
    """Close and wait."""
    conn.close()
    await conn.wait_closed()


async def run(
    conn: asyncssh.SSHClientConnection, command: str, out: int, stdin: int | None = None
) -> int:
    """Run a command, with both of its outputs to *out*."""
    return await run_command(
        conn, command, stdin=stdin, stdout=out, stderr=out, on_first_byte=lambda: None
    )


@pytest.fixture
def log_level() -> str:
    """With DEBUG sshd talks on the commands' stderr too."""
    return "VERBOSE"


@pytest.mark.debian
async def test_a_command_starts_before_its_channel_is_confirmed(sshd, key, tmp_path):
    """It has run when nothing of sshd's answer has arrived yet; once, and whole."""
    line, marker = Line(sshd.port), tmp_path / "marker"
    async with line.open() as port:
        conn = await replace(sshd, port=port).enter(key)
        out = os.open(tmp_path / "out", os.O_RDWR | os.O_CREAT, 0o600)
        line.may_answer.clear()
        running = asyncio.create_task(
            run(conn, f"echo ran >> {marker}; echo out; exit 7", out)
        )

        await until(marker.exists)
        line.may_answer.set()

        assert await running == 7
        assert (tmp_path / "out").read_text() == "out\n"
        assert marker.read_text() == "ran\n"
        os.close(out)
        await close(conn)


@pytest.mark.debian
async def test_a_shell_starts_before_its_terminal_is_confirmed(sshd, key):
    """Terminal and shell are asked for together."""
    line = Line(sshd.port)
    async with line.open() as port:
        conn = await replace(sshd, port=port).enter(key)
        screen, fd = os.openpty()
        line.may_answer.clear()
        running = asyncio.create_task(
            shell(
                conn, streams=Streams(stdin=fd, stdout=fd), on_first_byte=lambda: None
            )
        )

        await until(lambda: "Starting session: shell on pts/" in sshd.log)
        line.may_answer.set()
        os.write(screen, b"exit 6\r")

        assert await running == 6
        os.close(screen)
        os.close(fd)
        await close(conn)


@pytest.mark.debian
async def test_input_waits_until_the_channel_is_open(sshd, key, tmp_path):
    """More than a window of it arrives whole, and then its end; later channels too."""
    conn = await sshd.enter(key)
    source = tmp_path / "source"
    source.write_bytes(bytes(range(256)) * 20_000)

    for name in ("first", "second"):
        given = os.open(source, os.O_RDONLY)
        out = os.open(tmp_path / name, os.O_RDWR | os.O_CREAT, 0o600)
        assert await run(conn, "cat", out, given) == 0
        assert (tmp_path / name).read_bytes() == source.read_bytes()
        os.close(given)
        os.close(out)
    await close(conn)


async def refusal(sshd, key, level: Level, fd: int | None = None) -> SessionFailed:
    """Return the error of a command, or of a shell in the terminal *fd*."""
    conn = await sshd.enter(key, level=level)
    out = os.open(os.devnull, os.O_WRONLY)
    with pytest.raises(SessionFailed) as caught:
        async with asyncio.timeout(10):
            if fd is None:
                await run(conn, "true", out)
            else:
                await shell(
                    conn, streams=Streams(stdin=fd, stdout=fd), on_first_byte=print
                )
    os.close(out)
    await close(conn)
    return caught.value


@pytest.mark.debian
@pytest.mark.parametrize("more", ["MaxSessions 0"])
async def test_a_refused_channel_is_the_same_error_as_with_stock(sshd, key, more):
    """Nothing was started, and the instance's reason is told."""
    early, plain = [await refusal(sshd, key, level) for level in (best(), stock())]

    assert (type(early), early.message) == (type(plain), plain.message)
    assert "opens no session" in early.message


@pytest.mark.debian
@pytest.mark.parametrize("more", ["PermitTTY no"])
async def test_a_refused_terminal_is_the_same_error_as_with_stock(sshd, key, more):
    """There is no shell without the terminal that was asked for."""
    screen, fd = os.openpty()

    early, plain = [await refusal(sshd, key, level, fd) for level in (best(), stock())]

    assert (type(early), early.message) == (type(plain), plain.message)
    assert "PTY request failed" in early.message
    os.close(screen)
    os.close(fd)


async def test_another_number_ends_the_connection(make_instance, enter, tmp_path):
    """The guess was wrong: what was sent is not sent again, and nothing has run."""
    version = f"{TESTED[0]}2".removeprefix("SSH-2.0-")
    odd = make_instance(speaks=CountsFromSeven, version=version)
    out = os.open(os.devnull, os.O_WRONLY)
    async with odd.serving():
        conn = await enter(odd)
        with pytest.raises(ConnectionDropped, match="first channel has number 7"):
            await run(conn, f"touch {tmp_path}/ran", out)

        assert len(odd.connections) == 1
        assert list(tmp_path.iterdir()) == []
        await conn.wait_closed()
    os.close(out)


@pytest.mark.parametrize(
    ("version", "is_early"),
    [
        (f"{TESTED[0]}2+deb12u7".removeprefix("SSH-2.0-"), True),
        ("OpenSSH_9.2", False),
        ("OpenSSH_8.7", False),
        ("asyncssh", False),
    ],
)
async def test_only_tested_servers_get_an_early_channel(
    make_instance, enter, version, is_early
):
    """And only the first channel of a connection is one."""
    async with make_instance(speaks=Recorded, version=version).serving() as instance:
        conn = await enter(instance)
        channels: list[object] = [
            asyncssh.SSHClientChannel(conn, conn._loop, "replace", None, "", 1, 1)
            for _ in range(2)
        ]

        assert conn.get_extra_info("level") == ("early" if is_early else None)
        assert [type(chan) is EarlyChannel for chan in channels] == [is_early, False]
        conn.abort()
        await conn.wait_closed()
