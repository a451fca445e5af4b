"""How a lease is got and given back, and what the journal has of it.

Rule: whatever was claimed and does not come to its caller is given back here; behind
that stands the lease's own end.
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from asgwarm.clock import now_s
from asgwarm.connect.keys import SessionKey
from asgwarm.connect.timings import Timings
from asgwarm.domain.history import SPARE
from asgwarm.domain.names import check_name, check_token
from asgwarm.domain.record import Record
from asgwarm.errors import (
    AsgwarmError,
    ConfigError,
    LeaseLost,
    UnknownOutcome,
)
from asgwarm.leasing import limits
from asgwarm.leasing.claiming import Claiming
from asgwarm.leasing.finding import held_already, name_taken
from asgwarm.leasing.journal import Entry, Outcome
from asgwarm.leasing.lease import Lease, lease_of
from asgwarm.leasing.sole import sole
from asgwarm.leasing.watching import WatchedPool, silent
from asgwarm.registry.leases import Leases, Wish


class TakingPool(WatchedPool):
    """One pool that leases are taken from."""

    outcome: ClassVar[Outcome] = "held"  # of a claim, as the journal has it

    async def claim(
        self,
        *,
        ttl_s: int,
        wait_s: int,
        name: str = "",
        token: str = "",
        timings: Timings,
        on_wait: Callable[[str], None] = silent,
    ) -> Lease:
        """Claim an instance and write it into the journal.

        Args:
            token: The same token gets the same lease back.

        Raises:
            PoolNotFound: There is no such pool in this region.
            PoolEmpty: No instance became ready within *wait_s*.
            ConfigError: The pool does not allow a lease of *ttl_s* seconds.
            GuardRefused: The name is in use, the user holds as many leases as one may,
                or the pool is going down.
            UnknownOutcome: It may have been claimed; the journal has its id.
        """
        leases = await self._leases()
        with timings.phase("keygen"):
            key = SessionKey.generate()
        wish = Wish(
            lease_id=f"{self.name}.{check_token(token) or secrets.token_hex(8)}",
            lease_owner=self._owner,
            lease_name=check_name(name),
            dur_s=ttl_s,
            has_token=bool(token),
            why=SPARE if self.outcome == SPARE else "",
        )
        claiming = Claiming(
            leases=leases,
            wish=wish,
            key_fp=key.fingerprint,
            wait_s=wait_s,
            timings=timings,
            on_wait=on_wait,
            ready_lists=self._ready_lists,
        )
        lease = await self._held(leases, wish) if name or token else None
        lease = lease or await self._take(claiming)
        await self._note(wish, lease.record)
        return replace(lease, key=key)

    async def _held(self, leases: Leases, wish: Wish) -> Lease | None:
        """Return the lease that the same wish already got."""
        record = held_already((await asyncio.to_thread(leases.all)).values(), wish)
        if record is None:
            return None
        # Whoever claimed it may have died before it counted.
        return lease_of(self.name, await asyncio.to_thread(sole, leases, wish, record))

    async def _take(self, claiming: Claiming) -> Lease:
        """Claim an instance."""
        leases, wish = claiming.leases, claiming.wish
        try:
            record, waited = await claiming.claim()
        except UnknownOutcome:
            self._write_down(wish, instance_id="", outcome="unknown")
            raise
        except asyncio.CancelledError:
            if claiming.taken:
                await self._release_in_time(claiming.taken)
            if claiming.is_unsettled:
                self._write_down(wish, instance_id="", outcome="unknown")
            raise
        tier = record.tier if waited else "hot"
        lease = lease_of(self.name, record, tier=tier)
        lease = replace(lease, sent_at_s=claiming.sent_at_s)
        if wish.lease_name or wish.has_token:
            return await self._sole(leases, wish, lease)
        return lease

    async def _sole(self, leases: Leases, wish: Wish, mine: Lease) -> Lease:
        """Give *mine* back where the same wish was granted elsewhere at once."""
        try:
            first = await asyncio.to_thread(sole, leases, wish, mine.record)
        except BaseException:
            await self._release_in_time(mine.record)
            raise
        if first.instance_id == mine.instance_id:
            return mine
        await self._release_in_time(mine.record)
        if first.lease_id == wish.lease_id:
            return lease_of(self.name, first)
        raise name_taken(first)

    async def _release(self, record: Record) -> None:
        leases = await self._leases()
        try:
            await asyncio.to_thread(leases.release, record, now=now_s(), why="released")
        except LeaseLost:
            self._journal.remove(record.lease_id)
            raise
        self._journal.remove(record.lease_id)

    async def _release_in_time(self, record: Record, *, is_lost: bool = False) -> None:
        """Try to release; the lease's own end stands behind a failure.

        Args:
            is_lost: Whether it is known, and said, that the lease has ended.
        """
        lease_id = record.lease_id
        try:
            async with asyncio.timeout(limits.RELEASE_TIMEOUT_S):
                await self._release(record)
        except TimeoutError:
            self._warn(f"{lease_id} could not be released in time; it will expire")
        except LeaseLost as error:
            if not is_lost:
                self._warn(error.message)
        except AsgwarmError as error:
            self._warn(f"{lease_id} was not released and will expire: {error.message}")

    async def _note(self, wish: Wish, record: Record) -> None:
        """Write a new lease into the journal, or give it back."""
        try:
            self._write_down(wish, instance_id=record.instance_id, outcome=self.outcome)
        except ConfigError:
            await self._release_in_time(record)
            raise

    def _write_down(self, wish: Wish, *, instance_id: str, outcome: Outcome) -> None:
        self._journal.add(
            Entry(
                lease_id=wish.lease_id,
                name=wish.lease_name,
                pool=self.name,
                region=self._clients.region,
                endpoint=self._clients.settings.endpoint_url,
                instance_id=instance_id,
                created_at=now_s(),
                outcome=outcome,
            )
        )
