"""Who asked for instances, and how fast the pool made others, from the rows' histories.

Rule 1: who got an instance is in its history, and how long they had waited. Who gave up
before is in no row, and nobody stands in for them.
Rule 2: an instance that became ready answers the first who came and was not answered
yet: the group starts one for each.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from statistics import median

from asgwarm.domain.edges import EDGES
from asgwarm.domain.history import Event, life_of, waited_s
from asgwarm.domain.value import value


@value
class Arrival:
    """Somebody who asked for an instance and got one."""

    at: int  # when they asked, Unix seconds
    waited_s: int  # 0 for who was served at once
    held_s: int | None  # None while they hold it


@value
class Pace:
    """Median seconds of what a pool does; None for what it did not do.

    Attributes:
        warm_s: From who asks to another one ready, out of the warm pool.
        cold_s: The same with one that was launched.
        prepare_s: From a launch to its rest in the warm pool.
        warm_start_s: From a start out of the warm pool to ready; cold_start_s from a
            launch. They are medians of `warm_starts` and `cold_starts`.
    """

    warm_s: float | None
    cold_s: float | None
    prepare_s: float | None
    warm_start_s: float | None
    cold_start_s: float | None
    warm_starts: int
    cold_starts: int


@value
class Demand:
    """What was asked of a pool in a time.

    Attributes:
        arrivals: In the order in which they came.
        earlier: When each lease ended that had begun before; None while it lasts.
    """

    since: int
    until: int
    arrivals: tuple[Arrival, ...]
    earlier: tuple[int | None, ...]
    pace: Pace


def demand_of(
    rows: Iterable[Mapping[str, object]], *, since: int, until: int
) -> Demand:
    """Return what the rows tell of a time."""
    lives = [[e for e in life_of(row) if e.edge in EDGES] for row in rows]
    claims = [claim for life in lives for claim in _claims(life) if claim.at <= until]
    claims.sort(key=lambda claim: claim.at)
    asked = [claim for claim in claims if claim.at + claim.waited_s >= since]
    before = claims[: len(claims) - len(asked)]
    ends = [b.held_s and b.at + b.waited_s + b.held_s for b in before]
    return Demand(
        since=since,
        until=until,
        arrivals=tuple(asked),
        earlier=tuple(end for end in ends if end is None or end > since),
        pace=_pace(lives, claims),
    )


def _claims(life: Sequence[Event]) -> Iterable[Arrival]:
    for event, after in zip_longest(life, life[1:]):
        if event.edge == "claim":
            waited = waited_s(event.why)
            held_s = after.at - event.at if after else None
            yield Arrival(at=event.at - waited, waited_s=waited, held_s=held_s)


def _pace(lives: Sequence[Sequence[Event]], claims: Sequence[Arrival]) -> Pace:
    prepared, woken, launched = [], [], []
    readied: list[tuple[int, bool]] = []  # when, and whether out of the warm pool
    for life in lives:
        at = {event.edge: event.at for event in life}
        if "register" in at and "warmed" in at:
            prepared.append(at["warmed"] - at["register"])
        if "ready" in at:
            readied.append((at["ready"], "warmed" in at))
        if "ready" in at and "leave" in at:
            woken.append(at["ready"] - at["leave"])
        elif "ready" in at and "register" in at:
            launched.append(at["ready"] - at["register"])
    warm, cold = _answers(claims, readied)
    return Pace(
        warm_s=_median(warm),
        cold_s=_median(cold),
        prepare_s=_median(prepared),
        warm_start_s=_median(woken),
        cold_start_s=_median(launched),
        warm_starts=len(woken),
        cold_starts=len(launched),
    )


def _answers(
    claims: Sequence[Arrival], readied: list[tuple[int, bool]]
) -> tuple[list[int], list[int]]:
    """Return how long each who came waited for another one to be ready: warm, cold."""
    warm: list[int] = []
    cold: list[int] = []
    unanswered, coming = deque[int](), deque(claims)
    for at, is_warm in sorted(readied):
        while coming and coming[0].at <= at:
            unanswered.append(coming.popleft().at)
        if unanswered:
            (warm if is_warm else cold).append(at - unanswered.popleft())
    return warm, cold


def _median(lengths_s: Sequence[int]) -> float | None:
    return median(lengths_s) if lengths_s else None
