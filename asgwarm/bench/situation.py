"""What a pool is like before it is measured: sizes, image, price, what is in use."""

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit

from asgwarm.bench.plan import Room
from asgwarm.bench.verdict import Monthly
from asgwarm.clients import Clients
from asgwarm.domain.names import stack_name
from asgwarm.errors import PoolNotFound
from asgwarm.leasing.finding import user_of
from asgwarm.pool import AsyncPool
from asgwarm.stack.options import PoolOptions
from asgwarm.stack.price import HOURS_PER_MONTH, Rate, rate
from asgwarm.stack.stacks import find
from asgwarm.stack.teardown import group_of

AWS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".amazonaws.eu")


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """A pool as it is.

    Attributes:
        options: The pool's, with nothing unsaid.
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
        return f"{str(self.options.address).title()}IpAddress"

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


async def look(pool: AsyncPool, clients: Clients, owner: str) -> Situation:
    """Return what the pool is like; reads, and changes nothing.

    Raises:
        PoolNotFound: There is no such pool in this region.
        AccessDenied: Its stack may not be read.
    """
    leases = await pool.leases()
    name = stack_name(pool.name)
    stack = await asyncio.to_thread(find, clients.cloudformation, name)
    if stack is None:
        raise PoolNotFound(
            f"there is no pool {pool.name!r} in {clients.region}",
            hint=f"asgwarm up {pool.name}",
        )
    options = PoolOptions(pool=pool.name).filled(stack.parameters)
    return Situation(
        pool=pool.name,
        region=clients.region,
        endpoint=_other_endpoint(clients),
        stack_id=stack.stack_id,
        group=group_of(stack),
        options=options,
        rate=rate(options, clients.region),
        leased=len(leases),
        mine=sum(user_of(lease.owner) == user_of(owner) for lease in leases),
    )


def _other_endpoint(clients: Clients) -> str | None:
    """The endpoint that is in force, where it is none of AWS's."""
    url = str(clients.cloudformation.meta.endpoint_url)
    host = urlsplit(url).hostname or ""
    return None if host.endswith(AWS) else url
