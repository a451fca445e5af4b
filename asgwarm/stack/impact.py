"""What an update does to the instances of a pool, in numbers and in words.

Rule: pure. It says what the function will do by its own rules (`domain/decide.py`): a
new version of the launch template replaces what is nobody's, one by one; leased
instances stay until their leases end, unless a shorter maximum ends them.
"""

from collections.abc import Collection, Iterator

from asgwarm.domain.health import counts_of
from asgwarm.domain.record import Record, State
from asgwarm.domain.value import value
from asgwarm.stack.changes import Change, Do
from asgwarm.stack.options import PoolOptions

_FREE = ("ready", "warm", "warming")  # what nobody holds


@value
class Impact:
    """How many instances are replaced, how many leases it touches, and why.

    Attributes:
        ready: Ready instances that are replaced; warm and warming ones likewise. What
            is beyond the new sizes is ended without a replacement, and not counted.
        leased: Leased instances that stay as they are.
        ended: Leases that the update ends.
        sentences: All of it in words, never empty.
    """

    ready: int = 0
    warm: int = 0
    warming: int = 0
    leased: int = 0
    ended: int = 0
    sentences: tuple[str, ...] = ("no instance is touched",)


def impact_of(
    changes: Collection[Change],
    records: Collection[Record],
    *,
    before: PoolOptions,
    after: PoolOptions,
    now: int,
) -> Impact:
    """Return what *changes* do to the instances in *records*.

    Args:
        before: The pool as it is, with nothing unsaid; *after* as it will be.
    """
    counts = counts_of(records)
    done = {change.logical_id: change.do for change in changes}
    rolls = "LaunchTemplate" in done or done.get("Group") is Do.REPLACE
    overdue = _overdue(records, before, after, now)
    # What there is beyond the new sizes is ended and not replaced.
    most = {"ready": after.hot or 0, "warm": after.warm or 0}
    replaced = {
        word: min(counts[word], most.get(word, counts[word])) if rolls else 0
        for word in _FREE
    }
    sentences = [
        *_losses(done, counts),
        *([_roll(replaced, counts["leased"] - overdue)] if rolls else []),
        *_sizes(before, after, counts),
        *_leases(before, after, overdue, counts["leased"] - overdue),
        *_ways_in(changes, counts["leased"]),
    ]
    return Impact(
        **replaced,
        leased=counts["leased"] - overdue,
        ended=overdue,
        sentences=tuple(sentences) or ("no instance is touched",),
    )


def _losses(done: dict[str, Do], counts: dict[str, int]) -> Iterator[str]:
    """What no update should do, in the words that it deserves."""
    if done.get("Table") in (Do.REPLACE, Do.PERHAPS, Do.REMOVE):
        verb = "may be" if done["Table"] is Do.PERHAPS else "is"
        yield (
            f"the table {verb} replaced: who holds what is forgotten, and with it "
            f"{_of(counts['leased'], 'leased')}"
        )
    if done.get("Group") in (Do.REPLACE, Do.PERHAPS, Do.REMOVE):
        verb = "may be" if done["Group"] is Do.PERHAPS else "is"
        yield f"the group {verb} replaced, and all of its instances end with it"


def _roll(replaced: dict[str, int], leased: int) -> str:
    parts = [f"{n} {word}" for word, n in replaced.items() if n]
    if not parts:
        said = "no instance is there to be replaced"
    elif sum(replaced.values()) == 1:
        said = f"{_listed(parts)} instance is replaced"
    else:
        said = f"{_listed(parts)} instances are replaced one by one"
    stays = f", {leased} leased {'stays' if leased == 1 else 'stay'}" if leased else ""
    return f"the launch template changes: {said}{stays}"


def _sizes(
    before: PoolOptions, after: PoolOptions, counts: dict[str, int]
) -> Iterator[str]:
    more = (after.hot or 0) - (before.hot or 0)
    if more > 0:
        yield f"{more} more {_are(more)} started and kept ready"
    surplus = counts["ready"] - (after.hot or 0)
    if more < 0 and surplus > 0:
        yield f"{surplus} ready {_are(surplus)} ended"
    more = (after.warm or 0) - (before.warm or 0)
    if more > 0:
        yield f"{more} more {_are(more)} launched into the warm pool"
    surplus = counts["warm"] - (after.warm or 0)
    if more < 0 and surplus > 0:
        yield f"{surplus} warm {_are(surplus)} ended"
    used, cap = counts["leased"] + counts["ready"], after.cap or 0
    if cap < (before.cap or 0) and cap < used:
        yield (
            f"{counts['leased']} leased and {counts['ready']} ready are more than the "
            f"cap of {cap}: nothing is started until leases end"
        )


def _overdue(
    records: Collection[Record], before: PoolOptions, after: PoolOptions, now: int
) -> int:
    """How many leases have lasted longer than the new maximum."""
    most_s = (after.max_lease_s or 0) + (after.grace_s or 0)
    if (after.max_lease_s or 0) >= (before.max_lease_s or 0):
        return 0
    leased = [record for record in records if record.state is State.LEASED]
    return sum(0 < record.lease_seen_at < now - most_s for record in leased)


def _leases(
    before: PoolOptions, after: PoolOptions, overdue: int, others: int
) -> Iterator[str]:
    if overdue:
        verbs = ("lease is", "ends") if overdue == 1 else ("leases are", "end")
        yield f"{overdue} {verbs[0]} older than the new maximum and {verbs[1]}"
    if others and (after.max_lease_s or 0) < (before.max_lease_s or 0):
        other = "other " if overdue else ""
        yield f"{others} {other}{'lease' if others == 1 else 'leases'} may end sooner"


def _ways_in(changes: Collection[Change], leased: int) -> Iterator[str]:
    """Who may come in is a matter of the security group, which all instances share."""
    touched = [c for c in changes if c.logical_id == "SecurityGroup"]
    if any("SecurityGroupIngress" in change.properties for change in touched):
        also = f", {_of(leased, 'leased')} included" if leased else ""
        yield f"the way in changes for every instance{also}"


def _listed(parts: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))


def _of(count: int, word: str) -> str:
    return f"{count} {word} {'instance' if count == 1 else 'instances'}"


def _are(count: int) -> str:
    return "instance is" if count == 1 else "instances are"
