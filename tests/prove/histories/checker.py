"""Whether a history could have happened to a store that grants every id once.

Rule 1: three kinds of harm have names. *double*: an instance, or a lease, was granted
twice or after its end. *stranded*: somebody holds what they were not told of.
*lost*: somebody was told of what they do not hold. What else cannot be is *odd*.
Rule 2: what overlaps in time may have happened in any order; only what returned before
something else was called comes before it.
Rule 3: a claimant that was killed while it waited for an answer may hold one lease.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise, permutations

from tests.prove.histories.history import (
    CLAIM,
    CONTENDED,
    DONE,
    EMPTY,
    EVICT,
    FAILED,
    GRANTED,
    LOST,
    READ,
    RELEASE,
    UNKNOWN,
    History,
    Operation,
)

READY, LEASED, ENDED = 0, 1, 2
RANK = {"READY": READY, "LEASED": LEASED, "DRAINING": ENDED, "TERMINATED": ENDED}

DOUBLE, STRANDED, LOST_LEASE, ODD = "double", "stranded", "lost", "odd"


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One thing that must not be in a history."""

    kind: str
    what: str


Found = Iterator[Violation]


def violations(history: History) -> list[Violation]:
    """Everything in *history* that must not be; empty when it is a good one."""
    return [found for rule in RULES for found in rule(history)]


def _grants(history: History) -> list[Operation]:
    return [
        one
        for one in history.operations
        if one.kind == CLAIM and one.outcome == GRANTED
    ]


def _form(history: History) -> Found:
    """A claimant does one thing after the other, and none after its death."""
    by_claimant: dict[str, list[Operation]] = defaultdict(list)
    for one in history.operations:
        by_claimant[one.who].append(one)
        if one.returned_s is not None and one.returned_s < one.called_s:
            yield Violation(kind=ODD, what=f"{one.owner} heard before it asked")
        if one.called_s > history.dead.get(one.who, float("inf")):
            yield Violation(kind=ODD, what=f"{one.owner} asked after its death")
        if one.returned_s is None and one.who not in history.dead:
            yield Violation(kind=ODD, what=f"{one.owner} lives and never heard")
    for who, done in by_claimant.items():
        for first, second in pairwise(sorted(done, key=lambda one: one.called_s)):
            if first.returned_s is None or first.returned_s > second.called_s:
                yield Violation(kind=ODD, what=f"{who} did two things at once")


def _once(history: History) -> Found:
    """An instance is granted once, to one lease; one that was evicted never."""
    grants = _grants(history)
    for one in grants:
        if not (one.instance_id and one.lease_id):
            yield Violation(kind=ODD, what=f"{one.owner} was granted nothing")
    for what in ("instance_id", "lease_id"):
        counted = Counter(getattr(one, what) for one in grants)
        for name in (name for name, count in counted.items() if count > 1):
            yield Violation(kind=DOUBLE, what=f"{name} was granted twice")
    granted = {one.instance_id for one in grants}
    for one in history.operations:
        evicted = one.kind == EVICT and one.outcome == DONE
        if evicted and one.instance_id in granted:
            yield Violation(kind=DOUBLE, what=f"{one.instance_id} was evicted too")


def _order(history: History) -> Found:
    """What happens to an instance goes forward, for everybody who looks."""
    by_instance: dict[str, list[Operation]] = defaultdict(list)
    for one in history.operations:
        if _rank(one) is not None:
            by_instance[one.instance_id].append(one)
    for seen in by_instance.values():
        for before, after in permutations(seen, 2):
            if before.returned_s is not None and before.returned_s < after.called_s:
                yield from _forward(before, after)


def _forward(before: Operation, after: Operation) -> Found:
    was, rank = _rank(before) or READY, _rank(after) or READY
    if after.kind == CLAIM and was >= LEASED:
        said = f"{after.instance_id} was granted when it was not free"
        yield Violation(kind=DOUBLE, what=said)
    elif rank < was or _fell(before, after):
        said = f"{after.instance_id} went back, as {after.owner} saw it"
        yield Violation(kind=ODD, what=said)


