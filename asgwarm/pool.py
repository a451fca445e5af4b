"""A pool as its users know it: get an instance, use it, give it back.

Rule 1: a lease that `get` took is given back by it, whatever happens, unless the
caller keeps it; behind that stands the lease's own end.
Rule 2: no Describe call between asking and the prompt: the row says everything.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal

from asgwarm.claiming import Claiming
from asgwarm.clients import Clients
from asgwarm.clock import now_s
from asgwarm.connect.keys import SessionKey
from asgwarm.connect.push import InstanceGone
from asgwarm.connect.timings import Timings
from asgwarm.domain.health import counts_of, why_not_full
from asgwarm.domain.meta import Meta
from asgwarm.domain.names import check_pool
from asgwarm.domain.record import Record, State
from asgwarm.domain.value import value
from asgwarm.errors import (
    AsgwarmError,
    ConfigError,
    GuardRefused,
    LeaseLost,
    LeaseNotFound,
    UnknownOutcome,
)
from asgwarm.holding import RELEASE_TIMEOUT_S, Session, hold
from asgwarm.journal import Entry, Journal
from asgwarm.lease import Lease, lease_of
from asgwarm.registry.leases import Leases, Wish
from asgwarm.registry.registry import Registry

SHORTEST_TTL_S = 60
INSTANCES_TRIED = 3  # when a claimed instance turns out to be gone


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


def _silent(_: str) -> None:
    """Nobody wants to know."""


class AsyncPool:
    """One pool, used by *owner* (`user@host:pid`).

    Args:
        warn: Gets one sentence where something went wrong that needs no exception.
    """

    def __init__(
        self,
        name: str = "default",
        *,
        clients: Clients,
        journal: Journal,
        owner: str,
        warn: Callable[[str], None] = _silent,
    ) -> None:
        self.name = check_pool(name)
        self._clients = clients
        self._journal = journal
        self._owner = owner
        self._warn = warn

    @asynccontextmanager
    async def get(  # noqa: PLR0913  # options by keyword are what people expect
        self,
        *,
        ttl_s: int = 3600,
        wait_s: int = 60,
        name: str = "",
        token: str = "",
        keep: bool = False,
        timings: Timings | None = None,
        on_wait: Callable[[str], None] = _silent,
    ) -> AsyncIterator[Session]:
        """Claim an instance, connect to it, and give it back after the block.

        An instance that turns out to be gone is replaced by another one.

        Args:
            keep: Leave the lease to its own end.

        Raises:
            PoolEmpty: No instance became ready within *wait_s*.
            ConnectError: The way in failed.
        """
        timings = timings or Timings()
        for tried in range(1, INSTANCES_TRIED + 1):
            lease = await self.claim(
                ttl_s=ttl_s,
                wait_s=wait_s,
                name=name,
                token=token,
                timings=timings,
                on_wait=on_wait,
            )
            entered = False
            try:
                async with self.session(
                    lease, timings=timings, release=not keep
                ) as session:
                    entered = True
                    yield session
            except InstanceGone:
                if entered or tried == INSTANCES_TRIED or token:
                    raise
                if keep:
                    await self.release(lease)
            else:
                return

    async def claim(
        self,
        *,
        ttl_s: int,
        wait_s: int,
        name: str = "",
        token: str = "",
        timings: Timings,
        on_wait: Callable[[str], None] = _silent,
    ) -> Lease:
        """Claim an instance and write it into the journal.

        Args:
            token: The same token gets the same lease back.

        Raises:
            PoolNotFound: There is no such pool in this region.
            PoolEmpty: No instance became ready within *wait_s*.
            ConfigError: The pool does not allow a lease of *ttl_s* seconds.
            GuardRefused: The name is in use, or the pool is going down.
            UnknownOutcome: It may have been claimed; the journal has its id.
        """
        leases = await self._leases()
        with timings.phase("keygen"):
            key = SessionKey.generate()
        wish = Wish(
            lease_id=f"{self.name}.{token or secrets.token_hex(8)}",
            lease_owner=self._owner,
            lease_name=name,
            dur_s=ttl_s,
        )
        claiming = Claiming(
            leases=leases,
            wish=wish,
            key_fp=key.fingerprint,
            wait_s=wait_s,
            timings=timings,
            on_wait=on_wait,
        )
        meta, page = await asyncio.gather(
            asyncio.to_thread(leases.meta), claiming.page()
        )
        _check_ttl(ttl_s, meta)
        if (name or token) and (held := await self._held(leases, wish)):
            return lease_of(self.name, held, key=key)
        try:
            record, waited = await claiming.claim(meta, page)
        except UnknownOutcome:
            self._note(wish, instance_id="", outcome="unknown")
            raise
        self._note(wish, instance_id=record.instance_id, outcome="held")
        tier = record.tier if waited else "hot"
        return lease_of(self.name, record, tier=tier, key=key)

    @asynccontextmanager
    async def session(
        self, lease: Lease, *, timings: Timings, release: bool
    ) -> AsyncIterator[Session]:
        """Connect to a lease's instance; with *release* give it back afterwards."""
        leases = await self._leases()
        try:
            async with hold(leases, lease, self._clients, timings=timings) as session:
                yield session
        finally:
            if release:
                await self._release_in_time(lease)

    async def release(self, lease: Lease) -> None:
        """Give a lease's instance back; it is terminated.

        Raises:
            LeaseLost: The lease had ended otherwise.
        """
        leases = await self._leases()
        try:
            await asyncio.to_thread(
                leases.release, lease.record, now=now_s(), why="released"
            )
        except LeaseLost:
            self._journal.remove(lease.id)
            raise
        self._journal.remove(lease.id)

    async def find(self, lease_or_name: str) -> Lease:
        """Return a live lease by its id or its name.

        Raises:
            LeaseNotFound: There is none.
            LeaseLost: It has ended.
        """
        leases = await self._leases()
        records = (await asyncio.to_thread(leases.all)).values()
        ids = {entry.lease_id for entry in self._journal.find(lease_or_name)}
        wanted = ids | {lease_or_name}
        for record in records:
            if record.state is State.LEASED and (
                record.lease_id in wanted or record.lease_name == lease_or_name
            ):
                return lease_of(self.name, record)
        for record in records:
            if record.last_lease in wanted:
                self._journal.remove(record.last_lease)
                raise LeaseLost(
                    f"lease {record.last_lease} has ended: {record.why or 'released'}",
                    hint=f"asgwarm get {self.name}",
                )
        raise LeaseNotFound(
            f"pool {self.name!r} has no lease {lease_or_name!r}",
            hint=f"asgwarm ls {self.name}",
        )

    async def leases(self) -> list[Lease]:
        """Return all live leases of the pool, oldest first."""
        leases = await self._leases()
        records = (await asyncio.to_thread(leases.all)).values()
        held = [r for r in records if r.state is State.LEASED]
        return [
            lease_of(self.name, record)
            for record in sorted(held, key=lambda record: record.since)
        ]

    async def status(self) -> PoolStatus:
        """Return how the pool is doing.

        Raises:
            PoolNotFound: There is no such pool in this region.
        """
        leases = await self._leases()
        meta, found = await asyncio.gather(
            asyncio.to_thread(leases.meta), asyncio.to_thread(leases.all)
        )
        records = list(found.values())
        return PoolStatus(
            pool=self.name,
            region=self._clients.region,
            mode=meta.pool_mode,
            counts=counts_of(records),
            targets={"hot": meta.hot, "warm": meta.warm, "cap": meta.cap},
            why=why_not_full(meta, records, now_s()),
            rate_per_hour=None,
            records=records,
        )

    async def _leases(self) -> Leases:
        client = await asyncio.to_thread(lambda: self._clients.dynamodb)
        return Leases(Registry(client, self.name, self._owner))

    async def _held(self, leases: Leases, wish: Wish) -> Record | None:
        """Return the record that the same token already got, if any."""
        records = (await asyncio.to_thread(leases.all)).values()
        user = wish.lease_owner.rpartition(":")[0]
        for record in records:
            if record.lease_id == wish.lease_id:
                return record
            if record.last_lease == wish.lease_id:
                raise LeaseLost(
                    f"lease {wish.lease_id} has ended: {record.why or 'released'}",
                    hint=f"asgwarm get {self.name}",
                )
            named = wish.lease_name and record.lease_name == wish.lease_name
            mine = record.lease_owner.rpartition(":")[0] == user
            if named and mine and record.state is State.LEASED:
                raise GuardRefused(
                    f"{wish.lease_name!r} is already the name of {record.lease_id}",
                    hint=f"asgwarm connect {wish.lease_name}",
                )
        return None

    async def _release_in_time(self, lease: Lease) -> None:
        """Try to release; the lease's own end stands behind a failure."""
        try:
            async with asyncio.timeout(RELEASE_TIMEOUT_S):
                await self.release(lease)
        except TimeoutError:
            self._warn(f"{lease.id} could not be released in time; it will expire")
        except LeaseLost as error:
            self._warn(error.message)
        except AsgwarmError as error:
            self._warn(f"{lease.id} was not released and will expire: {error.message}")

    def _note(self, wish: Wish, *, instance_id: str, outcome: str) -> None:
        self._journal.add(
            Entry(
                lease_id=wish.lease_id,
                name=wish.lease_name,
                pool=self.name,
                region=self._clients.region,
                endpoint=self._clients.settings.endpoint_url,
                instance_id=instance_id,
                created_at=now_s(),
                outcome="held" if outcome == "held" else "unknown",
            )
        )


def _check_ttl(ttl_s: int, meta: Meta) -> None:
    if not SHORTEST_TTL_S <= ttl_s <= meta.max_lease_s:
        raise ConfigError(
            f"a lease of this pool lasts {SHORTEST_TTL_S} to {meta.max_lease_s} "
            f"seconds, not {ttl_s}",
            hint=f"asgwarm get --ttl {min(3600, meta.max_lease_s)}",
        )
