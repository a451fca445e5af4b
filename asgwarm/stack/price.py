"""What a pool costs, as an estimate.

Rule: an unknown instance type or region has no price; nothing is guessed. Prices are
on-demand Linux list prices in US dollars, as of 2026-01, without tax, traffic, requests
to DynamoDB, Lambda and CloudWatch (cents a month for a pool at rest).
"""

from decimal import Decimal

from asgwarm.domain.value import value
from asgwarm.stack.options import PoolOptions

HOURS_PER_MONTH = Decimal(730)

# Dollars per hour. Source: EC2 on-demand price list, us-east-1; us-east-2 and us-west-2
# have the same prices for these types.
_PER_HOUR = {
    "t3.micro": Decimal("0.0104"),
    "t3.small": Decimal("0.0208"),
    "t3.medium": Decimal("0.0416"),
    "t3.large": Decimal("0.0832"),
    "m6i.large": Decimal("0.0960"),
    "m7i-flex.large": Decimal("0.09576"),
    "m7i.large": Decimal("0.1008"),
    "m7i.xlarge": Decimal("0.2016"),
    "m7i.2xlarge": Decimal("0.4032"),
    "m7i.4xlarge": Decimal("0.8064"),
    "c7i.large": Decimal("0.08925"),
    "c7i.xlarge": Decimal("0.1785"),
    "c7i.2xlarge": Decimal("0.357"),
    "r7i.large": Decimal("0.1323"),
}
_REGIONS = frozenset({"us-east-1", "us-east-2", "us-west-2"})
_GIB_MONTH = Decimal("0.08")  # gp3; Amazon EBS pricing
_ADDRESS_HOUR = Decimal("0.005")  # public IPv4 address; Amazon VPC pricing


@value
class Rate:
    """Estimated dollars: at rest (hot and warm, nothing claimed), and at the worst."""

    per_hour: Decimal
    per_month: Decimal
    worst_per_hour: Decimal  # the cap, all running, and the warm pool beside it
    instance_per_hour: Decimal  # one running instance with its volume and address
    resting_per_hour: Decimal  # one instance in the warm pool
    currency: str = "USD"
    estimate: bool = True


def rate(options: PoolOptions, region: str) -> Rate | None:
    """Estimate what a pool costs; None where no price is known.

    What *options* leave unsaid counts as the template's default.
    """
    pool = options.filled()
    machine = _PER_HOUR.get(str(pool.instance_type))
    if machine is None or region not in _REGIONS:
        return None
    volume = Decimal(pool.volume_gib or 0) * _GIB_MONTH / HOURS_PER_MONTH
    address = _ADDRESS_HOUR if pool.address == "public" else Decimal(0)
    running = machine + volume + address
    resting = running if pool.pool_state == "Running" else volume
    hot, warm, cap = (Decimal(n or 0) for n in (pool.hot, pool.warm, pool.cap))
    per_hour = hot * running + warm * resting
    return Rate(
        per_hour=per_hour,
        per_month=per_hour * HOURS_PER_MONTH,
        worst_per_hour=cap * running + warm * resting,
        instance_per_hour=running,
        resting_per_hour=resting,
    )
