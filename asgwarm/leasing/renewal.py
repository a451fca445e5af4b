"""A lease's renewal, while somebody uses its instance.

Rule 1: renewing stops, and its last write is waited for, before anything else is
written about the lease.
Rule 2: the holder trusts its lease only for as long as the last renewal lasts by a
clock that also counts sleep, ten seconds less.
Rule 3: how long a lease lasts from each renewal on is what its row says: its holder
takes over what somebody else has asked for.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from asgwarm.clock import monotonic_s, now_s
from asgwarm.errors import AsgwarmError, AwsError, LeaseLost
from asgwarm.leasing.lease import Lease
from asgwarm.leasing.limits import RELEASE_TIMEOUT_S
from asgwarm.registry.leases import Leases

LOOK_S = 20.0  # a third of the shortest lease: in time for one that was shortened
SAFETY_S = 10  # the holder stops trusting its lease before the reaper's clock ends it


class Renewal:
    """Renews a lease in the background until it is stopped or the lease is lost.

    Args:
        look_s: How often it looks whether the lease was given another length.
    """

    def __init__(self, leases: Leases, lease: Lease, *, look_s: float = LOOK_S) -> None:
        self.lease = lease
        self.lost: LeaseLost | None = None
        self._leases = leases
        self._record = lease.record
        self._stop = asyncio.Event()
        self._look_s = look_s
        # A lease that was found may be about to end: it is renewed at once.
        sent_at_s = lease.sent_at_s
        self._due_at_s = 0.0 if sent_at_s is None else sent_at_s + lease.ttl_s / 3
        self._trusted_until_s = (sent_at_s or monotonic_s()) + lease.ttl_s - SAFETY_S

    async def run(self, on_lost: Callable[[], None]) -> None:
        """Renew three times a lease's length; *on_lost* is called when it is gone."""
        while not await self._stopped_within(self._pause_s()):
            try:
                await (self._renew() if self._is_due() else self._look())
            except LeaseLost as lost:
                self.lost = lost
            if self.lost:
                on_lost()
                return

    def _is_due(self) -> bool:
        return monotonic_s() >= self._due_at_s

    def _pause_s(self) -> float:
        return min(self._look_s, max(0.0, self._due_at_s - monotonic_s()))

    async def _renew(self) -> None:
        sent_at_s = monotonic_s()
        try:
            self._record = await asyncio.to_thread(
                self._leases.renew, self._record, now=now_s()
            )
        except LeaseLost:
            raise
        except AsgwarmError as error:
            if monotonic_s() > self._trusted_until_s:
                raise LeaseLost(
                    f"lease {self.lease.id} could not be renewed: {error.message}",
                    hint="asgwarm ls",
                ) from error
            self._due_at_s = monotonic_s() + max(1.0, self._record.dur_s / 20)
            return
        self._due_at_s = sent_at_s + self._record.dur_s / 3
        self._trusted_until_s = sent_at_s + self._record.dur_s - SAFETY_S

    async def _look(self) -> None:
        """See whether somebody has given the lease another length, which counts."""
        with suppress(AwsError):
            found = await asyncio.to_thread(self._leases.check, self._record)
            if found.dur_s != self._record.dur_s:
                self._due_at_s = 0.0
            self._record = found

    async def verdict(self) -> LeaseLost | None:
        """Return why a connection broke if that is because the lease has ended."""
        try:
            async with asyncio.timeout(RELEASE_TIMEOUT_S):
                await asyncio.to_thread(self._leases.check, self._record)
        except LeaseLost as lost:
            self.lost = self.lost or lost
        except (AsgwarmError, TimeoutError):
            return self.lost
        return self.lost

    def stop(self) -> None:
        """Let `run` end after the write that is in flight."""
        self._stop.set()

    async def _stopped_within(self, pause_s: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await self._stop.wait()
        return self._stop.is_set()
