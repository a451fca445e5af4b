"""What the instances of a pool did, and for how long, from their rows' histories.

Rule 1: from its first line to its end an instance is in one tier at any second, so the
seconds of all tiers add up to those of its life.
Rule 2: what the rows do not tell is left out, and nothing stands in for it. Of an
instance that was quarantined they tell nothing from before.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import zip_longest

from asgwarm.domain.edges import EDGES
from asgwarm.domain.history import SPARE, life_of
from asgwarm.domain.record import State
from asgwarm.domain.value import value

LEAST_BILLED_S = 60  # of one start; EC2 user guide, "Instance lifecycle"
SPARE_TTL_S = 90  # length of a lease that an agent holds ready


class Tier(StrEnum):
    """What an instance is paid for, in the order of its way through a pool."""

    READY = "ready"
    WARM = "warm"
    WARMING = "warming"
    LEASED = "leased"
    SPARE = "spare"  # leased by an agent, and used by nobody
    DRAINING = "draining"
    QUARANTINED = "quarantined"


_TIERS = {
    State.READY: Tier.READY,
    State.WARMED: Tier.WARM,
    State.WARMING: Tier.WARMING,
    State.LEASED: Tier.LEASED,
    State.DRAINING: Tier.DRAINING,
    State.QUARANTINED: Tier.QUARANTINED,
}


@value
class Stay:
    """When an instance was in a tier, Unix seconds, and for whom if it was leased."""

    instance_id: str
    tier: Tier
    began: int
    ended: int
    user: str = ""


@value
class Usage:
    """What a pool's instances did in a time.

    Attributes:
        since: Where the time begins, Unix seconds; `until` where it ends.
        seconds: By tier; those of all instances together.
        users: Leased seconds by user, spares included.
        instances: How many there were.
        starts: How often one was started.
        short_s: Seconds that are billed although nothing ran, as every start costs a
            minute at least.
        changes: How many changes of state there were.
    """

    since: int
    until: int
    seconds: Mapping[Tier, int]
    users: Mapping[str, int]
    instances: int
    starts: int
    short_s: int
    changes: int


def stays_of(rows: Iterable[Mapping[str, object]], now: int) -> list[Stay]:
    """Return all that the rows tell, until *now*; each instance's in its order."""
    return [stay for row in rows for stay in _stays(row, now)]


def _stays(row: Mapping[str, object], now: int) -> Iterable[Stay]:
    life = [event for event in life_of(row) if event.edge in EDGES]
    for event, after in zip_longest(life, life[1:]):
        state = State(EDGES[event.edge].after)
        if state is State.TERMINATED:
            return
        tier, user = _TIERS[state], ""
        if tier is Tier.LEASED:
            user = event.actor.rpartition(":")[0] or event.actor
            # Who uses a spare makes its lease as long as they asked for.
            unused = event.why == SPARE and row.get("dur_s") == SPARE_TTL_S
            tier = Tier.SPARE if unused else tier
        yield Stay(
            instance_id=event.instance_id,
            tier=tier,
            began=min(event.at, now),
            ended=min(after.at if after else now, now),
            user=user,
        )


def usage_of(
    stays: Sequence[Stay], *, since: int, until: int, warm_runs: bool
) -> Usage:
    """Return what they add up to between two times.

    Args:
        warm_runs: Whether instances in the warm pool run.
    """
    seconds, users = Counter[Tier](), Counter[str]()
    seen = set()
    for stay in stays:
        length_s = min(stay.ended, until) - max(stay.began, since)
        if length_s > 0:
            seconds[stay.tier] += length_s
            users[stay.user] += length_s
            seen.add(stay.instance_id)
    runs = [run for run in _runs(stays, warm_runs) if since <= run[0] < until]
    short = [LEAST_BILLED_S - (ended - began) for began, ended in runs if ended < until]
    return Usage(
        since=since,
        until=until,
        seconds={tier: seconds[tier] for tier in Tier},
        users={user: length_s for user, length_s in users.most_common() if user},
        instances=len(seen),
        starts=len(runs),
        short_s=sum(max(0, left_s) for left_s in short),
        changes=sum(since <= stay.began < until for stay in stays),
    )


def _runs(stays: Sequence[Stay], warm_runs: bool) -> list[tuple[int, int]]:
    """Return from when to when something ran without being stopped in between."""
    runs: list[tuple[int, int]] = []
    last: Stay | None = None
    for stay in stays:
        if stay.tier is Tier.WARM and not warm_runs:
            continue
        is_next = last is not None and last.instance_id == stay.instance_id
        goes_on = is_next and last is not None and last.ended == stay.began
        began = runs.pop()[0] if goes_on else stay.began
        runs.append((began, stay.ended))
        last = stay
    return runs
