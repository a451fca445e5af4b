"""One `get` of a front, run as the command line runs its own.

Rule 1: what the quick reader of options does not understand, help and mistakes
included, is explained by the front itself.
Rule 2: each runs in a thread with a loop of its own: a terminal that stands still or
a busy stream holds nobody else up.
"""

import asyncio
import io
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

from asgwarm.agent.request import Front, Line, Message
from asgwarm.agent.settings import SharedClients
from asgwarm.cli import argv as typed
from asgwarm.cli import catalogue, main, running
from asgwarm.cli.around import Around
from asgwarm.cli.commands.get import Flags
from asgwarm.cli.flags import Common, taken
from asgwarm.cli.invocation import Invocation
from asgwarm.cli.options import read
from asgwarm.cli.output import Output
from asgwarm.errors import AsgwarmError, ConfigError

if TYPE_CHECKING:
    from asgwarm.clients import Clients
    from asgwarm.connect.streams import Streams
    from asgwarm.pool import LeasingPool

T = TypeVar("T")
MakePool = Callable[..., "LeasingPool"]


@dataclass(frozen=True, slots=True)
class Job:
    """A `get` that is understood."""

    message: Message
    front: Front
    flags: Flags
    common: Common


def understood(message: Message, front: Front) -> Job | None:
    """Return the `get` of a message; None where it is for the front to run."""
    try:
        words = typed.take_apart(message.argv, catalogue.GROUPS)
    except ConfigError:
        return None
    values = read((Flags, Common), words.args) if words.command == "get" else None
    if values is None:
        return None
    common = taken(Common, values)
    if common.version:
        return None
    return Job(message, front, taken(Flags, values), common)


class Meaning(Invocation):
    """What a job means: which pool, where, as whom; it says nothing to anybody."""

    def __init__(self, common: Common, message: Message, shared: SharedClients) -> None:
        super().__init__(
            common,
            Output(io.StringIO(), io.StringIO()),
            remote=None,
            env=message.env,
            cwd=message.cwd,
        )
        self._shared = shared

    @property
    def is_served(self) -> bool:
        """Whether its AWS can be reached from this process."""
        if self._shared.is_own(self.env):
            return True
        try:
            return self._shared.understands(self._settings(), self.env)
        except AsgwarmError:  # which the front meets as well, and tells
            return False

    @cached_property
    def clients(self) -> "Clients":
        """Clients that other runs use as well."""
        return self._shared.of(self._settings(), self.env)


class Served(Invocation):
    """A run for a front: its streams, its signals."""

    def __init__(
        self,
        *about: Any,
        runner: asyncio.Runner,
        line: Line,
        meaning: Meaning,
        make_pool: MakePool | None = None,
        **more: Any,
    ) -> None:
        super().__init__(*about, **more)
        self._runner = runner
        self._line = line
        self._meaning = meaning
        self._make_pool = make_pool

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run a command's coroutine; what the front hears is what ends it."""
        return running.run_in(self._runner, main, self._line.listen)

    @cached_property
    def streams(self) -> "Streams":
        """The front's streams."""
        return self._line.streams

    @property
    def clients(self) -> "Clients":
        """Clients that other runs use as well."""
        return self._meaning.clients

    def pool(self, typed: str, make: MakePool | None = None) -> "LeasingPool":
        """The pool that was typed, perhaps with an instance that is at hand."""
        return super().pool(typed, make or self._make_pool)


def serve(
    job: Job,
    meaning: Meaning,
    runner: asyncio.Runner,
    *,
    lines: set[Line],
    make_pool: MakePool | None = None,
) -> None:
    """Run a `get` that may begin, to its end, and tell its front the exit code.

    Args:
        lines: Has the front's among others while the `get` runs.
    """
    message, front = job.message, job.front
    line = Line(front, message.env)
    lines.add(line)
    out, err = _text(front.fds[1]), _text(front.fds[2])
    invoke = partial(
        Served, runner=runner, line=line, meaning=meaning, make_pool=make_pool
    )
    around = Around(out=out, err=err, cwd=lambda: message.cwd, invoke=invoke)
    code = 1
    try:
        code = main.run_in(around, message.argv, message.env)
    finally:
        lines.discard(line)
        # Not left to chance: the numbers of the descriptors are somebody else's soon.
        arrived = [_is_closed(stream) for stream in (out, err)]
        front.leave(code if all(arrived) else code or 1)


def _is_closed(stream: TextIO) -> bool:
    """Close a stream; whether everything that was said arrived."""
    try:
        stream.close()
    except OSError:
        return False
    return True


def _text(fd: int) -> TextIO:
    return open(  # `Front.leave` closes the descriptor
        fd, "w", encoding="utf-8", errors="backslashreplace", closefd=False
    )
