"""How a pool stands: its counts, its targets, why it is not full, what it costs now.

Rule: the price is an extra. Whoever may not read the stack gets everything else.
"""

from collections.abc import Collection
from decimal import Decimal

from asgwarm.clients import Clients
from asgwarm.domain.names import stack_name
from asgwarm.domain.record import Record, State
from asgwarm.domain.value import value
from asgwarm.errors import AsgwarmError
from asgwarm.stack.options import PoolOptions
from asgwarm.stack.price import rate
from asgwarm.stack.stacks import find

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
    """

    pool: str
    region: str
    mode: str
    counts: dict[str, int]
    targets: dict[str, int]
    why: str | None
    rate_per_hour: Decimal | None
    records: list[Record]


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


def prices(clients: Clients, pool: str) -> Prices | None:
    """Return the pool's prices; None when they are not known or may not be read."""
    try:
        stack = find(clients.cloudformation, stack_name(pool))
        if stack is None:
            return None
        known = rate(PoolOptions(pool=pool).filled(stack.parameters), clients.region)
    except (AsgwarmError, KeyError, ValueError):  # a stack of another version's
        return None
    if known is None:
        return None
    return Prices(running=known.instance_per_hour, resting=known.resting_per_hour)
