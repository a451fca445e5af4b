"""A shell through a real pseudo-terminal of this computer."""

import asyncio
import contextlib
import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import termios
import tty
from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest

from asgwarm.connect.beside import ALONE, Beside, Notices
from asgwarm.connect.session import shell
from asgwarm.connect.streams import Streams
from asgwarm.connect.terminal import raw
from asgwarm.errors import ConnectionDropped


class Terminal:
    """A pseudo-terminal: `fd` is the program's side, `screen` the person's."""

    def __init__(self) -> None:
        self.screen, self.fd = os.openpty()
        self.resize(columns=100, rows=40)
        os.set_blocking(self.screen, False)

    def resize(self, *, columns: int, rows: int) -> None:
        """Change the size; the kernel tells nobody, as we have no foreground."""
        fcntl.ioctl(
            self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0)
        )

    def type(self, keys: bytes) -> None:
        """Press keys; those that the terminal has no room for have to wait."""
        while keys:
            select.select([], [self.screen], [])
            with contextlib.suppress(BlockingIOError):
                keys = keys[os.write(self.screen, keys) :]

    async def shows(self, text: bytes) -> bytes:
        """Wait until *text* is on the screen; returns everything up to there."""
        seen, news = b"", asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(self.screen, news.set)
        try:
            async with asyncio.timeout(5):
                while text not in seen:
                    await news.wait()
                    news.clear()
                    with contextlib.suppress(BlockingIOError):
                        seen += os.read(self.screen, 65536)
        finally:
            loop.remove_reader(self.screen)
        return seen

    @property
    def modes(self) -> list[object]:
        """The modes as the kernel has them."""
        return termios.tcgetattr(self.fd)

    def close(self) -> None:
        """Close both sides."""
        os.close(self.screen)
        os.close(self.fd)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    """A pseudo-terminal of 100 columns and 40 rows."""
    made = Terminal()
    yield made
    made.close()


async def talk(process: asyncssh.SSHServerProcess[bytes]) -> None:
    """Play a shell: say what the terminal is, repeat lines, tell of new sizes."""
    say = process.stdout.write
    say(f"{process.term_type} {process.term_size}\r\n".encode())
    while True:
        try:
            keys = await process.stdin.read(100)
        except asyncssh.TerminalSizeChanged as change:
            say(f"now {change.width}x{change.height}\r\n".encode())
            continue
        if not keys or b"q" in keys:
            break
        say(b"got " + keys.replace(b"\x03", b"^C") + b"\r\n")
    process.exit(9)


@pytest.fixture
async def shell_conn(make_instance, enter):
    """A connection to an instance whose shell is `talk`."""
    async with make_instance(handler=talk).serving() as instance:
        conn = await enter(instance)
        yield conn
        conn.abort()
        await conn.wait_closed()


def start(
    conn: asyncssh.SSHClientConnection, fd: int, beside: Beside = ALONE, **env: str
) -> "asyncio.Task[int]":
    """Run a shell in the terminal at *fd*."""
    streams = Streams(stdin=fd, stdout=fd, stderr=fd, env=env)
    return asyncio.create_task(
        shell(conn, streams=streams, on_first_byte=lambda: None, beside=beside)
    )


async def test_the_shell_gets_the_terminal_and_its_status_passes(shell_conn, terminal):
    """Type and size go there, keys go unseen, the exit status comes back."""
    before = terminal.modes
    running = start(shell_conn, terminal.fd, TERM="xterm-test")

    await terminal.shows(b"xterm-test (100, 40, 0, 0)\r\n")
    assert terminal.modes != before
    terminal.type(b"\x03")
    await terminal.shows(b"got ^C\r\n")
    terminal.type(b"q")

    assert await running == 9
    assert terminal.modes == before


