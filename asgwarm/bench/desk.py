"""Command lines of ours, started as a user starts them, and timed from outside.

Rule 1: a shot begins before its process does and ends with the first byte on its
standard output: what is measured is what somebody who types it has to wait for.
Rule 2: a process of ours that is still there at the end is told to stop first, so that
it gives back what it holds.
"""

import asyncio
import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from asgwarm.clock import perf_ms
from asgwarm.domain.value import value
from asgwarm.errors import SessionFailed, WaitTimeout

SAYS = "here"
STOP_S = 15.0  # for a process that was told to stop; a get releases in two seconds


@value
class Done:
    """A process that has ended. `first_byte_ms` counts from before its start."""

    first_byte_ms: float
    code: int
    out: bytes
    documents: list[Any]  # what it said on stderr, line by line

    def document(self, schema: str) -> Any:
        """Return its document of that schema. Raises as `check`."""
        self.check()
        for said in self.documents:
            if said.get("schema") == schema:
                return said
        raise SessionFailed("it said nothing of how long it took")

    def check(self) -> None:
        """Return if it did what it was to do.

        Raises:
            SessionFailed: It did not; the message is its own.
        """
        if self.code:
            said = [
                str(said["message"]) for said in self.documents if "message" in said
            ]
            raise SessionFailed(said[0] if said else f"it ended with {self.code}")


@value
class Desk:
    """Where commands are typed.

    Attributes:
        where: The options that lead to the pool's region.
        folder: A folder for the time of the bench, of this user's alone.
    """

    where: tuple[str, ...]
    env: Mapping[str, str]
    folder: Path

    def place(self, agent: str) -> dict[str, str]:
        """Return the environment in which the agent of that name, if any, is found."""
        runtime = self.folder / agent
        runtime.mkdir(mode=0o700, exist_ok=True)
        return {**self.env, "XDG_RUNTIME_DIR": str(runtime)}

    async def asgwarm(
        self, *words: str, agent: str, limit_s: float, remote: tuple[str, ...] = ()
    ) -> Done:
        """Run one of our commands with --json.

        Raises:
            WaitTimeout: It took longer than *limit_s*.
        """
        typed = (*words, *self.where, "--json", *(("--", *remote) if remote else ()))
        return await run([*program(), *typed], self.place(agent), limit_s=limit_s)


def program() -> list[str]:
    """Return what starts the command line of this installation."""
    script = Path(sys.executable).with_name("asgwarm")
    return [str(script)] if script.exists() else [sys.executable, "-m", "asgwarm"]


async def run(
    argv: list[str], env: Mapping[str, str], *, limit_s: float, stdin: bytes = b""
) -> Done:
    """Run a process to its end.

    Raises:
        WaitTimeout: It took longer than *limit_s*.
    """
    pipe = asyncio.subprocess.PIPE
    began_ms = perf_ms()
    process = await asyncio.create_subprocess_exec(
        *argv, env=env, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
    )
    try:
        async with asyncio.timeout(limit_s):
            return await _follow(process, began_ms, stdin)
    except TimeoutError as error:
        raise WaitTimeout(f"it was not done after {limit_s:.0f} s") from error
    finally:
        await _stop(process)


async def _follow(
    process: asyncio.subprocess.Process, began_ms: float, stdin: bytes
) -> Done:
    if process.stdin is None or process.stdout is None or process.stderr is None:
        raise RuntimeError("a process without streams")
    process.stdin.write(stdin)
    process.stdin.close()
    complaints = asyncio.create_task(process.stderr.read())
    first = await process.stdout.read(1)
    first_byte_ms = perf_ms() - began_ms
    rest, said, code = await asyncio.gather(
        process.stdout.read(), complaints, process.wait()
    )
    return Done(
        first_byte_ms=first_byte_ms,
        code=code,
        out=first + rest,
        documents=_documents(said),
    )


def _documents(said: bytes) -> list[Any]:
    found = []
    for line in said.splitlines():
        with suppress(ValueError):
            found.append(json.loads(line))
    return [document for document in found if isinstance(document, dict)]


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(STOP_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
