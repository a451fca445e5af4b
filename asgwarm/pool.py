"""A pool under the command line and the API: get an instance, use it, give it back.

Rule 1: a lease that `get` took is given back by it, whatever happens, unless the
caller keeps it, or wants to go back to it; behind that stands the lease's own end.
Rule 2: no Describe call between asking and the prompt: the row says everything.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from asgwarm.clock import now_s
from asgwarm.connect.push import InstanceGone
from asgwarm.connect.timings import Timings
from asgwarm.errors import (
    ConnectionDropped,
    LeaseLost,
)
from asgwarm.leasing import limits
from asgwarm.leasing.lease import Lease, lease_of
from asgwarm.leasing.loading import go_in, load_hold
from asgwarm.leasing.taking import TakingPool
from asgwarm.leasing.watching import silent

if TYPE_CHECKING:
    from asgwarm.leasing.holding import Session

INSTANCES_TRIED = 3  # when a claimed instance turns out to be gone


class LeasingPool(TakingPool):
    """One pool, to use; how leases are taken is in `TakingPool`."""

    @asynccontextmanager
    async def get(  # noqa: PLR0913  # options by keyword are what people expect
        self,
        *,
        ttl_s: int = 3600,
        wait_s: int = 60,
        name: str = "",
        token: str = "",
        keep: bool = False,
        keep_dropped: bool = False,
        timings: Timings | None = None,
        on_wait: Callable[[str], None] = silent,
    ) -> AsyncIterator["Session"]:
        """Claim an instance, connect to it, and give it back after the block.

        An instance that turns out to be gone is replaced by another one.

        Args:
            keep: Leave the lease to its own end.
            keep_dropped: Leave it where the connection broke, to go back to it.

        Raises:
            PoolEmpty: No instance became ready within *wait_s*.
            ConnectError: The way in failed.
        """
        timings = timings or Timings()
        asyncio.get_running_loop().run_in_executor(None, load_hold)  # beside the claim
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
                    lease, timings=timings, release=not keep, keep_dropped=keep_dropped
                ) as session:
                    entered = True
                    yield session
            except InstanceGone:
                if entered or tried == INSTANCES_TRIED or token:
                    raise
                if keep:
                    await self._release_in_time(lease.record, is_lost=True)
            else:
                return

    @asynccontextmanager
    async def session(
        self,
        lease: Lease,
        *,
        timings: Timings,
        release: bool,
        keep_dropped: bool = False,
    ) -> AsyncIterator["Session"]:
        """Connect to a lease's instance; with *release* give it back afterwards.

        Args:
            keep_dropped: Not where the connection broke, to go back to it.
        """
        is_lost, entered = False, False
        try:
            async with await self.way_in(lease, timings) as session:
                entered = True
                yield session
        except LeaseLost:
            is_lost = True
            raise
        except ConnectionDropped as error:
            release = release and not keep_dropped
            if release:
                raise
            raise ConnectionDropped(
                f"{error.message}; {lease.id} is still yours",
                hint=f"asgwarm connect {lease.name or lease.id}",
            ) from error
        finally:
            if release:
                await self._release_in_time(lease.record, is_lost=is_lost)
            elif not entered:
                self._warn(f"{lease.id} is still held: asgwarm release {lease.id}")

    async def way_in(
        self, lease: Lease, timings: Timings
    ) -> AbstractAsyncContextManager["Session"]:
        """Return what connects to a lease's instance and renews the lease meanwhile."""
        leases = await self._leases()
        return await go_in(leases, lease, self._clients, timings)

    async def release(self, lease: Lease, *, force: bool = False) -> None:
        """Give a lease's instance back; it is terminated.

        Args:
            force: Also where somebody else holds it.

        Raises:
            LeaseLost: The lease had ended otherwise, or is not this user's.
        """
        if not force:
            self._check_mine(lease, hint=f"asgwarm release {lease.id} --force")
        await self._release(lease.record)

    async def renew(self, lease: Lease, *, ttl_s: int) -> Lease:
        """Let a lease last *ttl_s* from now on; return it with its new end.

        Who is connected to its instance goes on renewing it for that long.

        Raises:
            ConfigError: The pool does not allow a lease of *ttl_s* seconds.
            LeaseLost: It has ended, or is not this user's.
        """
        self._check_mine(lease, hint=f"asgwarm ls {self.name}")
        leases, now = await self._leases(), now_s()
        meta = await asyncio.to_thread(leases.meta)
        limits.check_ttl(ttl_s, meta, command=f"asgwarm renew {lease.id}")
        record = await asyncio.to_thread(
            leases.renew, lease.record, now=now, dur_s=ttl_s
        )
        # As the reaper will stamp it.
        seen = replace(
            record, exp_at=limits.end_of(record, meta, now), hb_seen=record.hb
        )
        return lease_of(self.name, seen)