async def test_a_new_size_reaches_the_shell(shell_conn, terminal):
    """SIGWINCH passes the new size on, and is ours only as long as the shell."""
    handler = signal.getsignal(signal.SIGWINCH)
    running = start(shell_conn, terminal.fd)
    await terminal.shows(b"(100, 40, 0, 0)")

    terminal.resize(columns=132, rows=50)
    signal.raise_signal(signal.SIGWINCH)

    await terminal.shows(b"now 132x50\r\n")
    terminal.type(b"q")
    await running
    assert signal.getsignal(signal.SIGWINCH) == handler


async def test_what_is_pasted_arrives_as_it_is(shell_conn, terminal):
    """More than a terminal takes at once, letters of all kinds and control keys."""
    pasted = "grün → 😀 \x1b[200~\x01\x03\x16".encode() * 200
    running = start(shell_conn, terminal.fd)
    await terminal.shows(b"(100, 40, 0, 0)\r\n")

    typing = asyncio.to_thread(terminal.type, pasted + b"\x04end")
    seen, _ = await asyncio.gather(terminal.shows(b"end\r\n"), typing)

    shown = seen.replace(b"got ", b"").replace(b"\r\n", b"").replace(b"^C", b"\x03")
    assert shown == pasted + b"\x04end"
    terminal.type(b"q")
    await running


async def test_what_the_terminal_shows_is_known_there(make_instance, enter, terminal):
    """Its colours, and UTF-8 by a locale that is there, whatever it is called here."""

    async def tell(process: asyncssh.SSHServerProcess[bytes]) -> None:
        process.stdout.write(str(sorted(process.env.items())).encode() + b"\r\n")
        process.exit(0)

    async with make_instance(handler=tell).serving() as instance:
        conn = await enter(instance)
        env = {"LANG": "de_DE.UTF-8", "COLORTERM": "truecolor", "SECRET": "x"}
        await start(conn, terminal.fd, ALONE, **env)
        await terminal.shows(
            b"[('COLORTERM', 'truecolor'), ('LC_CTYPE', 'C.UTF-8')]\r\n"
        )
        await start(conn, terminal.fd, LANG="de_DE.UTF-8", LC_ALL="C")
        await terminal.shows(b"[]\r\n")
        conn.abort()
        await conn.wait_closed()


async def test_nothing_is_sent_before_it_may_be(shell_conn, terminal):
    """What is typed meanwhile waits, and arrives."""
    asked, may_send = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        asked.set()
        await may_send.wait()

    running = start(shell_conn, terminal.fd, Beside(may_send=wait))
    await terminal.shows(b"(100, 40, 0, 0)\r\n")
    terminal.type(b"one")
    await asked.wait()
    terminal.resize(columns=132, rows=50)
    signal.raise_signal(signal.SIGWINCH)
    assert await terminal.shows(b"now 132x50\r\n") == b"now 132x50\r\n"

    may_send.set()

    await terminal.shows(b"got one\r\n")
    terminal.type(b"q")
    await running


async def test_a_notice_stands_on_a_line_of_its_own(shell_conn, terminal):
    """Whether it came before or in the middle; raw mode moves no cursor by itself."""
    notices = Notices()
    notices.say("before")
    running = start(shell_conn, terminal.fd, Beside(notices=notices))
    await terminal.shows(b"\r\nbefore\r\n")

    notices.say("soon over")

    await terminal.shows(b"\r\nsoon over\r\n")
    terminal.type(b"q")
    await running


async def test_tilde_dot_leaves(shell_conn, terminal):
    """`~.` at the start of a line leaves with 255; the terminal is given back."""
    before = terminal.modes
    running = start(shell_conn, terminal.fd)
    await terminal.shows(b"(100, 40, 0, 0)")

    terminal.type(b"x~.\r")
    await terminal.shows(b"got x~.\r")
    terminal.type(b"~.")

    assert await running == 255
    assert terminal.modes == before


