"""A command or a shell on an instance, with this process's own streams.

Rule 1: bytes pass unchanged in both directions, and the exit status too.
Rule 2: `SessionFailed` as such says that nothing was started; its subclass
`ConnectionDropped` says that something may have been.
Rule 3: while the terminal is raw, a line of ours brings its own carriage returns.
"""

import asyncio
import os
import shlex
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import Any

import asyncssh

from asgwarm.connect import terminal
from asgwarm.connect.beside import ALONE, Beside
from asgwarm.connect.handshake import WINDOW_BYTES, quoted
from asgwarm.connect.remote import Remote, feed
from asgwarm.connect.streams import Streams
from asgwarm.errors import ConfigError, ConnectionDropped, SessionFailed

# What still comes after Ctrl-C is at most a window: ssh(1) halves it for shells too.
_SHELL_WINDOW_BYTES = WINDOW_BYTES // 2


def quote_command(argv: Sequence[str]) -> str:
    """Return the command line that the instance's shell gets for *argv*.

    Several arguments arrive as those very arguments: `make 'a b'` keeps its space.
    A single argument is a line of shell, as with ssh: `'a | b'` is a pipe.

    Raises:
        ConfigError: There is no command.
    """
    line = argv[0] if len(argv) == 1 else shlex.join(argv)
    if not line.strip():
        raise ConfigError("the command is empty", hint="asgwarm get -- make test")
    return line


async def run_command(  # noqa: PLR0913  # three of them are its streams
    conn: asyncssh.SSHClientConnection,
    command: str,
    *,
    stdin: int | None,
    stdout: int,
    stderr: int,
    on_first_byte: Callable[[], None],
    beside: Beside = ALONE,
) -> int:
    """Run *command* with file descriptors of this process as its streams.

    No terminal is allocated. When cancelled, the command is asked to end.

    Args:
        stdin: None for no input at all.
        on_first_byte: Called once, when the first output arrives.

    Returns:
        The exit status, see `Remote.wait`.

    Raises:
        SessionFailed: It was not started, or its output cannot be written.
        ConnectionDropped: The connection broke after that.
    """
    remote = Remote(stdout=stdout, stderr=stderr, on_first_byte=on_first_byte)
    # As bytes, so that file names that are not UTF-8 arrive as they are.
    line = command.encode("utf-8", "surrogateescape")
    with ExitStack() as stack:
        stack.callback(remote.close)
        await _start(conn, remote, command=line, request_pty=False)
        with _heard(beside, remote, "{}\n"):
            feeding = feed(stdin, remote, may_send=beside.may_send)
            return await _until_end(remote, feeding)


async def run_remote(
    conn: asyncssh.SSHClientConnection,
    remote: Remote,
    line: bytes,
    feeding: Callable[[], Coroutine[Any, Any, None]],
) -> int:
    """Run *line* with *remote* on this side of it; return and raise as `Remote.wait`.

    Args:
        remote: The caller's, who closes it.
        feeding: Sends its input.
    """
    await _start(conn, remote, command=line, request_pty=False)
    return await _until_end(remote, feeding())


async def shell(
    conn: asyncssh.SSHClientConnection,
    *,
    streams: Streams,
    on_first_byte: Callable[[], None],
    command: str | None = None,
    beside: Beside = ALONE,
) -> int:
    """Give the user's terminal to a login shell on the instance.

    `~.` at the start of a line leaves it. Where the input is no terminal, the shell
    gets none either and reads its commands from there.

    Args:
        command: A line that gets the terminal in the place of a login shell.

    Returns:
        The shell's exit status; 255 after `~.`.

    Raises:
        SessionFailed: The shell was not started.
        ConnectionDropped: The connection broke after that.
    """
    remote = Remote(
        stdout=streams.stdout, stderr=streams.stderr, on_first_byte=on_first_byte
    )
    with ExitStack() as stack:
        stack.callback(remote.close)
        if os.isatty(streams.stdin):
            return await _in_terminal(conn, remote, streams, command, beside)
        await _start(conn, remote, command=command, request_pty=False)
        with _heard(beside, remote, "{}\n"):
            feeding = feed(streams.stdin, remote, may_send=beside.may_send)
            return await _until_end(remote, feeding)


async def _in_terminal(
    conn: asyncssh.SSHClientConnection,
    remote: Remote,
    streams: Streams,
    command: str | None,
    beside: Beside,
) -> int:
    from asgwarm.connect.screen import Screen  # commands need none

    fd, resizes = streams.stdin, streams.resizes or terminal.resizes
    screen = Screen()
    remote.on_output = screen.see
    await _start(
        conn,
        remote,
        command=command,
        env=streams.terminal_environment,
        request_pty="force",
        term_type=streams.terminal_type,
        term_size=terminal.size(fd),
        term_modes=terminal.modes(fd),
        window=_SHELL_WINDOW_BYTES,
    )
    with ExitStack() as stack:
        stack.enter_context(resizes(lambda: _resize(remote, fd)))
        stack.enter_context(terminal.raw(fd))
        stack.callback(screen.put_back, fd)
        stack.enter_context(_heard(beside, remote, "\r\n{}\r\n"))
        keys = terminal.EscapeKeys()
        return await _until_end(remote, feed(fd, remote, keys, beside.may_send))


def _heard(beside: Beside, remote: Remote, form: str) -> "AbstractContextManager[None]":
    """Let notices come out among the remote's own words."""
    return beside.notices.heard_by(lambda said: remote.say(form.format(said).encode()))


def _resize(remote: Remote, fd: int) -> None:
    if remote.channel is not None:
        remote.channel.change_terminal_size(*terminal.size(fd))


async def _start(
    conn: asyncssh.SSHClientConnection, remote: Remote, **options: Any
) -> None:
    try:
        await conn.create_session(lambda: remote, encoding=None, **options)
    except asyncssh.ChannelOpenError as error:
        raise SessionFailed(
            f"the instance opens no session: {quoted(str(error))}",
            hint="asgwarm status",
        ) from error
    except (asyncssh.DisconnectError, OSError) as error:
        raise ConnectionDropped(
            f"the SSH connection broke: {quoted(str(error))}", hint="asgwarm ls"
        ) from error


async def _until_end(remote: Remote, feeding: Coroutine[Any, Any, None]) -> int:
    pump = asyncio.ensure_future(feeding)
    try:
        return await remote.wait()
    finally:
        pump.cancel()
        await asyncio.wait({pump})
        if not pump.cancelled():
            pump.result()
