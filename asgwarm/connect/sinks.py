"""Where the output of a command that a program runs goes.

Rule 1: memory is bounded. What is kept has a limit; a file is written by a thread that
holds the command back; who is called with the output has it, and nobody else.
Rule 2: whatever a caller's own function raises is raised again where its command is
waited for.
"""

from collections.abc import Callable
from enum import Enum
from io import UnsupportedOperation
from typing import Final, Protocol, TypeAlias, runtime_checkable

from asgwarm.connect.output import Output
from asgwarm.errors import ConfigError

STDOUT_FD, STDERR_FD = 1, 2  # the names of a command's two outputs


class To(Enum):
    """Where output may go beside files and functions."""

    PIPE = "pipe"
    DEVNULL = "devnull"
    STDOUT = "stdout"


PIPE: Final = To.PIPE  # it is kept, and handed out at the end
DEVNULL: Final = To.DEVNULL  # it is thrown away
STDOUT: Final = To.STDOUT  # errors go where the output goes, as they come


@runtime_checkable
class Writable(Protocol):
    """A file for bytes."""

    def write(self, data: bytes, /) -> object:
        """Write *data*."""


Sink: TypeAlias = To | Writable | Callable[[bytes], object]


class LimitReached(Exception):
    """More came than may be kept."""


class Kept:
    """Output in memory, up to a limit."""

    def __init__(self, limit_bytes: int) -> None:
        self.data = bytearray()
        self._limit_bytes = limit_bytes

    def __call__(self, data: bytes) -> None:
        """Keep what there is room for, and raise LimitReached for the rest."""
        room = self._limit_bytes - len(self.data)
        self.data += data[:room]
        if len(data) > room:
            raise LimitReached


class Sinks:
    """The two outputs of one command; `output` is what a `Remote` is made with.

    Attributes:
        error: What a sink raised; the command has to be ended then.
    """

    def __init__(self, stdout: Sink, stderr: Sink, *, limit_bytes: int) -> None:
        if stdout is STDOUT:
            raise ConfigError(
                "stdout cannot go where stdout goes", hint="run(…, stderr=STDOUT)"
            )
        self._kept = {fd: Kept(limit_bytes) for fd in (STDOUT_FD, STDERR_FD)}
        out = self._place(STDOUT_FD, stdout)
        err = out if stderr is STDOUT else self._place(STDERR_FD, stderr)
        self._places = {STDOUT_FD: out, STDERR_FD: err}
        self.error: Exception | None = None
        self._written: Output | None = None
        self._on_failure: Callable[[], None] = lambda: None

    def output(
        self, *, on_low: Callable[[], None], on_failure: Callable[[], None]
    ) -> "Sinks":
        """Return itself; see `Output` for what is called when."""
        self._on_failure = on_failure
        if any(isinstance(place, int) for place in self._places.values()):
            self._written = Output(on_low=on_low, on_failure=on_failure)
        return self

    def kept(self, fd: int) -> bytes:
        """What was kept of an output, which is nothing where it went elsewhere."""
        return bytes(self._kept[fd].data)

    @property
    def failure(self) -> OSError | None:
        """Why a file cannot be written."""
        return self._written.failure if self._written else None

    def write(self, fd: int, data: bytes) -> bool:
        """Take *data*; True when the producer has to pause."""
        place = self._places[fd]
        if isinstance(place, int):
            return self._written is not None and self._written.write(place, data)
        if self.error is None:
            try:
                place(data)
            except Exception as error:  # noqa: BLE001  # raised where it is waited for
                self.error = error
                self._on_failure()
        return False

    async def drain(self) -> None:
        """Wait until everything is written."""
        if self._written:
            await self._written.drain()

    def abandon(self) -> None:
        """Drop what is not written yet."""
        if self._written:
            self._written.abandon()

    def _place(self, fd: int, sink: Sink) -> int | Callable[[bytes], object]:
        """The descriptor to write to, or what is called with the output."""
        if isinstance(sink, To):
            return self._kept[fd] if sink is PIPE else _throw_away
        if not isinstance(sink, Writable):
            return sink
        fd_of_file = _descriptor(sink)
        return sink.write if fd_of_file is None else fd_of_file


def _throw_away(_: bytes) -> None:
    """Nobody wants it."""


def _descriptor(file: Writable) -> int | None:
    """The descriptor of a file, flushed before; None where it has none."""
    try:
        fd: int = file.fileno()  # type: ignore[attr-defined]  # not every file has one
    except (AttributeError, UnsupportedOperation):
        return None
    flush = getattr(file, "flush", None)
    if flush:
        flush()
    return fd
