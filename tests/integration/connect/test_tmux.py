"""A shell that the next session finds again, on OpenSSH's server."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from asgwarm.connect import tmux
from asgwarm.connect.session import shell
from asgwarm.connect.streams import Streams
from asgwarm.errors import ConnectionDropped
from tests.integration.connect.test_shell import Terminal

pytestmark = pytest.mark.debian
ENV = {"TERM": "xterm-256color", "LANG": "C.UTF-8"}


@pytest.fixture
def log_level() -> str:
    """With DEBUG sshd talks on the terminal too."""
    return "INFO"


@pytest.fixture
def path() -> str:
    """Where the instance finds programs."""
    return os.environ["PATH"]


@pytest.fixture
def more(tmp_path, path) -> str:
    """A folder of its own for tmux's server, which ends with the test."""
    return f"SetEnv TMUX_TMPDIR={tmp_path} PATH={path}"


@pytest.fixture
def own_server(tmp_path) -> Iterator[None]:
    """Nothing is left of it."""
    yield
    env = {"TMUX_TMPDIR": str(tmp_path), "PATH": os.environ["PATH"]}
    kill = [shutil.which("tmux") or "tmux", "kill-server"]
    subprocess.run(kill, env=env, check=False, capture_output=True)


def enter(conn, terminal) -> "asyncio.Task[int]":
    """Open the shell that outlives its connections."""
    streams = Streams(stdin=terminal.fd, stdout=terminal.fd, env=ENV)
    return asyncio.create_task(
        shell(conn, streams=streams, on_first_byte=lambda: None, command=tmux.LINE)
    )


@pytest.mark.usefixtures("own_server")
async def test_the_same_shell_is_found_after_the_connection_broke(sshd, key):
    """What was set there is set there still, and letters are UTF-8."""
    first, second = Terminal(), Terminal()
    conn = await sshd.enter(key)
    running = enter(conn, first)
    first.type(b"word=gr\xc3\xbcn; echo on$((40+2))\r")
    await first.shows(b"on42")
    conn.abort()
    with pytest.raises(ConnectionDropped):
        await running

    conn = await sshd.enter(key)
    running = enter(conn, second)
    await second.shows(b"on42")
    second.type(b'echo "<$word>"; echo end$((40+2))\r')

    assert "<grün>".encode() in await second.shows(b"end42")
    second.type(b"exit\r")
    assert await running == 0
    for terminal in (first, second):
        terminal.close()
    conn.abort()
    await conn.wait_closed()


@pytest.mark.parametrize("path", ["/nowhere"])
async def test_without_tmux_there_is_a_notice_and_a_shell(sshd, key):
    """A login shell whose exit code is ours."""
    conn, terminal = await sshd.enter(key), Terminal()

    running = enter(conn, terminal)

    await terminal.shows(b"asgwarm: no tmux on this instance")
    terminal.type(b"exit 7\r")
    assert await running == 7
    terminal.close()
    conn.abort()
    await conn.wait_closed()
