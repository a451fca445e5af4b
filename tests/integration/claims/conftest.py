"""Users of one pool, in processes and in tasks, and a region that can be broken."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from asgwarm import provision
from asgwarm.clients import AwsSettings, Clients
from asgwarm.connect.timings import Timings
from asgwarm.journal import Journal
from asgwarm.lease import Lease
from asgwarm.pool import AsyncPool
from asgwarm.stack.network import default_network
from asgwarm.stack.options import PoolOptions


@dataclass
class User:
    """Somebody who uses a pool, with clients and a journal of their own."""

    clients: Clients
    journal: Journal
    pool: AsyncPool
    warnings: list[str] = field(default_factory=list)

    async def claim(self, *, wait_s: int = 0, **options: Any) -> Lease:
        """Claim an instance for ten minutes."""
        return await self.pool.claim(
            ttl_s=600, wait_s=wait_s, timings=Timings(), **options
        )

    def outcomes(self) -> dict[str, str]:
        """What the journal says of each lease."""
        return {entry.lease_id: entry.outcome for entry in self.journal.all()}


@dataclass
class Pool:
    """A pool that serves, looked at from outside."""

    name: str
    region: Any

    @property
    def table(self) -> Any:
        """A client of its table's service."""
        return self.region.client("dynamodb")

    def key(self, instance_id: str) -> dict[str, Any]:
        """The key of an instance's row."""
        return {"pk": {"S": f"POOL#{self.name}#0"}, "sk": {"S": f"I#{instance_id}"}}

    def rows(self) -> dict[str, dict[str, Any]]:
        """Instance rows as plain values, by instance id."""
        answer = self.table.query(
            TableName=f"asgwarm-{self.name}",
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": self.key("")["pk"]},
            ConsistentRead=True,
        )
        return {
            item["sk"]["S"][2:]: {k: next(iter(v.values())) for k, v in item.items()}
            for item in answer["Items"]
        }

    def leased(self) -> dict[str, str]:
        """Instance ids by the id of the live lease that holds them."""
        rows = self.rows().items()
        return {row["lease_id"]: i for i, row in rows if row["st"] == "LEASED"}

    def until_ready(self, count: int) -> list[str]:
        """Ids of the ready instances, once there are *count*."""

        def ready() -> list[str]:
            return [i for i, row in self.rows().items() if row["st"] == "READY"]

        found: list[str] = self.region.until(
            lambda: len(now := ready()) >= count and now
        )
        return found


def settings(region: Any) -> AwsSettings:
    """The product's settings for *region*."""
    return AwsSettings(
        region=region.info.region,
        endpoint_url=region.info.endpoint_url,
        access_key_id=region.info.access_key_id,
        secret_access_key=region.info.secret_access_key,
    )


@pytest.fixture(scope="module")
def serve() -> Callable[..., Pool]:
    """Makes a pool, by region, name and sizes; it has its hot instances."""

    def make(region: Any, name: str, **sizes: int) -> Pool:
        def pause(seconds: float) -> None:
            changes = region.control.status()["changes"]
            region.control.wait_change(changes, min(seconds, 0.2))

        clients = Clients(settings(region))
        network = default_network(clients.ec2)
        asked = PoolOptions(
            pool=name,
            vpc=network.vpc,
            subnets=network.subnets,
            allow="127.0.0.0/8",
            **sizes,  # type: ignore[arg-type]  # sizes are numbers
        )
        provision.up(asked, clients, on_event=lambda event: None, sleep=pause)
        return Pool(name, region)

    return make


@pytest.fixture
def user(tmp_path: Path) -> Callable[[Pool], User]:
    """Makes a user of a pool, each with another name."""
    names = (f"user{n}@lab:1" for n in itertools.count(1))

    def make(pool: Pool) -> User:
        owner, warnings = next(names), list[str]()
        clients = Clients(settings(pool.region))
        journal = Journal(tmp_path / owner, report=warnings.append)
        made = AsyncPool(
            pool.name,
            clients=clients,
            journal=journal,
            owner=owner,
            warn=warnings.append,
        )
        return User(clients, journal, made, warnings)

    return make


@pytest.fixture
def _no_faults(own_region: Any) -> Iterator[None]:
    """Every test begins and ends without faults."""
    yield
    own_region.control.set_faults()
