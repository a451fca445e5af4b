"""`asgwarm status`."""

from typing import TYPE_CHECKING, Annotated

from asgwarm.cli.flags import PoolArgument
from asgwarm.cli.options import option
from asgwarm.cli.signals import run_async
from asgwarm.domain.value import value
from asgwarm.errors import FINDINGS

if TYPE_CHECKING:
    from asgwarm.cli.invocation import Invocation


@value
class Flags:
    """What `status` accepts."""

    pool: PoolArgument = ""
    exit_code: Annotated[
        bool,
        option("--exit-code", help=f"Exit {FINDINGS} when the pool is not full."),
    ] = False


def run(flags: Flags, invocation: "Invocation") -> int:
    """Show how full the pool is, what each instance does, and why it is not full."""
    return run_async(_status(flags, invocation))


async def _status(flags: Flags, invocation: "Invocation") -> int:
    from asgwarm.cli.views import documents
    from asgwarm.cli.views import status as view
    from asgwarm.clock import now_s

    output = invocation.output
    status = await invocation.pool(flags.pool).status()
    if output.json:
        output.document(documents.status(status))
    else:
        console = output.table()
        console.print(view.headline(status), style="bold", soft_wrap=True)
        console.print(view.counts(status, console.width))
        if status.records:
            console.print()
            console.print(view.instances(status, now=now_s(), width=console.width))
        output.note(view.verdict(status))
        if warning := view.warning(status):
            output.note(warning)
        output.next(view.advice(status))
    return FINDINGS if flags.exit_code and status.why is not None else 0
