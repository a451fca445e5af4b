"""`asgwarm agent start`."""

from typing import TYPE_CHECKING, Annotated, Any

from asgwarm.cli.options import option
from asgwarm.domain.names import duration_s
from asgwarm.domain.value import value
from asgwarm.errors import ConfigError, GuardRefused, WaitTimeout

if TYPE_CHECKING:
    from asgwarm.cli.invocation import Invocation

MOST_SPARES = 10  # each is an instance that is paid for


@value
class Flags:
    """What `agent start` accepts."""

    spare: Annotated[
        str, option(metavar="N", help="Leases to hold ready and connected; 0.")
    ] = ""
    pool: Annotated[str, option(metavar="POOL", help="The pool of --spare.")] = ""
    spare_ttl: Annotated[
        str,
        option(metavar="TIME", help="Release them after so long without a get; 30m."),
    ] = ""
    for_time: Annotated[
        str, option("--for", metavar="TIME", help="When the agent ends; 8h.")
    ] = ""


def run(flags: Flags, invocation: "Invocation") -> int:
    """Start the agent, which makes every get fast, or change what it does.

    It runs in the background, for you alone, and ends by itself: after --for, or an
    hour without a get. Spares are claimed instances that cost what leases cost.
    """
    from asgwarm.agent import process
    from asgwarm.agent.views import document, text

    wanted = _wanted(flags, invocation)
    was_started = process.start(invocation.env)
    kind = "status" if wanted is None else "set"
    told = process.ask(kind, invocation.env, wanted)
    if told is None:
        raise WaitTimeout("the agent does not answer", hint="asgwarm agent stop")
    if "refused" in told:
        raise GuardRefused(
            f"the agent cannot be used: {told['refused']}", hint="asgwarm agent stop"
        )
    if invocation.output.json:
        invocation.output.document(document(told))
    else:
        invocation.output.note("started" if was_started else "it runs already")
        invocation.output.data(text(told))
    return 0


def _wanted(flags: Flags, invocation: "Invocation") -> dict[str, Any] | None:
    """Return what was said, checked; None when nothing was."""
    if not any((flags.spare, flags.pool, flags.spare_ttl, flags.for_time)):
        return None
    if flags.pool and not flags.spare:
        raise ConfigError(
            "--pool goes with --spare",
            hint=f"asgwarm agent start --pool {flags.pool} --spare 1",
        )
    common = invocation.common
    return {
        "spares": _count(flags.spare) if flags.spare else None,
        "pool": invocation.pool_name(flags.pool),
        "spare_ttl_s": duration_s(flags.spare_ttl) if flags.spare_ttl else None,
        "for_s": duration_s(flags.for_time) if flags.for_time else None,
        "region": common.region,
        "profile": common.profile,
        "local": common.local,
    }


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text[:3]) > MOST_SPARES:
        raise ConfigError(
            f"--spare is 0 to {MOST_SPARES}, not {text!r}",
            hint="asgwarm agent start --spare 1",
        )
    return int(text)
