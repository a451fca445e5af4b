"""A pool as somebody sees it who changes nothing in it.

Rule: what somebody holds is said by the registry; the journal only knows which ids
are meant by a name.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from asgwarm.clients import Clients
from asgwarm.clock import now_s
from asgwarm.domain.health import counts_of, why_not_full
from asgwarm.domain.history import Event, events_of
from asgwarm.domain.names import check_pool
from asgwarm.domain.record import Record, State
from asgwarm.errors import LeaseLost, LeaseNotFound, PoolNotFound
from asgwarm.leasing.finding import ended, live, user_of
from asgwarm.leasing.journal import Entry, Journal
from asgwarm.leasing.lease import Lease, lease_of
from asgwarm.leasing.remembered import ReadyLists
from asgwarm.registry.leases import Leases
from asgwarm.registry.registry import Registry

if TYPE_CHECKING:
    from asgwarm.leasing.spending import PoolCost
    from asgwarm.leasing.standing import PoolStatus


def silent(_: str) -> None:
    """Nobody wants to know."""


class WatchedPool:
    """One pool, looked at by *owner* (`user@host:pid`).

    Args:
        warn: Gets one sentence where something went wrong that needs no exception.
        ready_lists: What earlier claims saw ready; without it every claim reads.
    """

    def __init__(
        self,
        name: str = "default",
        *,
        clients: Clients,
        journal: Journal,
        owner: str,
        warn: Callable[[str], None] = silent,
        ready_lists: ReadyLists | None = None,
    ) -> None:
        self.name = check_pool(name)
        self._clients = clients
        self._journal = journal
        self._owner = owner
        self._warn = warn
        self._ready_lists = ready_lists

    async def find(self, lease_or_name: str) -> Lease:
        """Return a live lease by its id or its name.

        Raises:
            LeaseNotFound: There is none.
            LeaseLost: It has ended.
        """
        leases = await self._leases()
        records = (await asyncio.to_thread(leases.all)).values()
        ids = {entry.lease_id for entry in self._written(lease_or_name)}
        ids.add(lease_or_name)
        if record := live(records, ids, lease_or_name, self._owner):
            return lease_of(self.name, record)
        if lost := ended(records, ids):
            for lease_id in ids & {record.last_lease for record in records}:
                self._journal.remove(lease_id)
            raise lost
        raise LeaseNotFound(
            f"pool {self.name!r} has no lease {lease_or_name!r}",
            hint=f"asgwarm ls {self.name}",
        )

    def forget(self, lease_id: str) -> bool:
        """Strike a claim of unknown outcome that was not applied, as `find` says.

        Returns:
            Whether the journal had such a claim.
        """
        unknown = [
            entry
            for entry in self._written(lease_id)
            if entry.lease_id == lease_id and entry.outcome == "unknown"
        ]
        if unknown:
            self._journal.remove(lease_id)
        return bool(unknown)

    async def leases(self) -> list[Lease]:
        """Return all live leases of the pool, oldest first."""
        return (await self.listing())[0]

    async def listing(self) -> tuple[list[Lease], list[Record]]:
        """Return live leases and ready instances as of one read, oldest first."""
        leases = await self._leases()
        records = (await asyncio.to_thread(leases.all)).values()
        oldest = sorted(records, key=lambda record: record.since)
        held = [lease_of(self.name, r) for r in oldest if r.state is State.LEASED]
        return held, [r for r in oldest if r.state is State.READY]

    async def events(self) -> list[Event]:
        """Return what happened to the pool's instances, oldest first.

        An instance is forgotten two days after it was terminated.
        """
        leases = await self._leases()
        return events_of(await asyncio.to_thread(leases.rows))

    async def cost(self, since_s: int) -> "PoolCost":
        """Return what the pool's instances did in the last *since_s* seconds.

        Raises:
            PoolNotFound: There is no such pool in this region.
        """
        from asgwarm.leasing.spending import spending  # much, and rarely needed

        leases = await self._leases()
        return await asyncio.to_thread(
            spending, leases, self._clients, since_s=since_s, now=now_s()
        )

    async def status(self) -> "PoolStatus":
        """Return how the pool is doing.

        Raises:
            PoolNotFound: There is no such pool in this region.
            StackFailed: There is its stack, and no table; says what to do.
        """
        from asgwarm.leasing.standing import (  # much, and rarely needed
            PoolStatus,
            prices,
            stack_of,
            unserved,
        )

        leases = await self._leases()
        try:  # META first: it says where the rows are.
            meta = await asyncio.to_thread(leases.meta)
        except PoolNotFound as error:
            stack = await asyncio.to_thread(stack_of, self._clients, self.name)
            raise unserved(stack, self.name, error) from error
        found, stack = await asyncio.gather(
            asyncio.to_thread(leases.all),
            asyncio.to_thread(stack_of, self._clients, self.name),
        )
        known = prices(stack, self.name, self._clients.region)
        records = list(found.values())
        return PoolStatus(
            pool=self.name,
            region=self._clients.region,
            mode=meta.pool_mode,
            counts=counts_of(records),
            targets={"hot": meta.hot, "warm": meta.warm, "cap": meta.cap},
            why=why_not_full(meta, records, now_s()),
            rate_per_hour=known.of(records) if known else None,
            records=records,
            stack_status=stack.status if stack else "",
        )

    def _written(self, lease_or_name: str) -> list[Entry]:
        # Another region, or the emulated one, may have a pool of the same name.
        here = (self.name, self._clients.region, self._clients.settings.endpoint_url)
        return [
            entry
            for entry in self._journal.find(lease_or_name)
            if (entry.pool, entry.region, entry.endpoint) == here
        ]

    def _check_mine(self, lease: Lease, *, hint: str) -> None:
        mine = user_of(lease.owner) == user_of(self._owner)
        if not (mine or self._journal.find(lease.id)):
            raise LeaseLost(
                f"lease {lease.id} is {lease.owner}'s, not yours", hint=hint
            )

    async def _leases(self) -> Leases:
        client = await asyncio.to_thread(lambda: self._clients.dynamodb)
        # A row's history is made of words.
        return Leases(Registry(client, self.name, "_".join(self._owner.split())))