async def test_a_lost_connection_puts_an_editors_screen_back(
    make_instance, enter, terminal
):
    """The screen before it, and a cursor, which it cannot put back any more."""

    async def edit(process: asyncssh.SSHServerProcess[bytes]) -> None:
        process.stdout.write(b"\x1b[?1049h\x1b[?25ltext")
        await process.stdin.read()

    async with make_instance(handler=edit).serving() as instance:
        conn = await enter(instance)
        running = start(conn, terminal.fd)
        await terminal.shows(b"text")

        conn.abort()

        await terminal.shows(b"\x1b[m\x1b[?25h\x1b[?1049l")
        with pytest.raises(ConnectionDropped):
            await running


async def test_a_lost_connection_gives_the_terminal_back(shell_conn, terminal):
    """The terminal is as it was, and the loss is an error."""
    before = terminal.modes
    running = start(shell_conn, terminal.fd)
    await terminal.shows(b"(100, 40, 0, 0)")

    shell_conn.abort()

    with pytest.raises(ConnectionDropped):
        await running
    assert terminal.modes == before


async def test_cancelling_gives_the_terminal_back(shell_conn, terminal):
    """A cancelled session leaves the terminal as it was."""
    before = terminal.modes
    running = start(shell_conn, terminal.fd)
    await terminal.shows(b"(100, 40, 0, 0)")

    running.cancel()

    with pytest.raises(asyncio.CancelledError):
        await running
    assert terminal.modes == before


async def test_typing_ahead_is_not_lost(shell_conn, terminal):
    """What was typed while the way in was being made reaches the shell."""
    terminal.type(b"early\n")
    running = start(shell_conn, terminal.fd)

    await terminal.shows(b"got early\n")
    terminal.type(b"q")
    await running


async def test_a_terminal_that_is_gone_ends_the_session(shell_conn):
    """A closed terminal window does not leave a session behind."""
    screen, fd = os.openpty()
    running = start(shell_conn, fd)
    async with asyncio.timeout(5):
        await asyncio.to_thread(os.read, screen, 100)

    os.close(screen)

    assert await running == 255
    os.close(fd)


async def test_without_a_terminal_the_shell_reads_its_commands(conn):
    """A pipe as input gives commands, as with ssh, and no terminal is asked for."""
    stdin, feeder = os.pipe()
    reader, stdout = os.pipe()
    os.write(feeder, b"echo one; test -t 0 || echo no terminal\nexit 5\n")
    os.close(feeder)

    code = await shell(
        conn,
        streams=Streams(stdin=stdin, stdout=stdout),
        on_first_byte=lambda: None,
    )

    assert code == 5
    assert os.read(reader, 100) == b"one\nno terminal\n"
    for fd in (stdin, reader, stdout):
        os.close(fd)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_deadly_signal_gives_the_terminal_back_first(terminal, number):
    """Where nobody handles SIGTERM and SIGHUP, the terminal is restored first."""
    before = terminal.modes

    program = (
        "import signal\n"
        "from asgwarm.connect.terminal import raw\n"
        f"with raw({terminal.fd}): signal.raise_signal({number:d})"
    )

    done = subprocess.run(  # this interpreter, our own text
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[3],
        # Whoever measures the tests would handle the signal.
        env={k: v for k, v in os.environ.items() if not k.startswith("COVERAGE")},
        pass_fds=[terminal.fd],
        check=False,
    )

    assert done.returncode == -number
    assert terminal.modes == before


def test_raw_mode_leaves_a_handler_of_somebody_else_alone(terminal):
    """A program that ends its sessions itself on SIGTERM goes on doing so."""
    seen = []
    previous = signal.signal(signal.SIGTERM, lambda *_: seen.append("theirs"))

    with raw(terminal.fd):
        signal.raise_signal(signal.SIGTERM)

    signal.signal(signal.SIGTERM, previous)
    assert seen == ["theirs"]


def test_raw_mode_passes_every_key_on(terminal):
    """In raw mode Ctrl-C is a byte."""
    with raw(terminal.fd):
        local_flags = termios.tcgetattr(terminal.fd)[tty.LFLAG]

    assert not local_flags & (termios.ISIG | termios.ICANON | termios.ECHO)
