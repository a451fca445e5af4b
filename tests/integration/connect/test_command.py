"""Remote commands over a real SSH connection, with real file descriptors."""

import asyncio
import contextlib
import hashlib
import os
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncssh
import pytest

from asgwarm.connect.handshake import WINDOW_BYTES
from asgwarm.connect.output import HIGH_BYTES
from asgwarm.connect.session import quote_command, run_command
from asgwarm.errors import ConnectionDropped, SessionFailed

BINARY = bytes(range(256)) * 20_000  # 5.12 MB


class Streams:
    """Files in the part of this process's standard streams."""

    def __init__(self, folder: Path) -> None:
        self.out, self.err = folder / "out", folder / "err"
        flags = os.O_RDWR | os.O_CREAT
        self.fds = [os.open(path, flags, 0o600) for path in (self.out, self.err)]

    async def run(
        self,
        conn: asyncssh.SSHClientConnection,
        command: str,
        stdin: int | None = None,
        on_first_byte: Callable[[], None] = lambda: None,
    ) -> int:
        """Run *command* with these streams."""
        return await run_command(
            conn,
            command,
            stdin=stdin,
            stdout=self.fds[0],
            stderr=self.fds[1],
            on_first_byte=on_first_byte,
        )

    def close(self) -> None:
        """Close the files."""
        for fd in self.fds:
            os.close(fd)


@pytest.fixture
def streams(tmp_path: Path) -> Iterator[Streams]:
    """Files for output and errors."""
    made = Streams(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("command", "code"),
    [("true", 0), ("exit 7", 7), ("kill -TERM $$", 143), ("kill -KILL $$", 137)],
)
async def test_the_exit_status_passes_through(conn, streams, command, code):
    """A status stays as it is; death by signal n is 128 + n, as in a shell."""
    assert await streams.run(conn, command) == code


async def test_an_end_without_status_is_255(make_instance, enter, streams):
    """A server that says nothing about the end is not taken for success."""

    async def vanish(process: asyncssh.SSHServerProcess[bytes]) -> None:
        process.stdout.write(b"partial")
        process.close()

    async with make_instance(handler=vanish).serving() as instance:
        conn = await enter(instance)

        assert await streams.run(conn, "true") == 255

        assert streams.out.read_bytes() == b"partial"
        conn.abort()
        await conn.wait_closed()


async def test_output_and_errors_stay_apart(conn, streams):
    """Both streams arrive complete, each at its own descriptor."""
    assert await streams.run(conn, "echo out; echo err >&2") == 0

    assert streams.out.read_bytes() == b"out\n"
    assert streams.err.read_bytes() == b"err\n"


async def test_five_megabytes_arrive_unchanged(conn, streams, tmp_path):
    """Large binary output arrives byte for byte."""
    source = tmp_path / "source"
    source.write_bytes(BINARY)

    assert await streams.run(conn, f"cat {source}") == 0

    assert streams.out.read_bytes() == BINARY


async def test_a_file_as_input_is_read_to_its_end(conn, streams, tmp_path):
    """A regular file, which cannot be polled, is sent whole, then the end."""
    source = tmp_path / "source"
    source.write_bytes(BINARY)
    fd = os.open(source, os.O_RDONLY)

    assert await streams.run(conn, "cat", stdin=fd) == 0

    os.close(fd)
    assert streams.out.read_bytes() == BINARY


async def test_a_pipe_as_input_is_read_to_its_end(conn, streams):
    """Input in pieces arrives whole; the end of input ends the command."""
    readable, writable = os.pipe()

    async def produce() -> None:
        for start in range(0, len(BINARY), 50_000):
            await asyncio.to_thread(os.write, writable, BINARY[start : start + 50_000])
        os.close(writable)

    producing = asyncio.create_task(produce())
    assert await streams.run(conn, "sha256sum", stdin=readable) == 0
    await producing

    os.close(readable)
    digest = hashlib.sha256(BINARY).hexdigest()
    assert streams.out.read_text().startswith(digest)


async def test_without_input_the_command_sees_its_end(conn, streams):
    """No input at all is an empty input, not an endless one."""
    assert await streams.run(conn, "wc -c", stdin=None) == 0

    assert streams.out.read_text().strip() == "0"


