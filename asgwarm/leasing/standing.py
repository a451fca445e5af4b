"""How a pool stands: counts, targets, why it is not full, its stack, what it costs.

Rule: stack and price are an extra. Whoever may not read them gets everything else.
"""

from collections.abc import Collection
from decimal import Decimal

from asgwarm.clients import Clients
from asgwarm.domain.names import stack_name
from asgwarm.domain.record import Record, State
from asgwarm.domain.value import value
from asgwarm.errors import AsgwarmError, PoolNotFound, StackFailed
from asgwarm.stack.options import PoolOptions
from asgwarm.stack.price import rate
from asgwarm.stack.stacks import StackView, find
from asgwarm.stack.status import standing

# What is quarantined may be anything; it is counted as what costs most.
_RUNNING = (
    State.WARMING,
    State.READY,
    State.LEASED,
    State.DRAINING,
    State.QUARANTINED,
)


@value
class PoolStatus:
    """How a pool is doing.

    Attributes:
        mode: ACTIVE, or DRAINING while it is going down.
        counts: Instances by what they are: ready, warming, leased, draining, warm.
        targets: What was asked for: hot, warm, cap.
        why: One sentence on why it is not full; None when it is.
        rate_per_hour: Estimated dollars for what exists now; None when not known.
        stack_status: Its stack's status, in CloudFormation's word; empty when it may
            not be read.
    """

    pool: str
    region: str
    mode: str
    counts: dict[str, int]
    targets: dict[str, int]
    why: str | None
    rate_per_hour: Decimal | None
    records: list[Record]
    stack_status: str = ""


@value
class Prices:
    """Estimated dollars an hour of one instance."""

    running: Decimal
    resting: Decimal  # in the warm pool

    def of(self, records: Collection[Record]) -> Decimal:
        """Estimated dollars an hour for the instances behind *records*."""
        running = sum(record.state in _RUNNING for record in records)
        resting = sum(record.state is State.WARMED for record in records)
        return running * self.running + resting * self.resting


def stack_of(clients: Clients, pool: str) -> StackView | None:
    """Return the pool's stack; None when there is none, or it may not be read."""
    try:
        return find(clients.cloudformation, stack_name(pool))
    except AsgwarmError:
        return None


def prices(stack: StackView | None, pool: str, region: str) -> Prices | None:
    """Return the pool's prices; None when they are not known."""
    if stack is None:
        return None
    try:
        known = rate(PoolOptions(pool=pool).filled(stack.parameters), region)
    except (AsgwarmError, KeyError, ValueError):  # a stack of another version's
        return None
    if known is None:
        return None
    return Prices(running=known.instance_per_hour, resting=known.resting_per_hour)


def unserved(
    stack: StackView | None, pool: str, error: PoolNotFound
) -> PoolNotFound | StackFailed:
    """The error for a pool without a registry: what its stack says, where it does."""
    if stack is None:
        return error
    why, command = standing(stack.status, pool=pool, stack=stack.name)
    if not why:
        return error
    return StackFailed(
        f"pool {pool!r} does not serve, stack {stack.name}: {why} ({stack.status})",
        hint=command,
    )
