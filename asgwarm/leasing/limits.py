"""What a pool lets one user have: how long a lease may be, and how many.

Rule: who shares a pool trusts each other. The function enforces the length of a lease
with its own clock; the number of a user's leases is counted by their own claims, so
that two of them at the same time may pass it by one.
"""

from collections.abc import Collection

from asgwarm.domain.meta import Meta
from asgwarm.domain.record import Record, State
from asgwarm.errors import ConfigError, GuardRefused
from asgwarm.leasing.finding import user_of

SHORTEST_TTL_S = 60
RELEASE_TIMEOUT_S = 2.0  # at the end of a session; behind it stands the lease's own end


def allows_ttl(ttl_s: int, meta: Meta) -> bool:
    """Whether a lease of the pool may last *ttl_s* seconds."""
    return SHORTEST_TTL_S <= ttl_s <= meta.max_lease_s


def check_ttl(ttl_s: int, meta: Meta, *, command: str) -> None:
    """Return if a lease of the pool may last *ttl_s* seconds.

    Args:
        command: What was typed, for the hint.

    Raises:
        ConfigError: It may not.
    """
    if not allows_ttl(ttl_s, meta):
        raise ConfigError(
            f"a lease of this pool lasts {SHORTEST_TTL_S} to {meta.max_lease_s} "
            f"seconds, not {ttl_s}",
            hint=f"{command} --ttl {min(3600, meta.max_lease_s)}",
        )


def check_owner_cap(
    meta: Meta, records: Collection[Record], owner: str, *, pool: str
) -> None:
    """Return if a user may have one more lease.

    Args:
        pool: Its name, for the hint.

    Raises:
        GuardRefused: They hold as many as one user may.
    """
    user = user_of(owner)
    leased = [record for record in records if record.state is State.LEASED]
    held = sum(user_of(record.lease_owner) == user for record in leased)
    if held >= meta.owner_cap > 0:
        raise GuardRefused(
            f"{user} holds {held} leases, and {meta.owner_cap} is the most that one "
            "user of this pool may",
            hint=f"asgwarm release --mine --pool {pool}",
        )


def end_of(record: Record, meta: Meta, now: int) -> int:
    """When a lease that was renewed *now* ends: its own end, or the pool's maximum.

    An estimate by the clocks of those who wrote; the function's decides.
    """
    return min(now + record.dur_s, last_end_of(record, meta))


def last_end_of(record: Record, meta: Meta) -> int:
    """When a lease ends however often it is renewed; an estimate as `end_of`."""
    return (record.lease_seen_at or record.since) + meta.max_lease_s
