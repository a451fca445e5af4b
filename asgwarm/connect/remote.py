"""What runs at the other end of a channel: its output, its input, how it ended.

Rule: an end without a status is never taken for success.
"""

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable
from typing import Any

import asyncssh

from asgwarm.connect.beside import at_once
from asgwarm.connect.handshake import quoted
from asgwarm.connect.output import Output, Taker
from asgwarm.errors import ConnectionDropped, SessionFailed

NO_STATUS = 255
READ_BYTES = 1 << 16
_END_S = 2.0  # how long a command may take to end after each signal

# RFC 4254 section 6.10, with the numbers that Linux gives to these names.
_SIGNALS = {
    "HUP": 1,
    "INT": 2,
    "QUIT": 3,
    "ILL": 4,
    "ABRT": 6,
    "FPE": 8,
    "KILL": 9,
    "USR1": 10,
    "SEGV": 11,
    "USR2": 12,
    "PIPE": 13,
    "ALRM": 14,
    "TERM": 15,
}


class OutputLost(SessionFailed):
    """What a running command wrote cannot be passed on."""


class Remote(asyncssh.SSHClientSession[bytes]):
    """One remote command or shell, its output going to file descriptors.

    Args:
        make_output: Makes what takes the output instead, as `Output` does.
    """

    def __init__(
        self,
        *,
        stdout: int,
        stderr: int,
        on_first_byte: Callable[[], None],
        make_output: Callable[..., Taker] = Output,
    ) -> None:
        self._fds = {None: stdout, asyncssh.EXTENDED_DATA_STDERR: stderr}
        self._stderr = stderr
        self._on_first_byte: Callable[[], None] | None = on_first_byte
        self._output = make_output(on_low=self._go_on, on_failure=self.leave)
        self._ended = asyncio.Event()
        self._may_write = asyncio.Event()
        self._may_write.set()
        self._over = asyncio.Event()  # the channel is closed at both ends
        self._is_complete = False
        self._lost: Exception | None = None
        self._status: int | None = None
        self.channel: asyncssh.SSHClientChannel[bytes] | None = None
        self.on_output: Callable[[bytes], None] | None = None

    def connection_made(self, chan: "asyncssh.SSHClientChannel[bytes]") -> None:
        """Note the channel."""
        self.channel = chan

    def data_received(self, data: bytes, datatype: int | None) -> None:
        """Pass output on, and hold the other end back when that takes time."""
        if self._on_first_byte is not None:
            self._on_first_byte()
            self._on_first_byte = None
        if self.on_output is not None:
            self.on_output(data)
        if self._output.write(self._fds[datatype], data) and self.channel:
            self.channel.pause_reading()

    def eof_received(self) -> bool:
        """Keep the other direction open: a command may still read its input."""
        self._is_complete = True
        return True

    def exit_status_received(self, status: int) -> None:
        """Note the exit status."""
        self._status = status

    def exit_signal_received(
        self, signal: str, core_dumped: bool, msg: str, lang: str
    ) -> None:
        """Note a death by signal as a shell reports it."""
        self._status = 128 + _SIGNALS[signal] if signal in _SIGNALS else NO_STATUS

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end of the channel."""
        self._lost = exc
        self._may_write.set()
        self._over.set()
        self._ended.set()

    def pause_writing(self) -> None:
        """Hold the input back."""
        self._may_write.clear()

    def resume_writing(self) -> None:
        """Let the input go on."""
        self._may_write.set()

    async def send(self, data: bytes) -> None:
        """Send input; returns when more may follow.

        Raises:
            BrokenPipeError: The other end takes no more.
        """
        if self.channel is None or self._ended.is_set():
            raise BrokenPipeError
        self.channel.write(data)
        await self._may_write.wait()

    def send_eof(self) -> None:
        """Say that there is no more input."""
        if self.channel is not None:
            self.channel.write_eof()

    def say(self, line: bytes) -> None:
        """Write a line of ours among what the other end writes to stderr."""
        self._output.write(self._stderr, line)

    def leave(self) -> None:
        """Take no more part; `wait` returns."""
        self._ended.set()

    def close(self) -> None:
        """Ask what still runs there to end, close the channel, drop the rest."""
        self._output.abandon()
        if self.channel is not None and not self._over.is_set():
            with contextlib.suppress(OSError):
                self.channel.terminate()
            self.channel.abort()

    async def end(self) -> None:
        """End what runs there: TERM, and KILL for what stays."""
        for signal in ("TERM", "KILL"):
            if self.channel is None or self._over.is_set():
                return
            with contextlib.suppress(OSError, TimeoutError):
                self.channel.send_signal(signal)
                async with asyncio.timeout(_END_S):
                    await self._over.wait()

    async def wait(self) -> int:
        """Return the exit status once all output is written.

        Returns:
            The status; 128 + n after death by signal n; 141, as after SIGPIPE, when
            nobody reads the output any more; 255 when there is no status.

        Raises:
            ConnectionDropped: The connection broke first.
            OutputLost: The output cannot be written.
        """
        await self._ended.wait()
        if self._output.failure is None:
            await self._output.drain()
        if self._output.failure is not None:
            return _unwritten(self._output.failure)
        if not self._is_complete or self._status is None:
            self._check_connection()
        return NO_STATUS if self._status is None else self._status

    def _check_connection(self) -> None:
        gone = self.channel is None or self._lost is not None or self._is_cut_off
        if gone:
            reason = quoted(str(self._lost or "closed by the other end"))
            raise ConnectionDropped(
                f"the SSH connection broke: {reason}", hint="asgwarm ls"
            ) from self._lost

    @property
    def _is_cut_off(self) -> bool:
        conn: Any = self.channel and self.channel.get_extra_info("connection")
        return bool(conn and conn.is_closed())

    def _go_on(self) -> None:
        if self.channel is not None:
            self.channel.resume_reading()


def _unwritten(failure: OSError) -> int:
    if isinstance(failure, BrokenPipeError):
        return 128 + _SIGNALS["PIPE"]
    raise OutputLost(
        f"the output cannot be written: {(failure.strerror or '').lower()}",
        hint="df -h",
    ) from failure


async def feed(
    fd: int | None,
    remote: Remote,
    keys: Callable[[bytes], bytes | None] | None = None,
    may_send: Callable[[], Awaitable[object]] = at_once,
) -> None:
    """Send what *fd* gives to *remote*, then the end of input.

    Args:
        keys: For a terminal: sees every read first and returns what is to be sent,
            or None to leave. A terminal that is gone leaves too.
        may_send: Awaited before anything is sent.
    """
    try:
        while data := await _read(fd):
            to_send = keys(data) if keys else data
            if to_send is None:
                return remote.leave()
            await may_send()
            await remote.send(to_send)
    except BrokenPipeError:
        return None
    return remote.leave() if keys else remote.send_eof()


async def _read(fd: int | None) -> bytes:
    if fd is None:
        return b""
    while True:
        await _readable(fd)
        try:
            return os.read(fd, READ_BYTES)
        except BlockingIOError:
            continue
        except OSError:  # a closed descriptor, a folder, a terminal that is gone
            return b""


async def _readable(fd: int) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    try:
        loop.add_reader(fd, ready.set)
    except OSError:  # a file: it never makes anyone wait, so nobody can poll it
        return await asyncio.sleep(0)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(fd)
