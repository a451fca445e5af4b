"""`asgwarm release`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from asgwarm.cli.signals import run_async
from asgwarm.errors import ConfigError, LeaseNotFound

if TYPE_CHECKING:
    from asgwarm.cli.invocation import Invocation


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """What `release` accepts."""

    leases: Annotated[
        list[str] | None, typer.Argument(metavar="LEASE…", help="Ids or names.")
    ] = None
    force: Annotated[
        bool, typer.Option("--force", help="Also what somebody else holds.")
    ] = False


def run(flags: Flags, invocation: "Invocation") -> int:
    """Give leases back before their end; their instances are terminated."""
    if not flags.leases:
        raise ConfigError("no lease was named", hint="asgwarm ls")
    return run_async(_release(flags, flags.leases, invocation))


async def _release(flags: Flags, leases: list[str], invocation: "Invocation") -> int:
    from asgwarm.cli.views import documents
    from asgwarm.domain.escape import printable

    output = invocation.output
    for lease_or_name in leases:
        try:
            pool, lease = await invocation.find(lease_or_name, verb="release")
        except LeaseNotFound:
            if not invocation.forget(lease_or_name):
                raise
            output.note(f"{lease_or_name} was never taken: there is nothing to release")
            lease_id = lease_or_name
        else:
            await pool.release(lease, force=flags.force)
            output.note(printable(f"released {lease.id} ({lease.instance_id})"))
            lease_id = lease.id
        if output.json:
            output.document(documents.released(lease_id))
    return 0
