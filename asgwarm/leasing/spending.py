"""What a pool's instances did and cost, and what that says about its sizes.

Rule 1: the rows of ended instances are kept for two days, and tell nothing of a time
without any. A longer time is cut to what they tell, and said to be; nothing is scaled.
Rule 2: the price is an extra: who may not read the stack, or has an instance type that
the table of prices does not know, gets everything else and why there is none.
"""

from asgwarm.clients import Clients
from asgwarm.domain.advice import Advice, Monthly, advise
from asgwarm.domain.demand import Demand, demand_of
from asgwarm.domain.names import stack_name
from asgwarm.domain.replay import Sizes
from asgwarm.domain.usage import Usage, stays_of, usage_of
from asgwarm.domain.value import value
from asgwarm.errors import AsgwarmError
from asgwarm.registry.leases import Leases
from asgwarm.registry.registry import TOMBSTONE_S
from asgwarm.stack.options import PoolOptions
from asgwarm.stack.price import AS_OF, HOURS_PER_MONTH, Bill, Hourly, bill, hourly
from asgwarm.stack.stacks import find


@value
class PoolCost:
    """What became of a pool's instances in a time, and of the money.

    Attributes:
        asked_s: How long a time was asked for; `usage` says from when to when it is.
        bill: None where no price is known; then `why_no_price` is a sentence.
        prices_of: The month that the prices are of.
    """

    pool: str
    region: str
    asked_s: int
    instance_type: str
    usage: Usage
    demand: Demand
    bill: Bill | None
    why_no_price: str
    prices_of: str
    advice: list[Advice]


def spending(leases: Leases, clients: Clients, *, since_s: int, now: int) -> PoolCost:
    """Return what the pool did in the last *since_s* seconds before *now*.

    Raises:
        PoolNotFound: There is no such pool in this region.
    """
    meta, rows = leases.meta(), leases.rows()
    options, why = _options(clients, leases.pool)
    each = hourly(options, clients.region) if options else None
    if options and not each:
        why = f"no price is known for {options.instance_type} in {clients.region}"
    stays = stays_of(rows, now)
    since = now - min(since_s, TOMBSTONE_S)
    since = max(since, min((stay.began for stay in stays), default=since))
    demand = demand_of(rows, since=since, until=now)
    usage = usage_of(
        stays,
        since=since,
        until=now,
        warm_runs=options is not None and options.pool_state == "Running",
    )
    return PoolCost(
        pool=leases.pool,
        region=clients.region,
        asked_s=since_s,
        instance_type=str(options.instance_type) if options else "",
        usage=usage,
        demand=demand,
        bill=bill(usage, each) if each else None,
        why_no_price=why,
        prices_of=AS_OF,
        advice=advise(
            demand,
            Sizes(hot=meta.hot, warm=meta.warm, cap=meta.cap),
            _monthly(each) if each else None,
        ),
    )


def _options(clients: Clients, pool: str) -> tuple[PoolOptions | None, str]:
    """Return the pool as its stack has it, or why that is not known."""
    try:
        stack = find(clients.cloudformation, stack_name(pool))
        if stack is None:
            return None, f"there is no stack {stack_name(pool)}"
        return PoolOptions(pool=pool).filled(stack.parameters), ""
    except AsgwarmError as error:
        return None, error.message
    except (KeyError, ValueError):
        return None, "its stack is of another version"


def _monthly(each: Hourly) -> Monthly:
    return Monthly(
        resting=each.resting * HOURS_PER_MONTH, running=each.running * HOURS_PER_MONTH
    )
