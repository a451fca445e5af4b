"""`asgwarm refresh`."""

from typing import TYPE_CHECKING, Annotated

from asgwarm.cli.flags import PoolArgument
from asgwarm.cli.options import option
from asgwarm.domain.value import value

if TYPE_CHECKING:
    from asgwarm.cli.invocation import Invocation


@value
class Flags:
    """What `refresh` accepts."""

    pool: PoolArgument = ""
    now: Annotated[
        bool,
        option("--now", help="End the ready ones at once, not one by one."),
    ] = False


def run(flags: Flags, invocation: "Invocation") -> int:
    """Replace every instance of a pool that nobody has leased.

    The pool does it by itself: what rests first, then what is ready, one after the
    other. With --now the ready ones are ended at once; `get` waits until others are
    ready. What is leased is never touched.
    """
    from asgwarm import provision
    from asgwarm.cli.views import stack

    output = invocation.output
    refreshed = provision.refresh(
        invocation.pool_name(flags.pool),
        invocation.clients,
        at_once=flags.now,
        actor=invocation.owner,
    )
    if output.json:
        output.document(stack.refresh_document(refreshed))
    else:
        for line in stack.refresh_lines(refreshed):
            output.note(line)
        output.next(f"asgwarm status {refreshed.pool}")
    return 0
