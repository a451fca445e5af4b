"""The run: every way once a round, and whatever it takes given back at the end.

Rule 1: each round begins with another way, so that none always follows the same one.
Rule 2: a way that fails is left out from then on, with its reason; what it had measured
counts. Missing credentials and a region that is gone end everything.
Rule 3: after an hour nothing is begun.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from asgwarm.bench.cold import Launches
from asgwarm.bench.figures import Shot, Summary, summary
from asgwarm.bench.plan import (
    AGENT,
    COLD,
    GET,
    HELD,
    LONGEST_S,
    QUICK_LIMIT_S,
    SPARE,
    WARM,
    Plan,
)
from asgwarm.bench.situation import Situation
from asgwarm.bench.verdict import Medians, Verdict, verdict
from asgwarm.bench.ways import (
    Cold,
    Flow,
    Get,
    Spare,
    Tools,
    Warm,
    Way,
    ttl_s,
)
from asgwarm.clock import monotonic_s
from asgwarm.domain.value import value
from asgwarm.errors import AsgwarmError, CredentialsMissing, RegionDown
from asgwarm.leasing.lease import Lease


@value
class Event:
    """Something that has just happened: a shot, or *why* a way is left out."""

    way: str
    number: int  # of the shot, from 1 on
    of: int
    shot: Shot | None = None
    why: str = ""


@value
class Result:
    """What a run came to: summaries by way, and why others have none or fewer."""

    ways: Mapping[str, Summary]
    skipped: Mapping[str, str]
    verdict: Verdict | None


# How long agents and spares outlive a bench that was killed.
AGENT_TTL, SPARE_TTL = "2h", "15m"
Tell = Callable[[Event], None]


async def run(plan: Plan, tools: Tools, tell: Tell) -> Result:
    """Measure what is planned.

    Raises:
        CredentialsMissing: AWS does not accept the credentials, or no longer.
        RegionDown: Nothing answers at the endpoint.
    """
    skipped = dict(plan.skipped)
    async with AsyncExitStack() as stack:
        until_s = monotonic_s() + LONGEST_S
        ways = await _ready(plan, tools, stack, skipped, tell)
        shots = await rounds(ways, plan.rounds, skipped, tell, until_s=until_s)
    return result(shots, skipped, tools.situation)


async def rounds(
    ways: Mapping[str, Way],
    counts: Mapping[str, int],
    skipped: dict[str, str],
    tell: Tell,
    *,
    until_s: float,
) -> dict[str, list[Shot]]:
    """Go every way so often, in turns; return the shots of those that came to some.

    Args:
        skipped: Gets the reason of each way that fails.
        until_s: When nothing is begun any more, by clock.monotonic_s().
    """
    shots: dict[str, list[Shot]] = {}
    for number in range(max(counts.values(), default=0)):
        left = [n for n in ways if n not in skipped and number < counts[n]]
        for name in _turned(left, number):
            if monotonic_s() > until_s:
                return shots
            shot, why = await _gone(ways[name])
            if shot:
                shots.setdefault(name, []).append(shot)
            else:
                skipped[name] = why
            of = counts[name]
            tell(Event(way=name, number=number + 1, of=of, shot=shot, why=why))
    return shots


def result(
    shots: Mapping[str, Sequence[Shot]],
    skipped: Mapping[str, str],
    situation: Situation,
) -> Result:
    """Sum up the shots of all ways."""
    found = {name: summary(some) for name, some in shots.items()}
    p50_ms = {name: found[name].total.p50_ms for name in found}
    medians = Medians(
        hot_ms=p50_ms.get(GET) if situation.options.hot else None,
        warm_ms=p50_ms.get(WARM),
        cold_ms=p50_ms.get(COLD),
    )
    return Result(
        ways=found,
        skipped=skipped,
        verdict=verdict(medians, situation.monthly),
    )


async def _gone(way: Way) -> tuple[Shot | None, str]:
    """Go a way once; return the shot, or why there is none."""
    try:
        await way.prepare()
        return await way.shoot(), ""
    except (CredentialsMissing, RegionDown):
        raise
    except AsgwarmError as error:
        return None, error.message


def _turned(names: list[str], number: int) -> list[str]:
    first = number % len(names) if names else 0
    return names[first:] + names[:first]


async def _ready(
    plan: Plan,
    tools: Tools,
    stack: AsyncExitStack,
    skipped: dict[str, str],
    tell: Tell,
) -> dict[str, Way]:
    """Return the planned ways, each with what it stands on; *stack* takes that down."""
    ways: dict[str, Way] = {}
    held: Lease | None = None
    for name in plan.rounds:
        try:
            if name in HELD:
                if held is None:
                    held = await stack.enter_async_context(_holding(tools))
                ways[name] = Flow(tools=tools, name=name, held=held)
            elif name == COLD:
                launches = Launches(tools.clients, tools.situation)
                stack.push_async_callback(launches.end)
                ways[name] = Cold(launches=launches)
            else:
                ways[name] = await _getting(name, tools, stack)
        except (CredentialsMissing, RegionDown):
            raise
        except AsgwarmError as error:
            skipped[name] = error.message
            tell(Event(way=name, number=0, of=plan.rounds[name], why=error.message))
    return ways


async def _getting(name: str, tools: Tools, stack: AsyncExitStack) -> Way:
    if name in (AGENT, SPARE):
        pool = tools.situation.pool
        spares = ("--spare", "1", "--pool", pool, "--spare-ttl", SPARE_TTL)
        words = ("--for", AGENT_TTL, *(spares if name == SPARE else ()))
        await stack.enter_async_context(_agent(tools, name, words))
    kinds: dict[str, type[Get]] = {SPARE: Spare, WARM: Warm}
    return kinds.get(name, Get)(tools=tools, agent=name if name != WARM else GET)


@asynccontextmanager
async def _holding(tools: Tools) -> AsyncIterator[Lease]:
    """Hold an instance, renewed, and give it back."""
    async with tools.pool.get(
        ttl_s=ttl_s(tools.situation), wait_s=tools.situation.refill_s
    ) as session:
        yield session.lease


@asynccontextmanager
async def _agent(
    tools: Tools, name: str, words: tuple[str, ...]
) -> AsyncIterator[None]:
    """Run an agent of the bench's own, and stop it, which releases its spares."""
    desk = tools.desk
    try:
        started = await desk.asgwarm(
            *("agent", "start", *words), agent=name, limit_s=QUICK_LIMIT_S
        )
        started.check()
        yield
    finally:
        await desk.asgwarm("agent", "stop", agent=name, limit_s=QUICK_LIMIT_S)
