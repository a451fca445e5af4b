"""Which ways are measured, what that launches, and what it costs at most.

Rule 1: a way that cannot be measured is left out and its reason kept; it stops none of
the others.
Rule 2: what it costs at most is what the limits of time let it cost, however little
of them is needed.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from asgwarm.domain.value import value
from asgwarm.errors import ConfigError

GET, AGENT, SPARE, WARM = "get", "agent", "spare", "warm"
COLD, TAGS, SIMPLE = "cold", "tags", "simple-eic"
WAYS = (GET, AGENT, SPARE, WARM, COLD, TAGS, SIMPLE)
HELD = (TAGS, SIMPLE)  # these go to an instance that the bench holds
SLOW = (WARM, COLD)
SLOW_ROUNDS = 5  # at most: each takes as long as an instance takes to start

LONGEST_S = 3600  # nothing is begun later
QUICK_LIMIT_S, WARM_LIMIT_S, COLD_LIMIT_S = 90, 300, 180  # of one shot
# What comes on top for each instance: the pool ends it within a minute, and EC2 bills
# a minute at least.
SLACK_S = 120
HOUR_S = 3600


@value
class Room:
    """What a pool has room for.

    Attributes:
        free: Leases that the caps still allow.
        owner_cap: Leases of one user at most; 0 for any number.
        refill_s: How long a way waits for what it needs.
        per_hour: Estimated dollars of one running instance; None when not known.
    """

    hot: int
    warm: int
    free: int
    owner_cap: int
    refill_s: int
    per_hour: Decimal | None


@value
class Plan:
    """What is going to happen.

    Attributes:
        rounds: How often each way is gone.
        skipped: Why each of the other ways is not.
        starts: Instances that are started or used up, at most.
        holds: Leases that are held all the time.
        at_most: Estimated dollars; None when no price is known.
    """

    rounds: Mapping[str, int]
    skipped: Mapping[str, str]
    starts: int
    holds: int
    at_most: Decimal | None


def chosen(compare: str) -> tuple[str, ...]:
    """Return the ways of a list with commas, `get` among them, in their own order.

    Raises:
        ConfigError: One is not known.
    """
    named = {name.strip() for name in compare.split(",") if name.strip()}
    if unknown := sorted(named - set(WAYS)):
        raise ConfigError(
            f"--compare knows no {unknown[0]!r}; it knows {', '.join(WAYS[1:])}",
            hint="asgwarm bench --compare warm,cold",
        )
    return tuple(name for name in WAYS if name == GET or name in named)


def plan(ways: Sequence[str], n: int, room: Room) -> Plan:
    """Return what measuring *ways* *n* times takes in a pool with that room."""
    skipped = {name: why for name in ways if (why := _impossible(name, room))}
    holds = 0
    for name in (GET, AGENT, *HELD, SPARE, WARM):
        if name not in ways or name in skipped:
            continue
        more = (name in HELD and holds == 0) or name == SPARE
        needed = holds + more + 1 + (room.hot if name == WARM else 0)
        if needed > room.free:
            skipped[name] = (
                f"{needed} leased at once are needed, and the pool's caps leave room "
                f"for {max(0, room.free)}"
            )
        else:
            holds += more
    rounds = {
        name: min(n, SLOW_ROUNDS) if name in SLOW else n
        for name in ways
        if name not in skipped
    }
    starts = sum(_starts(name, rounds[name], room.hot) for name in rounds) + holds
    return Plan(
        rounds=rounds,
        skipped=skipped,
        starts=starts,
        holds=holds,
        at_most=_at_most(rounds, holds, room),
    )


def _impossible(name: str, room: Room) -> str:
    if name == WARM and room.warm == 0:
        return "the pool keeps nothing in its warm pool"
    if name == SPARE and room.owner_cap:
        return "a pool that counts the leases of each user gets no spares"
    return ""


def _starts(name: str, rounds: int, hot: int) -> int:
    """How many instances *rounds* of a way use up."""
    if name in HELD:
        return 0
    # Hot ones are claimed away first; the group starts one more for who waits.
    return rounds * (hot + 2 if name == WARM else 1)


def _at_most(rounds: Mapping[str, int], holds: int, room: Room) -> Decimal | None:
    if room.per_hour is None:
        return None
    limits = {WARM: WARM_LIMIT_S, COLD: COLD_LIMIT_S}
    billed_s = holds * (LONGEST_S + room.refill_s + WARM_LIMIT_S + SLACK_S)
    for name, count in rounds.items():
        each_s = SLACK_S + limits.get(name, QUICK_LIMIT_S)
        billed_s += _starts(name, count, room.hot) * each_s
    return room.per_hour * billed_s / HOUR_S
