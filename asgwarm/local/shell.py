"""SSH sessions on an instance: real processes of the user's own machine.

A session gets HOME and working folder inside the instance's folder and a clean
environment, and a terminal of its own when it asks for one (terminal.py).

Rules: output is drained before the exit status goes out, or a client may see success
without output; stdin's end, signals and window sizes are passed on; a lost connection
hangs up on its processes; what a session left in the background lives on, as it would
on a real instance, until the instance ends.
"""

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import asyncssh

from asgwarm.local.environment import kept
from asgwarm.local.info import USER
from asgwarm.local.terminal import Terminal

CHUNK_BYTES = 65_536
SHELL = "/bin/bash" if Path("/bin/bash").exists() else "/bin/sh"

Session = asyncssh.SSHServerProcess[bytes]
Env = dict[str, str]

_ACCEPTED = ("LANG", "LC_", "TERM", "COLORTERM")  # sshd's AcceptEnv on Amazon Linux
_LAST_WORDS_S = 0.2
HANG_UP_S = 5.0


def environment(home: Path) -> dict[str, str]:
    """What a process on an instance sees: nothing of the region's own secrets."""
    return kept() | {"HOME": str(home), "USER": USER, "LOGNAME": USER, "SHELL": SHELL}


async def run_session(
    session: Session, *, home: Path, surroundings: Mapping[str, str], banner: str
) -> None:
    """Run what the client asked for, and tell it how that ended.

    Args:
        surroundings: Where processes find the services of their instance.
    """
    env = environment(home) | dict(surroundings)
    try:
        if session.term_type is not None:  # empty: a terminal of no known type
            await _with_terminal(session, home, env, banner)
        else:
            await _with_pipes(session, home, env)
    except OSError as error:
        session.stderr.write(f"{SHELL}: {error}\n".encode())
        session.exit(127)


async def _spawn(session: Session, home: Path, env: Env, **how: Any) -> Process:
    command = ["-l"] if session.command is None else ["-c", session.command]
    asked = {k: v for k, v in session.env.items() if k.startswith(_ACCEPTED)}
    terminal = {"TERM": session.term_type} if session.term_type else {}
    agent = session.channel.get_agent_path()
    forwarded = {"SSH_AUTH_SOCK": agent} if agent else {}
    # tmux finds its server by this: no instance's is another one's.
    asked["TMUX_TMPDIR"] = str(home)
    return await asyncio.create_subprocess_exec(
        SHELL,
        *command,
        cwd=home,
        env=env | asked | terminal | forwarded,
        start_new_session=True,
        **how,
    )


async def _with_pipes(session: Session, home: Path, env: Env) -> None:
    child = await _spawn(session, home, env, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    stdin, stdout, stderr = child.stdin, child.stdout, child.stderr
    if stdin is None or stdout is None or stderr is None:
        raise OSError("no pipes")

    async def write(data: bytes) -> None:
        stdin.write(data)
        with contextlib.suppress(ConnectionError):
            await stdin.drain()

    async def to_the_end() -> None:
        await asyncio.gather(
            _drain(partial(stdout.read, CHUNK_BYTES), session.stdout),
            _drain(partial(stderr.read, CHUNK_BYTES), session.stderr),
        )
        _report(session, await child.wait())

    feeding = _feed(session, child, write, stdin.close, lambda size: None)
    await _supervise(session, child, to_the_end(), feeding)


async def _with_terminal(session: Session, home: Path, env: Env, banner: str) -> None:
    with Terminal(session.term_size) as terminal:
        if session.command is None:
            session.stdout.write(banner.replace("\n", "\r\n").encode())
        child = await _spawn(session, home, env, **terminal.for_child())
        terminal.child_has_it()

        async def to_the_end() -> None:
            draining = asyncio.create_task(_drain(terminal.read, session.stdout))
            try:
                code = await child.wait()
                # All that the shell wrote is in the terminal by now; a job that it
                # left behind may hold the terminal open for ever.
                await asyncio.wait([draining], timeout=_LAST_WORDS_S)
            finally:
                draining.cancel()
            _report(session, code)

        feeding = _feed(
            session, child, terminal.write, terminal.end_of_input, terminal.resize
        )
        await _supervise(session, child, to_the_end(), feeding)


async def _supervise(
    session: Session, child: Process, work: Awaitable[None], feeding: Awaitable[None]
) -> None:
    """Await *work*; when the client goes away before it is done, hang up."""
    # asyncssh tells of a signal who reads, which nobody does after the end of input.
    session.signal_received = partial(_pass_on, child)  # type: ignore[method-assign]
    working = asyncio.ensure_future(work)
    helpers = [
        asyncio.ensure_future(feeding),
        asyncio.ensure_future(session.wait_closed()),
    ]
    try:
        await asyncio.wait([working, helpers[1]], return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
    finally:
        for task in (working, *helpers):
            task.cancel()
        await asyncio.wait([working, *helpers])
        await _hang_up(child)


async def _hang_up(child: Process) -> None:
    """Let a child that nobody listens to any more end by itself, but not for ever."""
    if child.returncode is None:
        kill_group(child.pid, signal.SIGHUP)
        await asyncio.wait([asyncio.ensure_future(child.wait())], timeout=HANG_UP_S)
    if child.returncode is None:
        kill_group(child.pid, signal.SIGKILL)


async def _feed(
    session: Session,
    child: Process,
    write: Callable[[bytes], Awaitable[None]],
    close: Callable[[], object],
    resize: Callable[[tuple[int, ...]], object],
) -> None:
    while True:
        try:
            data = await session.stdin.read(CHUNK_BYTES)
        except asyncssh.TerminalSizeChanged as change:
            resize(change.term_size)
        except asyncssh.SignalReceived as received:
            _pass_on(child, received.signal)
        except asyncssh.BreakReceived:
            kill_group(child.pid, signal.SIGINT)
        else:
            if not data:
                close()
                return
            await write(data)


def _pass_on(child: Process, name: str) -> None:
    kill_group(child.pid, getattr(signal, f"SIG{name}", signal.SIGTERM))


async def _drain(
    read: Callable[[], Awaitable[bytes]], target: asyncssh.SSHWriter[bytes]
) -> None:
    while data := await read():
        target.write(data)
        await target.drain()


def _report(session: Session, code: int) -> None:
    if code >= 0:
        session.exit(code)
    else:
        session.exit_with_signal(signal.Signals(-code).name.removeprefix("SIG"))


def kill_group(pid: int, number: int = signal.SIGKILL) -> None:
    """Signal a process and its group; one that is gone already is no error."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