async def test_a_closed_descriptor_as_input_is_an_empty_input(conn, streams):
    """A process started without an input (`<&-`) runs its command all the same."""
    readable, writable = os.pipe()
    os.close(writable)
    os.close(readable)

    assert await streams.run(conn, "wc -c", stdin=readable) == 0


async def test_a_command_that_ignores_its_input_ends(conn, streams):
    """Input that nobody reads does not keep a finished command."""
    readable, writable = os.pipe()

    assert await streams.run(conn, "exit 3", stdin=readable) == 3

    os.close(readable)
    os.close(writable)


async def test_descriptors_keep_their_flags(conn, tmp_path):
    """O_NONBLOCK would reach every process that shares the descriptor."""
    stdin, feeder = os.pipe()
    reader, stdout = os.pipe()
    os.close(feeder)

    await run_command(
        conn,
        "echo in",
        stdin=stdin,
        stdout=stdout,
        stderr=stdout,
        on_first_byte=lambda: None,
    )

    assert os.get_blocking(stdin)
    assert os.get_blocking(stdout)
    assert os.read(reader, 10) == b"in\n"
    for fd in (stdin, reader, stdout):
        os.close(fd)


async def test_the_first_byte_is_reported_once(conn, streams):
    """The caller learns when output begins, once."""
    seen = []

    await streams.run(
        conn, "echo a; echo b >&2; echo c", on_first_byte=lambda: seen.append(1)
    )

    assert seen == [1]


async def test_a_reader_that_stops_holds_the_instance_back(make_instance, enter):
    """Output that nobody takes is not piled up here: the sender has to wait."""
    sent, stuck = [0], asyncio.Event()
    chunk = bytes(1 << 20)

    async def flood(process: asyncssh.SSHServerProcess[bytes]) -> None:
        for _ in range(64):
            process.stdout.write(chunk)
            sent[0] += len(chunk)
            try:
                async with asyncio.timeout(0.3):
                    await process.stdout.drain()
            except TimeoutError:
                stuck.set()
                await process.stdout.drain()
        process.exit(0)

    reader, stdout = os.pipe()
    async with make_instance(handler=flood).serving() as instance:
        conn = await enter(instance)
        tracemalloc.start()
        running = asyncio.create_task(
            run_command(
                conn,
                "flood",
                stdin=None,
                stdout=stdout,
                stderr=stdout,
                on_first_byte=lambda: None,
            )
        )
        async with asyncio.timeout(10):
            await stuck.wait()
        held_bytes, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        got_bytes = await asyncio.to_thread(read_exactly, reader, 64 << 20)

        assert await running == 0
        assert got_bytes == 64 << 20
        assert sent[0] == 64 << 20
        assert held_bytes < WINDOW_BYTES + 4 * HIGH_BYTES
        conn.abort()
        await conn.wait_closed()
    os.close(reader)
    os.close(stdout)


async def test_input_that_nobody_reads_is_not_piled_up(make_instance, enter, streams):
    """A command that does not read holds our producer back, through the pipe."""
    release = asyncio.Event()

    async def ignore_input(process: asyncssh.SSHServerProcess[bytes]) -> None:
        await release.wait()
        process.exit(0)

    readable, writable = os.pipe()
    os.set_blocking(writable, False)
    async with make_instance(handler=ignore_input).serving() as instance:
        conn = await enter(instance)
        running = asyncio.create_task(streams.run(conn, "work", stdin=readable))

        taken = await write_until_stuck(writable, most=16 << 20)

        release.set()
        assert await running == 0
        assert taken < 8 << 20
        conn.abort()
        await conn.wait_closed()
    os.close(readable)
    os.close(writable)


async def write_until_stuck(fd: int, *, most: int) -> int:
    """Write zeros until nobody has taken any for 0.3 s; returns how many went."""
    loop, taken = asyncio.get_running_loop(), 0
    ready = asyncio.Event()
    loop.add_writer(fd, ready.set)
    with contextlib.suppress(TimeoutError):
        while taken < most:
            async with asyncio.timeout(0.3):
                await ready.wait()
            ready.clear()
            with contextlib.suppress(BlockingIOError):
                taken += os.write(fd, bytes(65536))
    loop.remove_writer(fd)
    return taken


