"""What is said of rows that are not what somebody hoped for.

Rule: nothing is loaded from here before something is wrong.
"""

from asgwarm.domain.meta import Meta
from asgwarm.domain.record import SCHEMA_VERSION, Record
from asgwarm.errors import LeaseLost, PoolNewer


def newer(pool: str, meta: Meta) -> PoolNewer:
    """The error for a pool whose rows a newer asgwarm writes."""
    return PoolNewer(
        f"pool {pool!r} has rows of version {meta.v}, and this asgwarm understands "
        f"{SCHEMA_VERSION}",
        hint="pip install --upgrade asgwarm",
    )


def lost(lease_id: str, found: Record | None) -> LeaseLost:
    """The error for a lease that is not what it was, by its row as it is now."""
    if found is None:
        said = "its row is gone"
    elif found.last_lease == lease_id:
        said = f"it ended: {found.why or 'released'}"
    elif found.lease_id and found.lease_id != lease_id:
        said = "the instance is another lease's"
    else:
        why = found.why or "no reason given"
        said = f"its instance is {found.state.lower()}: {why}"
    return LeaseLost(f"lease {lease_id} is lost: {said}", hint="asgwarm get")
