"""`asgwarm connect`."""

from typing import TYPE_CHECKING, Annotated

from asgwarm.cli.entering import Entering, Entry, entry_of
from asgwarm.cli.options import Argument
from asgwarm.cli.signals import run_async
from asgwarm.domain.value import value

if TYPE_CHECKING:
    from asgwarm.cli.invocation import Invocation


@value
class Flags(Entering):
    """What `connect` accepts."""

    lease: Annotated[str, Argument(metavar="LEASE", help="Its id or name.")]


def run(flags: Flags, invocation: "Invocation") -> int:
    """Go again into a lease that was kept or dropped.

    Opens a shell, or runs the command after `--` and exits with its code. The lease
    is kept when the session ends.
    """
    entry = entry_of(flags, invocation)
    invocation.clients.open_ahead()
    return run_async(_connect(flags, invocation, entry))


async def _connect(flags: Flags, invocation: "Invocation", entry: Entry) -> int:
    from asgwarm.cli.session import inside
    from asgwarm.connect.timings import Timings

    timings = Timings()
    pool, lease = await invocation.find(flags.lease, verb="connect")
    async with pool.session(lease, timings=timings, release=False) as session:
        return await inside(session, timings, invocation, entry)