async def test_input_still_flows_when_the_output_has_ended(
    make_instance, enter, streams
):
    """A command may close its output and go on reading."""
    got, closed = [], asyncio.Event()

    async def close_output(process: asyncssh.SSHServerProcess[bytes]) -> None:
        if process.command == "close":
            process.stdout.write_eof()
            closed.set()
            got.append(await process.stdin.read())
        process.exit(0)

    readable, writable = os.pipe()
    async with make_instance(handler=close_output).serving() as instance:
        conn = await enter(instance)
        running = asyncio.create_task(streams.run(conn, "close", stdin=readable))
        await closed.wait()
        await streams.run(conn, "anything")  # the end of output has come by then
        os.write(writable, b"late")
        os.close(writable)

        assert await running == 0
        assert got == [b"late"]
        conn.abort()
        await conn.wait_closed()
    os.close(readable)


def read_exactly(fd: int, size: int) -> int:
    """Read *size* bytes and say how many came."""
    got = 0
    while got < size and (data := os.read(fd, 1 << 16)):
        got += len(data)
    return got


async def test_output_that_nobody_reads_ends_like_sigpipe(conn):
    """`asgwarm get -- yes | head` ends, with the status of a broken pipe."""
    reader, stdout = os.pipe()
    os.close(reader)

    async with asyncio.timeout(10):
        code = await run_command(
            conn,
            "yes",
            stdin=None,
            stdout=stdout,
            stderr=stdout,
            on_first_byte=lambda: None,
        )

    os.close(stdout)
    assert code == 141


async def test_output_that_cannot_be_written_is_an_error(conn, streams):
    """A full disk is said, and is not the command's own failure."""
    full = os.open("/dev/full", os.O_WRONLY)

    with pytest.raises(SessionFailed, match="no space left on device"):
        await run_command(
            conn,
            "echo x",
            stdin=None,
            stdout=full,
            stderr=full,
            on_first_byte=lambda: None,
        )

    os.close(full)


async def test_a_lost_connection_is_no_exit_status(instance, conn, streams):
    """A connection that breaks is an error, after what had arrived is written."""

    def cut() -> None:
        instance.connections[-1].abort()

    with pytest.raises(ConnectionDropped, match="the SSH connection broke"):
        await streams.run(conn, "echo begun; exec sleep 9", on_first_byte=cut)

    assert streams.out.read_bytes() == b"begun\n"


async def test_a_server_that_says_goodbye_is_a_lost_connection(instance, conn, streams):
    """An orderly disconnect without a status is not an end of the command."""

    def disconnect() -> None:
        instance.connections[-1].disconnect(11, "going down\x1b[2J")

    with pytest.raises(ConnectionDropped) as caught:
        await streams.run(conn, "echo begun; exec sleep 9", on_first_byte=disconnect)

    assert caught.value.message.isprintable()


async def test_a_command_is_not_started_on_a_closed_connection(conn, streams):
    """Where nothing was started, the error says so by its class."""
    conn.close()
    await conn.wait_closed()

    with pytest.raises(SessionFailed) as caught:
        await streams.run(conn, "true")

    assert not isinstance(caught.value, ConnectionDropped)


async def test_a_cancelled_command_is_asked_to_end(make_instance, enter, streams):
    """Cancelling sends SIGTERM and closes the channel; the connection lives on."""
    begun, signals = asyncio.Event(), []

    async def note_signal(process: asyncssh.SSHServerProcess[bytes]) -> None:
        begun.set()
        try:
            await process.stdin.read()
        except asyncssh.SignalReceived as error:
            signals.append(error.signal)
        process.exit(4)

    readable, writable = os.pipe()
    async with make_instance(handler=note_signal).serving() as instance:
        conn = await enter(instance)
        running = asyncio.create_task(streams.run(conn, "work", stdin=readable))
        await begun.wait()
        running.cancel()

        with pytest.raises(asyncio.CancelledError):
            await running

        assert await streams.run(conn, "the next") == 4
        assert signals == ["TERM"]
        conn.abort()
        await conn.wait_closed()
    os.close(readable)
    os.close(writable)


async def test_arguments_arrive_as_they_were_given(conn, streams):
    """Quoting keeps the boundaries of several arguments, whatever they contain."""
    argv = ["printf", "%s|", "a b", "$HOME", "it's", "*", "", "\n", "-n"]

    assert await streams.run(conn, quote_command(argv)) == 0

    assert streams.out.read_text() == "a b|$HOME|it's|*||\n|-n|"
