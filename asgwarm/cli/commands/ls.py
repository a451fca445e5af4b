"""`asgwarm ls`."""

from typing import TYPE_CHECKING

from asgwarm.cli.flags import PoolArgument
from asgwarm.cli.signals import run_async
from asgwarm.domain.value import value

if TYPE_CHECKING:
    from asgwarm.cli.invocation import Invocation


@value
class Flags:
    """What `ls` accepts."""

    pool: PoolArgument = ""


def run(flags: Flags, invocation: "Invocation") -> int:
    """List the pool's leases and the instances that are ready to be claimed."""
    return run_async(_ls(flags, invocation))


async def _ls(flags: Flags, invocation: "Invocation") -> int:
    from asgwarm.cli.views import documents, leases
    from asgwarm.clock import now_s

    output, written = invocation.output, invocation.journal.all()
    spares = {entry.lease_id for entry in written if entry.outcome == "spare"}
    pool = invocation.pool(flags.pool)
    held, ready = await pool.listing()
    if output.json:
        region = invocation.clients.region
        output.document(documents.listing(pool.name, region, held, ready, spares))
        return 0
    if held or ready:
        console = output.table()
        console.print(
            leases.table(held, ready, spares, now=now_s(), width=console.width)
        )
    else:
        output.note("nothing is leased and nothing is ready")
    output.next(leases.advice(pool.name, held, ready))
    return 0
