"""Many sessions held by one process, commands in each, and what is left afterwards.

`python -m tests.prove.sessions.hold < JSON`; a line of JSON says what was measured.
The settings come on stdin, so that no secret is among the arguments.
"""

import asyncio
import gc
import json
import resource
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from asgwarm import AsyncInstance, AsyncPool
from asgwarm.clients import AwsSettings
from asgwarm.clock import perf_ms

OPENING = 32  # sessions that are opened side by side
THREADS = 8  # for calls to AWS, as on a computer with four cores


@dataclass
class Figures:
    """What one run found."""

    opened_s: float = 0.0
    all_once_s: float = 0.0  # a command in each, at the same time
    command_ms: list[float] = field(default_factory=list)
    failed: int = 0  # commands that said something else than they should
    rss_mb: float = 0.0  # with everything open
    left: dict[str, int] = field(default_factory=dict)  # more than before, of what


def _status(name: str) -> int:
    (line,) = (
        line
        for line in Path("/proc/self/status").read_text().splitlines()
        if line.startswith(f"{name}:")
    )
    return int(line.split()[1])


def _counts() -> dict[str, int]:
    """What must not become more."""
    gc.collect()
    return {
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
        "threads": threading.active_count(),
        "tasks": len(asyncio.all_tasks()),
    }


class Holder:
    """Sessions of one pool, and what was measured with them."""

    def __init__(self, pool: AsyncPool, asked: dict[str, Any]) -> None:
        self._pool = pool
        self._asked = asked
        self._gate = asyncio.Semaphore(OPENING)
        self.figures = Figures()

    async def hold(self) -> None:
        """Open all sessions, use them as was asked for, close them."""
        instances, sessions = self._asked["instances"], self._asked["sessions"]
        async with AsyncExitStack() as stack:
            began_ms = perf_ms()
            firsts = await asyncio.gather(
                *(self._first(stack) for _ in range(instances))
            )
            others = await asyncio.gather(
                *(
                    self._other(stack, firsts[number % instances])
                    for number in range(sessions - instances)
                )
            )
            self.figures.opened_s = (perf_ms() - began_ms) / 1000
            await self._use([*firsts, *others])
            self.figures.rss_mb = _status("VmRSS") / 1024

    async def _first(self, stack: AsyncExitStack) -> AsyncInstance:
        async with self._gate:
            return await stack.enter_async_context(self._pool.get(wait="120s"))

    async def _other(
        self, stack: AsyncExitStack, first: AsyncInstance
    ) -> AsyncInstance:
        async with self._gate:
            return await stack.enter_async_context(self._pool.connect(first.lease))

    async def _use(self, instances: list[AsyncInstance]) -> None:
        for number in range(self._asked["rounds"]):
            began_ms = perf_ms()
            spread_s = self._asked["every_s"] if number else 0.0
            await asyncio.gather(
                *(
                    self._command(instance, spread_s * place / len(instances))
                    for place, instance in enumerate(instances)
                )
            )
            if not number:
                self.figures.all_once_s = (perf_ms() - began_ms) / 1000

    async def _command(self, instance: AsyncInstance, after_s: float) -> None:
        await asyncio.sleep(after_s)
        began_ms = perf_ms()
        done = await instance.run(["echo", instance.lease.id], check=False)
        if after_s:
            self.figures.command_ms.append(perf_ms() - began_ms)
        self.figures.failed += done.stdout != f"{instance.lease.id}\n"


async def work(asked: dict[str, Any]) -> Figures:
    """Hold what was asked for; return what was measured."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    await _start_threads()
    before = _counts()
    figures = await _held(asked)
    await _quiet()
    after = _counts()
    figures.left = {k: n - before[k] for k, n in after.items() if n > before[k]}
    return figures


async def _held(asked: dict[str, Any]) -> Figures:
    """Hold it with a pool that is given up then, and its connections to AWS with it."""
    pool = AsyncPool(asked["pool"], settings=AwsSettings(**asked["settings"]))
    holder = Holder(pool, asked)
    await holder.hold()
    return holder.figures


async def _start_threads() -> None:
    loop, meet = asyncio.get_running_loop(), threading.Barrier(THREADS)
    loop.set_default_executor(ThreadPoolExecutor(THREADS))
    await asyncio.gather(
        *(loop.run_in_executor(None, meet.wait) for _ in range(THREADS))
    )


async def _quiet() -> None:
    """Let the loop close what it was told to close."""
    for _ in range(10):
        await asyncio.sleep(0)


if __name__ == "__main__":
    figures = asyncio.run(work(json.loads(sys.stdin.readline())))
    sys.stdout.write(json.dumps(asdict(figures)) + "\n")
