"""`asgwarm logs`."""

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Annotated

from asgwarm.cli.flags import PoolArgument
from asgwarm.cli.options import option
from asgwarm.cli.signals import run_async
from asgwarm.domain.value import value

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from asgwarm.cli.invocation import Invocation
    from asgwarm.domain.history import Event
    from asgwarm.pool import LeasingPool

POLL_S = 2.0


@value
class Flags:
    """What `logs` accepts."""

    pool: PoolArgument = ""
    follow: Annotated[bool, option("--follow", "-f", help="Go on until Ctrl-C.")] = (
        False
    )


def run(flags: Flags, invocation: "Invocation") -> int:
    """Show who did what to which instance and why, newest last.

    An instance is forgotten two days after it was terminated.
    """
    return run_async(_logs(flags, invocation))


async def _logs(flags: Flags, invocation: "Invocation") -> int:
    from asgwarm.cli.views import logs

    output, pool = invocation.output, invocation.pool(flags.pool)
    show = logs.Log(output)
    async for events in _news(pool, follow=flags.follow):
        show.add(events)
    if output.json:
        output.document(logs.result(pool.name, show.count))
    elif not show.count:
        output.note("nothing has happened yet")
        output.next(f"asgwarm status {pool.name}")
    return 0


async def _news(pool: "LeasingPool", *, follow: bool) -> "AsyncIterator[list[Event]]":
    """Yield what happened, and then again and again what is new."""
    seen: Counter[Event] = Counter()
    while True:
        events = await pool.events()
        # What comes late by its clock is new all the same, and so is what comes twice.
        new = Counter(events) - seen
        seen += new
        yield list(new.elements())
        if not follow:
            return
        await asyncio.sleep(POLL_S)
