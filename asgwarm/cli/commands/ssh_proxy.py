"""`asgwarm ssh-proxy`, which ssh starts: see `ssh-config`."""

import asyncio
import signal
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from asgwarm.cli.flags import PoolArgument
from asgwarm.cli.options import option
from asgwarm.cli.signals import ENDING
from asgwarm.domain.escape import printable
from asgwarm.domain.names import duration_s
from asgwarm.domain.value import value

if TYPE_CHECKING:
    from asgwarm.cli.invocation import Invocation
    from asgwarm.leasing.lease import Lease

WAIT_S = 60  # for an instance, where there is no lease of the name


@value
class Flags:
    """What `ssh-proxy` accepts."""

    pool: PoolArgument = ""
    host: Annotated[str, option(metavar="NAME", help="What ssh was given.")] = ""
    user: Annotated[str, option(metavar="USER", help="Whom it logs in as.")] = ""
    place: Annotated[str, option(metavar="DIR", help="Where it looks for keys.")] = ""
    ttl: Annotated[
        str, option(metavar="TIME", help="Length of a lease that is claimed.")
    ] = "1h"


def run(flags: Flags, invocation: "Invocation") -> int:
    """Be the way between one ssh and the lease that its host name means."""
    invocation.clients.open_ahead()
    return invocation.run(_pass_on(flags, invocation))


async def _pass_on(flags: Flags, invocation: "Invocation") -> int:
    from asgwarm.openssh.naming import meant
    from asgwarm.openssh.relay import Caller, Claim, RelayedPool

    streams = invocation.streams
    entries = invocation.entries_here()
    said = meant(flags.host, entries, invocation.pool_name(flags.pool))
    pool = invocation.pool(said.pool, RelayedPool)
    assert isinstance(pool, RelayedPool)  # noqa: S101  # as it was asked for
    caller = Caller(
        host=flags.host,
        user=flags.user,
        place=Path(flags.place),
        stdin=streams.stdin,
        stdout=streams.stdout,
    )
    claim = Claim(
        ttl_s=duration_s(flags.ttl),
        wait_s=WAIT_S,
        on_wait=lambda why: invocation.output.note(printable(f"waiting: {why}")),
        on_claimed=lambda lease: _tell(lease, flags.ttl, invocation),
    )
    return await _until_ssh_leaves(pool.pass_on(said, claim, caller))


def _tell(lease: "Lease", ttl: str, invocation: "Invocation") -> None:
    invocation.output.note(
        printable(
            f"asgwarm: claimed {lease.instance_id} as {lease.name!r}; it ends {ttl}"
            " after the last connection, or with: "
        )
        + invocation.output.suggested(f"asgwarm release {lease.id}")
    )


async def _until_ssh_leaves(passing: Coroutine[Any, Any, None]) -> int:
    """Await *passing*; a signal ends it without a word: ssh ends its proxy by one."""
    loop, task = asyncio.get_running_loop(), asyncio.create_task(passing)
    received: list[int] = []

    def leave(signum: int) -> None:
        received.append(signum)
        task.cancel()

    for signum in ENDING:
        if signal.getsignal(signum) is not signal.SIG_IGN:
            loop.add_signal_handler(signum, leave, signum)
    try:
        await task
    except asyncio.CancelledError:
        if not received:
            raise
        return 128 + received[0]
    return 0
