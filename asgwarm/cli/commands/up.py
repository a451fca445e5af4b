"""`asgwarm up`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from asgwarm.cli.ask import ask, check_somebody_is_there
from asgwarm.cli.flags import PoolArgument
from asgwarm.cli.options import option
from asgwarm.domain.value import value

if TYPE_CHECKING:
    from asgwarm.cli.invocation import Invocation
    from asgwarm.cli.proposal import Proposal


@value
class Flags:
    """What `up` accepts; None where nothing was typed, so that asgwarm.toml counts."""

    pool: PoolArgument = ""
    hot: Annotated[
        int | None,
        option(metavar="N", help="Instances ready to be claimed.  [1]"),
    ] = None
    warm: Annotated[
        int | None,
        option(metavar="N", help="Stopped instances in the warm pool.  [2]"),
    ] = None
    cap: Annotated[
        int | None,
        option(metavar="N", help="Leased and ready together at most.  [10]"),
    ] = None
    owner_cap: Annotated[
        int | None,
        option(metavar="N", help="Leases of one user at most, 0 for any.  [0]"),
    ] = None
    shards: Annotated[
        int | None,
        option(metavar="N", help="Partitions of its rows, for good.  [1]"),
    ] = None
    instance_type: Annotated[str | None, option(metavar="TYPE", help="[m7i.large]")] = (
        None
    )
    ami: Annotated[
        str | None,
        option(metavar="AMI", help="SSM parameter or ami-… id.  [Amazon Linux 2023]"),
    ] = None
    setup: Annotated[
        Path | None,
        option(metavar="FILE", help="Script that runs once on each instance."),
    ] = None
    setup_timeout: Annotated[
        str | None, option(metavar="TIME", help="How long it may take.  [10m]")
    ] = None
    vpc: Annotated[str | None, option(metavar="VPC", help="[the default VPC]")] = None
    subnet: Annotated[
        list[str] | None,
        option(metavar="SUBNET", help="May be repeated.  [all of the VPC]"),
    ] = None
    allow: Annotated[
        str | None,
        option(metavar="CIDR", help="Who reaches port 22.  [your address]"),
    ] = None
    address: Annotated[
        str | None,
        option(metavar="KIND", help="public, private or endpoint.  [public]"),
    ] = None
    endpoint: Annotated[
        str | None,
        option(metavar="EICE", help="With --address endpoint.  [the VPC's]"),
    ] = None
    max_lease: Annotated[
        str | None, option(metavar="TIME", help="Longest lease.  [12h]")
    ] = None
    metrics: Annotated[
        str | None,
        option(metavar="yes|no", help="CloudWatch metrics, $2.40 a month.  [no]"),
    ] = None
    plan: Annotated[
        bool,
        option("--plan", help="Show what would change and what it costs, no more."),
    ] = False
    markdown: Annotated[
        bool, option("--markdown", help="The plan for a pull request's comment.")
    ] = False
    force_downgrade: Annotated[
        bool,
        option("--force-downgrade", help="Take back what a newer asgwarm deployed."),
    ] = False
    yes: Annotated[bool, option("--yes", "-y", help="Do not ask.")] = False


def run(flags: Flags, invocation: "Invocation") -> int:
    """Create a pool, or update it.

    Shows the price before it asks, and returns when all hot instances are ready.
    Run it again to change a pool; what is not typed stays as it is.
    """
    from asgwarm import provision
    from asgwarm.cli import proposal
    from asgwarm.cli.views import stack
    from asgwarm.cli.views.progress import progress

    output = invocation.output
    pool = invocation.pool_name(flags.pool)
    is_plan = flags.plan or flags.markdown
    if not (flags.yes or is_plan):
        check_somebody_is_there(invocation, yes=f"asgwarm up {pool} --yes")
    proposed = proposal.propose(flags, invocation)
    if is_plan or (proposed.exists and not flags.yes):
        proposed = proposal.planned(proposed, flags, invocation)
    if is_plan:
        return _show(proposed, flags, invocation)
    for line in stack.plan_lines(proposed):
        output.note(line)
    if not (flags.yes or ask(invocation, "Go ahead?")):
        output.note("nothing was done")
        return 0
    with progress(output, f"pool {proposed.pool}") as show:
        result = provision.up(
            proposed.said,
            invocation.clients,
            downgrade=flags.force_downgrade,
            on_event=show,
        )
    if output.json:
        output.document(stack.up_document(result, proposed.rate))
    else:
        output.note(stack.up_line(result))
        output.next(f"asgwarm get {result.pool}")
    return 0


def _show(proposed: "Proposal", flags: Flags, invocation: "Invocation") -> int:
    """Show a plan in the form that was asked for."""
    from asgwarm.cli.views import plan, stack

    output = invocation.output
    if output.json:
        output.document(stack.plan_document(proposed))
    elif flags.markdown and proposed.planned:
        output.data(plan.markdown(proposed, proposed.planned))
    else:
        for line in stack.plan_lines(proposed):
            output.note(line)
    return 0
