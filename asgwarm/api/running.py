"""A command on an instance, as a program runs it: with a result, a time and a limit.

Rule 1: a command that took too long or wrote too much is ended on the instance before
its caller hears of it; so is one whose caller is cancelled.
Rule 2: an error tells what the command had written by then.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from asgwarm.api.done import Done
from asgwarm.connect.remote import Remote
from asgwarm.connect.session import run_remote
from asgwarm.connect.sinks import STDERR_FD, STDOUT_FD, LimitReached, Sinks
from asgwarm.errors import CommandError, CommandTimeout, OutputLimit

if TYPE_CHECKING:
    import asyncssh


async def run(
    conn: "asyncssh.SSHClientConnection",
    line: bytes,
    feed: Callable[[Remote], Coroutine[Any, Any, None]],
    sinks: Sinks,
    *,
    timeout_s: float | None,
) -> Done:
    """Run a command to its end and return what became of it.

    Args:
        feed: Sends it what it reads.

    Raises:
        CommandTimeout: It took longer than *timeout_s*, and was ended.
        OutputLimit: It wrote more than may be kept, and was ended.
        SessionFailed: It was not started, or the connection broke.
    """
    remote = Remote(
        stdout=STDOUT_FD,
        stderr=STDERR_FD,
        on_first_byte=lambda: None,
        make_output=sinks.output,
    )
    with ExitStack() as stack:
        stack.callback(remote.close)
        try:
            async with asyncio.timeout(timeout_s):
                returncode = await run_remote(conn, remote, line, lambda: feed(remote))
        except TimeoutError as error:
            await remote.end()
            said = f"the command took longer than {timeout_s:g} s and was ended"
            raise _cut(CommandTimeout, said, sinks) from error
        if sinks.error is not None:
            await remote.end()
            raise _reason(sinks.error, sinks)
    return Done(
        returncode=returncode,
        stdout_bytes=sinks.kept(STDOUT_FD),
        stderr_bytes=sinks.kept(STDERR_FD),
    )


def _reason(error: Exception, sinks: Sinks) -> Exception:
    if isinstance(error, LimitReached):
        said = "the command wrote more than may be kept and was ended"
        return _cut(OutputLimit, said, sinks, hint="run(…, max_output_bytes=1 << 30)")
    return error


def _cut(
    kind: type[CommandError], said: str, sinks: Sinks, *, hint: str = ""
) -> CommandError:
    return kind(
        said,
        hint=hint or "run(…, timeout=600)",
        stdout=sinks.kept(STDOUT_FD).decode(errors="replace"),
        stderr=sinks.kept(STDERR_FD).decode(errors="replace"),
    )
