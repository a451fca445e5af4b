"""Spares: leases that are claimed and connected before anybody asks.

Rule 1: a spare is claimed and entered as any `get` does it. Its lease is short and is
renewed while the agent lives, so that a crash costs nobody more than that.
Rule 2: who gets one has it as if claimed just now: the journal says so before a byte
is sent, and its length becomes what was asked for, beside a session that lasts.
Rule 3: its first byte waits for no call to AWS.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from asgwarm.clock import now_s
from asgwarm.connect.handshake import KEEPALIVE_S, UNANSWERED
from asgwarm.connect.timings import Timings
from asgwarm.domain.meta import Meta
from asgwarm.domain.usage import SPARE_TTL_S
from asgwarm.errors import AsgwarmError, GuardRefused
from asgwarm.leasing.holding import Session
from asgwarm.leasing.journal import Outcome
from asgwarm.leasing.lease import Lease
from asgwarm.leasing.limits import RELEASE_TIMEOUT_S, allows_ttl
from asgwarm.leasing.watching import silent
from asgwarm.pool import LeasingPool
from asgwarm.registry.leases import Wish

LENGTHEN_AFTER_S = 1.0  # the first bytes have the computer to themselves
# A spare that lost its way is noticed soon: nobody else is asking for answers there.
ALIVE_EVERY_S = 5


@dataclass(slots=True)
class Spare:
    """A lease that is connected, and what its connection is closed by."""

    lease: Lease
    session: Session
    opened: AbstractAsyncContextManager[Session]
    meta: Meta
    timings: Timings
    since: int  # Unix seconds
    is_used: bool = False

    @property
    def is_lost(self) -> bool:
        """Whether the connection or the lease has ended."""
        return self.session.is_lost


class SparePool(LeasingPool):
    """A pool that spares are claimed from."""

    outcome: ClassVar[Outcome] = "spare"

    async def prepare(self) -> Spare:
        """Return a new spare.

        Raises:
            GuardRefused: The pool goes down, or counts the leases of each user.
            PoolEmpty: Nothing is ready; nobody waits for it.
        """
        leases = await self._leases()
        meta = await asyncio.to_thread(leases.meta)
        self._check(meta)
        timings = Timings()
        lease = await self.claim(ttl_s=SPARE_TTL_S, wait_s=0, timings=timings)
        try:
            opened = await self.way_in(lease, timings)
            session = await opened.__aenter__()
        except BaseException:
            await self._release_in_time(lease.record)
            raise
        session.conn.set_keepalive(ALIVE_EVERY_S, UNANSWERED)
        return Spare(lease, session, opened, meta, timings, now_s())

    async def discard(self, spare: Spare) -> None:
        """Close a spare and give it back."""
        await spare.opened.__aexit__(None, None, None)
        await self._release_in_time(spare.lease.record)

    def _check(self, meta: Meta) -> None:
        if meta.draining:
            raise GuardRefused(f"pool {self.name!r} is going down")
        if meta.owner_cap:
            raise GuardRefused(
                f"pool {self.name!r} lets each user have {meta.owner_cap} leases, and "
                "a spare would be one of them"
            )


class LentPool(LeasingPool):
    """A pool whose next claim is a spare that is at hand."""

    def __init__(self, *about: Any, spare: Spare, keep: bool, **more: Any) -> None:
        super().__init__(*about, **more)
        self._keep = keep
        self._spare: Spare | None = spare

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
        """Take the spare; after that, claim as everybody. Raises as the base."""
        spare = self._spare
        if spare is None or spare.is_lost:
            return await super().claim(
                ttl_s=ttl_s,
                wait_s=wait_s,
                name=name,
                token=token,
                timings=timings,
                on_wait=on_wait,
            )
        spare.is_used = True
        wish = Wish(
            lease_id=spare.lease.id,
            lease_owner=spare.lease.owner,
            lease_name="",
            dur_s=ttl_s,
        )
        self._write_down(wish, instance_id=spare.lease.instance_id, outcome="held")
        timings.note(**spare.timings.notes)
        # As it will be, and as the row says soon.
        record = replace(spare.lease.record, since=now_s(), dur_s=ttl_s)
        return replace(spare.lease, record=record)

    async def way_in(
        self, lease: Lease, timings: Timings
    ) -> AbstractAsyncContextManager[Session]:
        """Return the way into the spare, which is open, or the usual one."""
        spare = self._spare
        if spare is None or lease.id != spare.lease.id:
            return await super().way_in(lease, timings)
        self._spare = None
        return self._lent(spare, lease, timings)

    @asynccontextmanager
    async def _lent(
        self, spare: Spare, lease: Lease, timings: Timings
    ) -> AsyncIterator[Session]:
        spare.session.conn.set_keepalive(KEEPALIVE_S, UNANSWERED)
        over = asyncio.Event()
        renewing = asyncio.create_task(self._lengthen(spare, lease.ttl_s, over))
        try:
            yield spare.session.lent(lease, timings)
        finally:
            over.set()
            await asyncio.wait({renewing}, timeout=RELEASE_TIMEOUT_S)
            await spare.opened.__aexit__(None, None, None)

    async def _lengthen(self, spare: Spare, ttl_s: int, over: asyncio.Event) -> None:
        """Make the lease as long as asked for, unless it is given back before."""
        with suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), LENGTHEN_AFTER_S)
        if over.is_set() and not self._keep:
            return
        lease = spare.lease
        try:
            await self.renew(lease, ttl_s=ttl_s)
        except AsgwarmError as error:
            self._warn(f"{lease.id} stays as short as a spare: {error.message}")


def fits(spare: Spare, ttl_s: int) -> bool:
    """Whether a spare is as good as what a claim for *ttl_s* seconds would get."""
    return not spare.is_lost and allows_ttl(ttl_s, spare.meta)
