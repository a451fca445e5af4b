"""`asgwarm cost`."""

from typing import TYPE_CHECKING, Annotated

from asgwarm.cli.flags import PoolArgument
from asgwarm.cli.options import option
from asgwarm.cli.signals import run_async
from asgwarm.domain.value import value

if TYPE_CHECKING:
    from asgwarm.cli.invocation import Invocation


@value
class Flags:
    """What `cost` accepts."""

    pool: PoolArgument = ""
    since: Annotated[
        str, option(metavar="TIME", help="How far to look back: 90m, 24h, 7d.")
    ] = "7d"


def run(flags: Flags, invocation: "Invocation") -> int:
    """Estimate what a pool cost, by what its instances did, and whether its sizes fit.

    It reads the pool's own history, which forgets an instance two days after its end,
    and list prices. Advice comes from who asked when, and how fast others were ready.
    """
    from asgwarm.cli.views import cost as view
    from asgwarm.domain.names import duration_s
    from asgwarm.errors import ConfigError

    output, since_s = invocation.output, duration_s(flags.since)
    if not since_s:
        raise ConfigError("--since 0 is no time", hint="asgwarm cost --since 24h")
    found = run_async(invocation.pool(flags.pool).cost(since_s))
    if output.json:
        output.document(view.document(found))
    else:
        view.show(output, found)
    return 0
