"""`asgwarm renew`."""

from typing import TYPE_CHECKING, Annotated

from asgwarm.cli.options import Argument, option
from asgwarm.cli.signals import run_async
from asgwarm.domain.names import duration_s
from asgwarm.domain.value import value

if TYPE_CHECKING:
    from asgwarm.cli.invocation import Invocation


@value
class Flags:
    """What `renew` accepts."""

    lease: Annotated[str, Argument(metavar="LEASE", help="Its id or name.")]
    ttl: Annotated[
        str,
        option(metavar="TIME", help="Its length from now on: 90s, 15m, 2h."),
    ] = "1h"


def run(flags: Flags, invocation: "Invocation") -> int:
    """Let a lease of yours last so long from now on, and say when it ends.

    A session that is open on it goes on renewing it for that long.
    """
    return run_async(_renew(flags, invocation))


async def _renew(flags: Flags, invocation: "Invocation") -> int:
    from asgwarm.cli.views import documents, leases
    from asgwarm.clock import now_s

    ttl_s, output = duration_s(flags.ttl), invocation.output
    pool, lease = await invocation.find(flags.lease, verb="renew")
    renewed = await pool.renew(lease, ttl_s=ttl_s)
    if output.json:
        output.document(documents.lease(renewed))
    else:
        output.note(leases.renewed(renewed, now=now_s()))
    return 0
