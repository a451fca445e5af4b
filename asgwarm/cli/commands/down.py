"""`asgwarm down`."""

from typing import TYPE_CHECKING, Annotated

from asgwarm.cli.flags import PoolArgument
from asgwarm.cli.options import option
from asgwarm.domain.value import value
from asgwarm.errors import FINDINGS

if TYPE_CHECKING:
    from asgwarm.cli.invocation import Invocation


@value
class Flags:
    """What `down` accepts."""

    pool: PoolArgument = ""
    force: Annotated[
        bool, option("--force", help="End live leases instead of refusing.")
    ] = False


def run(flags: Flags, invocation: "Invocation") -> int:
    """Delete a pool and everything that it owns.

    Refuses while leases live. Afterwards nothing billable remains, or it says what
    does and exits 8.
    """
    from asgwarm import provision
    from asgwarm.cli.views import stack
    from asgwarm.cli.views.progress import progress

    output = invocation.output
    pool = invocation.pool_name(flags.pool)
    with progress(output, f"deleting pool {pool}") as show:
        leftovers = provision.down(
            pool,
            invocation.clients,
            force=flags.force,
            actor=invocation.owner,
            on_event=show,
        )
    if output.json:
        output.document(stack.down_document(pool, leftovers))
    else:
        for sentence in stack.down_lines(pool, leftovers):
            output.note(sentence)
        if leftovers:
            output.next(stack.down_advice(pool, leftovers))
    return FINDINGS if leftovers else 0
