"""Which lease somebody means by an id or by a name.

Rule 1: an id means that one lease, whoever holds it. A name means a lease of the
same user on the same computer, so that nobody ends another one's by its name.
Rule 2: what the user's journal knows by a name counts before what the rows say.
"""

from collections.abc import Collection

from asgwarm.domain.record import Record, State
from asgwarm.errors import GuardRefused, LeaseLost
from asgwarm.registry.leases import Wish


def user_of(owner: str) -> str:
    """The part of an owner `user@host:pid` that every run of a user shares."""
    return owner.rpartition(":")[0] or owner


def live(
    records: Collection[Record], ids: Collection[str], name: str, owner: str
) -> Record | None:
    """Return the record of a live lease.

    Args:
        ids: The ids that it may have, known for certain.
        name: Else the name that *owner* gave it.
    """
    leased = [record for record in records if record.state is State.LEASED]
    for record in leased:
        if record.lease_id in ids:
            return record
    for record in leased:
        if record.lease_name == name and _is_same_user(record, owner):
            return record
    return None


def ended(records: Collection[Record], ids: Collection[str]) -> LeaseLost | None:
    """Return the error for a lease that was there and has ended, None otherwise."""
    for record in records:
        if record.last_lease in ids and record.last_lease:
            return LeaseLost(
                f"lease {record.last_lease} has ended: {record.why or 'released'}",
                hint="asgwarm get " + record.last_lease.partition(".")[0],
            )
    return None


def held_already(records: Collection[Record], wish: Wish) -> Record | None:
    """Return the record that the same wish already got, None if it is a new one.

    Raises:
        LeaseLost: It got one, and that has ended.
        GuardRefused: Another lease of the same user has the name.
    """
    if found := live(records, {wish.lease_id}, "", wish.lease_owner):
        return found
    if lost := ended(records, {wish.lease_id}):
        raise lost
    named = wish.lease_name and live(records, (), wish.lease_name, wish.lease_owner)
    if named:
        raise name_taken(named)
    return None


def name_taken(by: Record) -> GuardRefused:
    """Return the error for a name that another lease of the same user has."""
    return GuardRefused(
        f"{by.lease_name!r} is already the name of {by.lease_id}",
        hint=f"asgwarm connect {by.lease_name}",
    )


def _is_same_user(record: Record, owner: str) -> bool:
    return bool(record.lease_name) and user_of(record.lease_owner) == user_of(owner)
