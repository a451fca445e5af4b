"""`asgwarm doctor`."""

from typing import TYPE_CHECKING, Annotated

from asgwarm.cli.flags import PoolArgument
from asgwarm.cli.options import option
from asgwarm.domain.value import value
from asgwarm.errors import FINDINGS

if TYPE_CHECKING:
    from asgwarm.cli.invocation import Invocation


@value
class Flags:
    """What `doctor` accepts."""

    pool: PoolArgument = ""
    drift: Annotated[
        bool,
        option("--drift", help="Compare every resource with the template, too."),
    ] = False


def run(flags: Flags, invocation: "Invocation") -> int:
    """Say what is wrong with a pool, why, and what to type next.

    Nothing is claimed or changed. A check that takes a permission which you have
    not is listed as such; the others are made. Exits 8 when something was found.
    """
    from asgwarm.cli.views import doctor as view
    from asgwarm.doctor.checkup import examine
    from asgwarm.doctor.facts import Around, Facts

    output = invocation.output
    pool = invocation.pool_name(flags.pool)
    elsewhere = {
        entry.region
        for entry in invocation.journal.all()
        if entry.pool == pool and entry.endpoint is None
    }
    clients = invocation.clients
    around = Around(
        env=invocation.env,
        elsewhere=sorted(elsewhere - {clients.region}),
        drift=flags.drift,
    )
    facts = Facts(pool, clients, around)
    if output.json:
        checkup = examine(facts)
        output.document(view.document(checkup, output.suggested))
    else:
        console = output.table()
        checkup = examine(facts, on_outcome=view.line_by_line(console))
        view.write_findings(console, checkup, output.suggested)
        output.note(view.verdict(checkup))
    if invocation.common.debug:
        for mistake in checkup.mistakes():
            output.debug(view.traceback_of(mistake))
    return FINDINGS if checkup.findings else 0
