"""`asgwarm release`."""

from typing import TYPE_CHECKING, Annotated

from asgwarm.cli.ask import ask, check_somebody_is_there
from asgwarm.cli.options import Argument, option
from asgwarm.cli.signals import run_async
from asgwarm.domain.value import value
from asgwarm.errors import ConfigError

if TYPE_CHECKING:
    from asgwarm.cli.invocation import Invocation
    from asgwarm.leasing.lease import Lease


@value
class Flags:
    """What `release` accepts."""

    leases: Annotated[
        list[str] | None, Argument(metavar="[LEASE]…", help="Ids or names.")
    ] = None
    mine: Annotated[
        bool, option("--mine", help="All leases of yours from this computer.")
    ] = False
    all: Annotated[bool, option("--all", help="All leases of everybody.")] = False
    recover: Annotated[
        bool,
        option("--recover", help="What claims got whose answers were lost."),
    ] = False
    pool: Annotated[
        str, option(metavar="POOL", help="The pool of --mine and --all.")
    ] = ""
    force: Annotated[bool, option("--force", help="Also what somebody else holds.")] = (
        False
    )
    yes: Annotated[bool, option("--yes", "-y", help="Do not ask.")] = False


def run(flags: Flags, invocation: "Invocation") -> int:
    """Give leases back before their end; their instances are terminated.

    One that cannot be released does not stop the others; the exit code is then that
    of the worst failure.
    """
    from asgwarm.cli import releasing

    said = [bool(flags.leases), flags.mine, flags.all, flags.recover]
    if said.count(True) != 1:
        raise ConfigError(
            "which leases: name some, or say one of --mine, --all and --recover",
            hint="asgwarm ls",
        )
    if flags.recover:
        return run_async(releasing.recover(invocation))
    if flags.leases:
        named = list(dict.fromkeys(flags.leases))
        return run_async(releasing.named(named, invocation, force=flags.force))
    return _many(flags, invocation)


def _many(flags: Flags, invocation: "Invocation") -> int:
    """Release all leases of the user, or of everybody who agrees or not."""
    from asgwarm.cli import releasing

    asks = flags.all and not flags.yes
    pool = invocation.pool_name(flags.pool)
    if asks:
        yes = f"asgwarm release --all --pool {pool} --yes"
        check_somebody_is_there(invocation, yes=yes)
    chosen = run_async(releasing.chosen(pool, invocation, everybody=flags.all))
    if asks and chosen and not _agreed(chosen, invocation):
        invocation.output.note("nothing was done")
        return 0
    return run_async(releasing.many(pool, chosen, invocation))


def _agreed(leases: "list[Lease]", invocation: "Invocation") -> bool:
    from asgwarm.cli.views.leases import owners

    for line in owners(leases):
        invocation.output.note(line)
    what = "lease" if len(leases) == 1 else "leases"
    return ask(invocation, f"End {len(leases)} {what}?")
