"""`asgwarm get`."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TypedDict

from asgwarm.cli.entering import Entering, Entry, entry_of
from asgwarm.cli.flags import PoolArgument
from asgwarm.cli.options import option
from asgwarm.domain.escape import printable
from asgwarm.domain.names import duration_s
from asgwarm.domain.value import value
from asgwarm.errors import ConfigError

if TYPE_CHECKING:
    from asgwarm.cli.invocation import Invocation
    from asgwarm.connect.timings import Timings


class Wanted(TypedDict):
    """What a claim is asked for."""

    ttl_s: int
    wait_s: int
    name: str
    token: str
    timings: "Timings"
    on_wait: Callable[[str], None]


@value
class Flags(Entering):
    """What `get` accepts."""

    pool: PoolArgument = ""
    ttl: Annotated[
        str, option(metavar="TIME", help="Length of the lease: 90s, 15m, 2h.")
    ] = "1h"
    wait: Annotated[
        str, option(metavar="TIME", help="How long to wait for an instance.")
    ] = "60s"
    name: Annotated[
        str, option(metavar="NAME", help="Your own name for the lease.")
    ] = ""
    keep: Annotated[
        bool, option("--keep", help="Keep the lease when the session ends.")
    ] = False
    token: Annotated[
        str,
        option(metavar="TEXT", help="The same token gets the same lease back."),
    ] = ""
    no_shell: Annotated[
        bool,
        option("--no-shell", help="Claim and do not connect; implies --keep."),
    ] = False
    # What it does is done before a command is known: see `asgwarm.__main__`.
    persist: Annotated[
        bool,
        option("--persist", help="Start the agent first, which makes this fast."),
    ] = False


def run(flags: Flags, invocation: "Invocation") -> int:
    """Claim an instance and open a shell on it.

    With a command after `--` that is run instead, and its exit code is ours:
    `asgwarm get -- make test`. The instance is released at the end.
    """
    entry = entry_of(flags, invocation)
    if flags.no_shell and invocation.remote is not None:
        raise ConfigError(
            "--no-shell runs no command", hint="asgwarm get --no-shell --json"
        )
    if flags.no_shell and entry != Entry():
        raise ConfigError(
            "--no-shell connects to nothing", hint="asgwarm get -N -L 8080:localhost:80"
        )
    # While all that is needed next is still loaded.
    invocation.clients.open_ahead(pushes=not flags.no_shell)
    return invocation.run(_get(flags, invocation, entry))


async def _get(flags: Flags, invocation: "Invocation", entry: Entry) -> int:
    from asgwarm.cli.session import inside, report
    from asgwarm.connect.timings import Timings

    timings = Timings()
    pool = invocation.pool(flags.pool)
    wanted: Wanted = {
        "ttl_s": duration_s(flags.ttl),
        "wait_s": duration_s(flags.wait),
        "name": flags.name,
        "token": flags.token,
        "timings": timings,
        "on_wait": lambda why: invocation.output.note(printable(f"waiting: {why}")),
    }
    if not flags.no_shell:
        how = {"keep": flags.keep, "keep_dropped": True}
        async with pool.get(**how, **wanted) as session:
            return await inside(session, timings, invocation, entry)
    lease = await pool.claim(**wanted)
    report(lease, timings.as_dict(), invocation)
    if not invocation.output.json:
        invocation.output.data(printable(lease.id) + "\n")
        invocation.output.next(printable(f"asgwarm connect {lease.id}"))
    return 0