def _fell(before: Operation, after: Operation) -> bool:
    """Whether the generation of a row was smaller when it was read again."""
    return before.kind == READ == after.kind and after.gen < before.gen


def _rank(one: Operation) -> int | None:
    """How far an instance was when *one* returned; None where that does not say."""
    if one.kind == CLAIM and one.outcome == GRANTED:
        return LEASED
    if one.kind in (RELEASE, EVICT) and one.outcome == DONE:
        return ENDED
    return RANK.get(one.outcome) if one.kind == READ else None


def _visible(history: History) -> Found:
    """A grant is in the row, and in what anybody reads after it."""
    rows = {row.instance_id: row for row in history.rows}
    for one in _grants(history):
        row = rows.get(one.instance_id)
        if row is None or row.lease_id != one.lease_id or row.owner != one.owner:
            yield Violation(kind=LOST_LEASE, what=f"{one.lease_id} is in no row")
    granted = {one.instance_id: one for one in _grants(history)}
    for one in history.operations:
        grant = granted.get(one.instance_id)
        if grant is None or grant.returned_s is None or not _is_answered_read(one):
            continue
        if grant.returned_s < one.called_s and one.lease_id != grant.lease_id:
            said = f"{one.owner} did not see {grant.lease_id}"
            yield Violation(kind=LOST_LEASE, what=said)
        asked_later = (one.returned_s or 0) < grant.called_s
        if asked_later and one.lease_id == grant.lease_id:
            yield Violation(kind=ODD, what=f"{one.lease_id} was seen before its claim")


def _is_answered_read(one: Operation) -> bool:
    answered = one.returned_s is not None and one.outcome != FAILED
    return one.kind == READ and answered


def _known(history: History) -> Found:
    """Who holds, or held, an instance was told so, or was told that nobody knows."""
    claims = {one.owner: one for one in history.operations if one.kind == CLAIM}
    for row in (row for row in history.rows if row.lease_id):
        claim = claims.get(row.owner)
        if claim is None:
            yield Violation(kind=STRANDED, what=f"nobody asked for {row.lease_id}")
        elif claim.outcome == UNKNOWN and history.journal.get(row.lease_id) != UNKNOWN:
            yield Violation(kind=STRANDED, what=f"{row.lease_id} is written nowhere")
        elif claim.returned_s is not None and claim.outcome not in (GRANTED, UNKNOWN):
            said = f"{row.owner} has {row.lease_id} and heard {claim.outcome}"
            yield Violation(kind=STRANDED, what=said)
        elif claim.outcome == GRANTED and claim.lease_id != row.lease_id:
            said = f"{row.owner} has {row.lease_id} and {claim.lease_id}"
            yield Violation(kind=STRANDED, what=said)


def _released(history: History) -> Found:
    """What was given back has ended, and nothing ends by itself."""
    states = {row.lease_id: row.state for row in history.rows}
    releases = [one for one in history.operations if one.kind == RELEASE]
    for one in releases:
        if one.outcome == DONE and RANK.get(states.get(one.lease_id, "")) != ENDED:
            yield Violation(kind=STRANDED, what=f"{one.lease_id} lives after its end")
        others = (
            other
            for other in releases
            if other is not one
            and other.lease_id == one.lease_id
            and other.called_s < (one.returned_s or 0)
        )
        if one.outcome == LOST and not any(others):
            yield Violation(kind=LOST_LEASE, what=f"{one.lease_id} ended by itself")


def _turned_away(history: History) -> Found:
    """Nobody loses to nobody, or hears of nothing while something is free."""
    free = [row for row in history.rows if row.state == "READY"]
    pools, ids = {row.pool for row in free}, {row.instance_id for row in free}
    for one in (one for one in history.operations if one.kind == CLAIM):
        empty = one.outcome == EMPTY and one.pool in pools
        if empty or (one.outcome == CONTENDED and one.instance_id in ids):
            yield Violation(kind=ODD, what=f"{one.owner} was turned away")


RULES: tuple[Callable[[History], Found], ...] = (
    _form,
    _once,
    _order,
    _visible,
    _known,
    _released,
    _turned_away,
)
