"""What a pool costs, as an estimate.

Rule: an unknown instance type or region has no price; nothing is guessed. Prices are
Linux on-demand list prices of us-east-1 in US dollars, as of 2026-01, without tax,
traffic, logs, alarms and free tiers. us-east-2 and us-west-2 have the same ones.

Sources: instances, EC2's price list of 2026-01-19; volumes, Amazon EBS pricing (gp3);
addresses, Amazon VPC pricing (public IPv4, since 2024-02); function, AWS Lambda pricing
(arm64); table, Amazon DynamoDB pricing (on demand, since 2024-11).
"""

from decimal import Decimal

from asgwarm.domain.usage import Tier, Usage
from asgwarm.domain.value import value
from asgwarm.stack.options import PoolOptions

AS_OF = "2026-01"
HOURS_PER_MONTH = Decimal(730)

PER_HOUR = {
    "t3.micro": Decimal("0.0104"),
    "t3.small": Decimal("0.0208"),
    "t3.medium": Decimal("0.0416"),
    "t3.large": Decimal("0.0832"),
    "m5.large": Decimal("0.0960"),
    "m5.xlarge": Decimal("0.1920"),
    "m6a.large": Decimal("0.0864"),
    "m6a.xlarge": Decimal("0.1728"),
    "m6i.large": Decimal("0.0960"),
    "m6i.xlarge": Decimal("0.1920"),
    "m7a.large": Decimal("0.11592"),
    "m7a.xlarge": Decimal("0.23184"),
    "m7g.large": Decimal("0.0816"),
    "m7i-flex.large": Decimal("0.09576"),
    "m7i-flex.xlarge": Decimal("0.19152"),
    "m7i.large": Decimal("0.1008"),
    "m7i.xlarge": Decimal("0.2016"),
    "m7i.2xlarge": Decimal("0.4032"),
    "m7i.4xlarge": Decimal("0.8064"),
    "c6a.large": Decimal("0.0765"),
    "c6a.xlarge": Decimal("0.153"),
    "c6i.large": Decimal("0.085"),
    "c6i.xlarge": Decimal("0.170"),
    "c7a.large": Decimal("0.10264"),
    "c7a.xlarge": Decimal("0.20528"),
    "c7i-flex.large": Decimal("0.08479"),
    "c7i.large": Decimal("0.08925"),
    "c7i.xlarge": Decimal("0.1785"),
    "c7i.2xlarge": Decimal("0.357"),
    "c7i.4xlarge": Decimal("0.714"),
    "m8i.large": Decimal("0.10584"),
    "r7i.large": Decimal("0.1323"),
    "r7i.xlarge": Decimal("0.2646"),
}
_REGIONS = frozenset({"us-east-1", "us-east-2", "us-west-2"})
_GIB_MONTH = Decimal("0.08")
_ADDRESS_HOUR = Decimal("0.005")
_HOUR_S = Decimal(3600)
# The eight of domain/metrics.py, $0.30 each; Amazon CloudWatch pricing, custom metrics.
_METRICS_MONTH = Decimal("2.40")

_MILLION = Decimal(1_000_000)
_INVOCATION = Decimal("0.20") / _MILLION
_GB_S = Decimal("0.0000133334")
_WRITE, _READ = Decimal("0.625") / _MILLION, Decimal("0.125") / _MILLION
# What a pass and a change of state take: assumed, as it is cents a month. The function
# has 256 MB; it reads META, who waits and the rows, and events hint at it.
_ASSUMED_S, _FUNCTION_GB = Decimal(1), Decimal("0.25")
_READS_PER_PASS, _WRITES_PER_PASS, _PASS_S = 8, 1, 60
_PASSES_PER_CHANGE, _WRITES_PER_CHANGE = 2, 3


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


@value
class Hourly:
    """Estimated dollars an hour of one instance, by what is paid for."""

    machine: Decimal
    volume: Decimal
    address: Decimal
    warm_runs: bool  # whether what is in the warm pool costs all of it

    @property
    def running(self) -> Decimal:
        """All that a running instance costs."""
        return self.machine + self.volume + self.address

    @property
    def resting(self) -> Decimal:
        """What one in the warm pool costs."""
        return self.running if self.warm_runs else self.volume


@value
class Parts:
    """Estimated dollars of instances, by what is paid for."""

    machine: Decimal
    volume: Decimal
    address: Decimal

    @property
    def total(self) -> Decimal:
        """All of it."""
        return self.machine + self.volume + self.address


@value
class Bill:
    """Estimated dollars for a time.

    Attributes:
        tiers: Of the instances, by tier.
        minimum: Of seconds that are billed although nothing ran.
        control: Of the function and the table, about.
    """

    tiers: dict[Tier, Parts]
    minimum: Decimal
    control: Decimal

    @property
    def total(self) -> Decimal:
        """All of it."""
        of_tiers = (parts.total for parts in self.tiers.values())
        return sum(of_tiers, self.minimum + self.control)


def hourly(pool: PoolOptions, region: str) -> Hourly | None:
    """Return what one instance of a pool costs; None where no price is known.

    Args:
        pool: With nothing unsaid.
    """
    machine = PER_HOUR.get(str(pool.instance_type))
    if machine is None or region not in _REGIONS:
        return None
    return Hourly(
        machine=machine,
        volume=Decimal(pool.volume_gib or 0) * _GIB_MONTH / HOURS_PER_MONTH,
        address=_ADDRESS_HOUR if pool.address == "public" else Decimal(0),
        warm_runs=pool.pool_state == "Running",
    )


def rate(options: PoolOptions, region: str) -> Rate | None:
    """Estimate what a pool costs; None where no price is known.

    What *options* leave unsaid counts as the template's default.
    """
    pool = options.filled()
    each = hourly(pool, region)
    if each is None:
        return None
    hot, warm, cap = (Decimal(n or 0) for n in (pool.hot, pool.warm, pool.cap))
    metrics = _METRICS_MONTH / HOURS_PER_MONTH if pool.metrics == "yes" else Decimal(0)
    per_hour = hot * each.running + warm * each.resting + metrics
    return Rate(
        per_hour=per_hour,
        per_month=per_hour * HOURS_PER_MONTH,
        worst_per_hour=cap * each.running + warm * each.resting + metrics,
        instance_per_hour=each.running,
        resting_per_hour=each.resting,
    )


def bill(usage: Usage, each: Hourly) -> Bill:
    """Estimate what a pool's instances cost by what they did."""
    return Bill(
        tiers={
            tier: _parts(seconds, each, runs=tier is not Tier.WARM or each.warm_runs)
            for tier, seconds in usage.seconds.items()
        },
        minimum=usage.short_s * each.machine / _HOUR_S,
        control=_control(usage),
    )


def _parts(seconds: int, each: Hourly, *, runs: bool) -> Parts:
    hours = seconds / _HOUR_S
    return Parts(
        machine=hours * each.machine * runs,
        volume=hours * each.volume,
        address=hours * each.address * runs,
    )


def _control(usage: Usage) -> Decimal:
    passes = Decimal(usage.until - usage.since) / _PASS_S
    invocations = passes + usage.changes * _PASSES_PER_CHANGE
    writes = passes * _WRITES_PER_PASS + usage.changes * _WRITES_PER_CHANGE
    return (
        invocations * (_INVOCATION + _ASSUMED_S * _FUNCTION_GB * _GB_S)
        + invocations * _READS_PER_PASS * _READ
        + writes * _WRITE
    )
