"""Users of one pool, in processes and in tasks, and a region that can be broken."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from asgwarm.clients import Clients
from asgwarm.connect.timings import Timings
from asgwarm.leasing.journal import Journal
from asgwarm.leasing.lease import Lease
from asgwarm.pool import LeasingPool
from tests.integration.pools import Pool, clients_of


@dataclass
class User:
    """Somebody who uses a pool, with clients and a journal of their own."""

    clients: Clients
    journal: Journal
    pool: LeasingPool
    warnings: list[str] = field(default_factory=list)

    async def claim(self, *, wait_s: int = 0, **options: Any) -> Lease:
        """Claim an instance for ten minutes."""
        return await self.pool.claim(
            ttl_s=600, wait_s=wait_s, timings=Timings(), **options
        )

    def outcomes(self) -> dict[str, str]:
        """What the journal says of each lease."""
        return {entry.lease_id: entry.outcome for entry in self.journal.all()}


@pytest.fixture
def user(tmp_path: Path) -> Callable[[Pool], User]:
    """Makes a user of a pool, each with another name."""
    names = (f"user{n}@lab:1" for n in itertools.count(1))

    def make(pool: Pool) -> User:
        owner, warnings = next(names), list[str]()
        clients = clients_of(pool.region)
        journal = Journal(tmp_path / owner, report=warnings.append)
        made = LeasingPool(
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
