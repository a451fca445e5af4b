"""An instance that a program has: commands, files, ports, a shell.

Rule 1: its lease is renewed in the background while the block that gave it is open.
Once that failed, or somebody ended the lease, whatever is called next raises LeaseLost.
Rule 2: an instance is one connection. Several things may go on over it at once.
"""

import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from os import PathLike
from typing import TYPE_CHECKING

from asgwarm.api.done import Done
from asgwarm.connect.sinks import PIPE, Sink, Sinks
from asgwarm.files.progress import Copied, OnProgress, ignored

if TYPE_CHECKING:
    import asyncssh

    from asgwarm.connect.sources import Source
    from asgwarm.connect.timings import Timings
    from asgwarm.leasing.holding import Session
    from asgwarm.leasing.lease import Lease

MAX_OUTPUT_BYTES = 64 << 20


class AsyncInstance:
    """A leased instance that is connected; made by a pool.

    Attributes:
        timings: How long each phase took until it was connected; `total_ms` of all.
    """

    def __init__(self, session: "Session", timings: "Timings") -> None:
        self._session = session
        self.timings = timings

    @property
    def lease(self) -> "Lease":
        """The right to it: `id`, `instance_id`, `name`, `expires_at` and more."""
        return self._session.lease

    @property
    def ssh(self) -> "asyncssh.SSHClientConnection":
        """The asyncssh connection, for what is not here."""
        return self._session.conn

    async def run(  # noqa: PLR0913  # by keyword, as subprocess has them
        self,
        command: str | Sequence[str],
        *,
        check: bool = True,
        timeout: float | None = None,  # noqa: ASYNC109  # what it ends is elsewhere
        env: Mapping[str, str] | None = None,
        cwd: "str | PathLike[str] | None" = None,
        stdin: "Source" = None,
        stdout: Sink = PIPE,
        stderr: Sink = PIPE,
        max_output_bytes: int = MAX_OUTPUT_BYTES,
    ) -> Done:
        """Run a command and return what became of it.

        When the caller is cancelled, or leaves by Ctrl-C, the command is ended.

        Args:
            command: A line of shell, or a program and its arguments.
            check: Raise CommandFailed unless it ends with 0.
            timeout: In seconds; then it is ended, with KILL if TERM does not do.
            env: Variables for it. They are in no list of processes and no log.
            cwd: Its folder, from the user's home on; that is the default.
            stdin: Bytes, text, or a file; None for no input at all.
            stdout: PIPE keeps its output for the result, DEVNULL throws it away; a
                binary file gets it, or a function, which is called with each piece
                on the loop's thread and has to return soon.
            stderr: The same for its errors; STDOUT puts them where the output goes.
            max_output_bytes: The most that PIPE keeps, of each of the two.

        Raises:
            CommandFailed: It ended with another code.
            CommandTimeout: It took longer than *timeout*.
            OutputLimit: It wrote more than *max_output_bytes*, and was ended.
            LeaseLost: The lease has ended, before or meanwhile.
            SessionFailed: The connection broke.
        """
        from asgwarm.api import running
        from asgwarm.connect.command_line import command_line
        from asgwarm.connect.sources import pour

        line = command_line(command, env=env or {}, cwd=cwd)
        sinks = Sinks(stdout, stderr, limit_bytes=max_output_bytes)
        may_send = self._session.may_send
        feed = partial(pour, stdin, before=line.first_input, may_send=may_send)
        async with self._session.used() as conn:
            done = await running.run(conn, line.line, feed, sinks, timeout_s=timeout)
        return done.check() if check else done

    async def shell(self) -> int:
        """Give this process's terminal to a shell there; return its exit code.

        Raises:
            LeaseLost: The lease has ended, before or meanwhile.
            SessionFailed: The connection broke.
        """
        from asgwarm.api.resizing import watched
        from asgwarm.connect.streams import Streams

        streams = Streams.own()
        if threading.current_thread() is not threading.main_thread():
            streams = replace(streams, resizes=partial(watched, streams.stdin))
        self._session.check()
        return await self._session.shell(streams)

    async def put(
        self,
        local: "str | PathLike[str]",
        remote: "str | PathLike[str]",
        *,
        on_progress: OnProgress = ignored,
    ) -> Copied:
        """Copy a file or folder to the instance, as `cp -r` would.

        Args:
            remote: From the user's home on. A folder that is there, or a name that
                ends in a slash, is what the copy goes into.
            on_progress: Called for every block that has arrived.

        Raises:
            PathNotFound: There is nothing at *local*.
            TransferFailed: Something could not be copied.
            LeaseLost: The lease has ended, before or meanwhile.
            SessionFailed: The connection broke.
        """
        from asgwarm.files.transfer import put

        async with self._session.used() as conn:
            return await put(conn, local, remote, on_progress=on_progress)

    async def get(
        self,
        remote: "str | PathLike[str]",
        local: "str | PathLike[str]",
        *,
        on_progress: OnProgress = ignored,
    ) -> Copied:
        """Copy a file or folder of the instance to this computer, as `cp -r` would.

        Nothing is written outside *local*, whatever the instance says. Arguments and
        errors are those of `put`, the other way round.
        """
        from asgwarm.files.transfer import fetch

        async with self._session.used() as conn:
            return await fetch(conn, remote, local, on_progress=on_progress)

    @asynccontextmanager
    async def forward(
        self, port: int, *, host: str = "localhost", local_port: int = 0
    ) -> AsyncIterator[int]:
        """Reach a port of the instance's at one of 127.0.0.1, which the block gets.

        Args:
            host: Another computer that the instance reaches.
            local_port: The port here; 0 is any that is free.

        Raises:
            ConfigError: The port here is in use.
            LeaseLost: The lease has ended.
        """
        from asgwarm.connect.forwarding import forwarded

        async with (
            self._session.used() as conn,
            forwarded(conn, port, host=host, local_port=local_port) as listening,
        ):
            yield listening
