"""What a pool is like before it is measured: sizes, image, price, what is in use."""

import asyncio
from urllib.parse import urlsplit

from asgwarm.bench.plan import Room
from asgwarm.clients import Clients
from asgwarm.domain.advice import Monthly
from asgwarm.domain.meta import Meta
from asgwarm.domain.names import stack_name
from asgwarm.domain.record import State
from asgwarm.domain.value import value
from asgwarm.errors import AccessDenied
from asgwarm.leasing.finding import user_of
from asgwarm.registry.leases import Leases
from asgwarm.stack.options import DEFAULTS, PoolOptions
from asgwarm.stack.price import HOURS_PER_MONTH, Rate, rate
from asgwarm.stack.stacks import find

# Made before anything runs beside something else: boto3's session is for one thread.
CLIENTS = ("cloudformation", "full_dynamodb", "full_eic", "autoscaling", "ec2")
REFILL_S = 300  # without the set-up script, which comes on top
AWS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".amazonaws.eu")


@value
class Situation:
    """A pool as it is.

    Attributes:
        stack_id: The stack's, which its instances carry in a tag.
        options: The pool's; only its sizes where the stack may not be read.
        endpoint: Where its region answers; None for AWS's own.
        leased: Live leases, whose ever they are.
        mine: Those of this user.
    """

    pool: str
    region: str
    endpoint: str | None
    stack_id: str
    group: str
    options: PoolOptions
    rate: Rate | None
    leased: int
    mine: int

    @property
    def instances_arn(self) -> str:
        """What the ARNs of its instances begin with."""
        _, partition, _, region, account, _ = self.stack_id.split(":", 5)
        return f"arn:{partition}:ec2:{region}:{account}:instance/"

    @property
    def address_field(self) -> str:
        """Where EC2 has the address that people connect to."""
        kind = self.options.address or DEFAULTS["AddressType"]
        return f"{kind.title()}IpAddress"

    @property
    def os_user(self) -> str:
        """Whom its instances let in."""
        return self.options.os_user or DEFAULTS["OsUser"]

    @property
    def refill_s(self) -> int:
        """How long the next instance of the pool may take."""
        options = self.options
        return REFILL_S + (options.setup_timeout_s or 0 if options.setup else 0)

    @property
    def room(self) -> Room:
        """What may be claimed and launched in it."""
        options = self.options
        owner_cap = options.owner_cap or 0
        free = (options.cap or 0) - self.leased
        return Room(
            hot=options.hot or 0,
            warm=options.warm or 0,
            free=min(free, owner_cap - self.mine) if owner_cap else free,
            owner_cap=owner_cap,
            refill_s=self.refill_s,
            per_hour=self.rate.instance_per_hour if self.rate else None,
        )

    @property
    def monthly(self) -> Monthly | None:
        """What its instances cost a month, where that is known."""
        if self.rate is None:
            return None
        return Monthly(
            resting=self.rate.resting_per_hour * HOURS_PER_MONTH,
            running=self.rate.instance_per_hour * HOURS_PER_MONTH,
        )


async def look(leases: Leases, clients: Clients, owner: str) -> Situation:
    """Return what the pool is like; reads, and changes nothing.

    Who may not read the stack is told its sizes, and neither image nor price.

    Raises:
        PoolNotFound: There is no such pool in this region.
    """
    return await asyncio.to_thread(_look, leases, clients, owner)


def _look(leases: Leases, clients: Clients, owner: str) -> Situation:
    for name in CLIENTS:
        getattr(clients, name)
    meta, records = leases.meta(), leases.all().values()
    held = [record for record in records if record.state is State.LEASED]
    options, price = _options(leases.pool, clients, meta)
    return Situation(
        pool=leases.pool,
        region=clients.region,
        endpoint=_other_endpoint(clients),
        stack_id=meta.epoch,
        group=f"{stack_name(leases.pool)}-pool",
        options=options,
        rate=price,
        leased=len(held),
        mine=sum(user_of(each.lease_owner) == user_of(owner) for each in held),
    )


def _options(
    pool: str, clients: Clients, meta: Meta
) -> tuple[PoolOptions, Rate | None]:
    try:
        stack = find(clients.cloudformation, stack_name(pool))
    except AccessDenied:
        stack = None
    if stack is None:
        said = PoolOptions(
            pool=pool,
            hot=meta.hot,
            warm=meta.warm,
            cap=meta.cap,
            owner_cap=meta.owner_cap,
            max_lease_s=meta.max_lease_s,
        )
        return said, None
    options = PoolOptions(pool=pool).filled(stack.parameters)
    return options, rate(options, clients.region)


def _other_endpoint(clients: Clients) -> str | None:
    """The endpoint that is in force, where it is none of AWS's."""
    url = str(clients.cloudformation.meta.endpoint_url)
    host = urlsplit(url).hostname or ""
    return None if host.endswith(AWS) else url
