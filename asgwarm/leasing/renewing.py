"""A lease that is renewed for as long as somebody is connected.

Rule 1: the holder trusts its lease only for as long as the last renewal lasts by a
clock that also counts sleep, ten seconds less.
Rule 2: how long a lease lasts from each renewal on is what its row says: its holder
takes over what somebody else has asked for.
Rule 3: after the computer has slept the lease is renewed before anything more is sent.
Rule 4: that the pool ends a lease for good is said ten minutes and one minute before.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from asgwarm.clock import awake_s, monotonic_s, now_s
from asgwarm.connect.beside import Notices
from asgwarm.domain.meta import Meta
from asgwarm.errors import AsgwarmError, AwsError, LeaseLost
from asgwarm.leasing.lease import Lease
from asgwarm.leasing.limits import RELEASE_TIMEOUT_S, last_end_of
from asgwarm.registry.leases import Leases

LOOK_S = 20.0  # a third of the shortest lease: in time for one that was shortened
SAFETY_S = 10  # the holder stops trusting its lease before the reaper's clock ends it
WARN_S = (60, 600)  # before the end that no renewal puts off
SLEPT_S = 1.0  # by which the clocks part when the computer sleeps


class Clocks(NamedTuple):
    """Those that a holder goes by."""

    now_s: Callable[[], int] = now_s
    monotonic_s: Callable[[], float] = monotonic_s  # goes on while the computer sleeps
    awake_s: Callable[[], float] = awake_s


CLOCKS = Clocks()


class Renewal:
    """Renews a lease in the background until it is stopped or the lease is lost.

    Args:
        look_s: How often it looks whether the lease was given another length.
        notices: Gets warnings of the lease's last end.
    """

    def __init__(
        self,
        leases: Leases,
        lease: Lease,
        *,
        look_s: float = LOOK_S,
        notices: Notices | None = None,
        clocks: Clocks = CLOCKS,
    ) -> None:
        self.lease = lease
        self.lost: LeaseLost | None = None
        self.notices = notices or Notices()
        self._leases = leases
        self._record = lease.record
        self._look_s = look_s
        self._clocks = clocks
        self._is_stopped = False
        self._news = asyncio.Event()
        self._sure = asyncio.Event()
        self._sure.set()
        self._slept_s = self._sleep_s()
        self._meta: Meta | None = None
        self._warned_s = max(WARN_S) + 1
        # A lease that was found may be about to end: it is renewed at once.
        sent_at_s = lease.sent_at_s
        self._due_at_s = 0.0 if sent_at_s is None else sent_at_s + lease.ttl_s / 3
        began_s = sent_at_s or clocks.monotonic_s()
        self._trusted_until_s = began_s + lease.ttl_s - SAFETY_S

    async def run(self, on_lost: Callable[[], None]) -> None:
        """Renew three times a lease's length; *on_lost* is called when it is gone."""
        while not await self._stopped_within(self._pause_s()):
            self._notice_sleep()
            try:
                await (self._renew() if self._is_due() else self._look())
            except LeaseLost as lost:
                self.lost = lost
            if self.lost:
                on_lost()
                return
            await self._warn()

    async def sure(self) -> None:
        """Return at once, or after a sleep as soon as the lease is known to live.

        Never returns where it does not; `run` says so.
        """
        self._notice_sleep()
        await self._sure.wait()

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
        self._is_stopped = True
        self._news.set()

    def _is_due(self) -> bool:
        return self._clocks.monotonic_s() >= self._due_at_s

    def _pause_s(self) -> float:
        return min(self._look_s, max(0.0, self._due_at_s - self._clocks.monotonic_s()))

    def _sleep_s(self) -> float:
        return self._clocks.monotonic_s() - self._clocks.awake_s()

    def _notice_sleep(self) -> None:
        before_s, self._slept_s = self._slept_s, self._sleep_s()
        if self._slept_s - before_s > SLEPT_S:
            self._sure.clear()
            self._due_at_s = 0.0
            self._news.set()

    async def _renew(self) -> None:
        sent_at_s = self._clocks.monotonic_s()
        try:
            self._record = await asyncio.to_thread(
                self._leases.renew, self._record, now=self._clocks.now_s()
            )
        except LeaseLost:
            raise
        except AsgwarmError as error:
            if self._clocks.monotonic_s() > self._trusted_until_s:
                raise LeaseLost(
                    f"lease {self.lease.id} could not be renewed: {error.message}",
                    hint="asgwarm ls",
                ) from error
            self._due_at_s = self._clocks.monotonic_s() + self._again_s()
        else:
            self._due_at_s = sent_at_s + self._record.dur_s / 3
            self._trusted_until_s = sent_at_s + self._record.dur_s - SAFETY_S
        self._sure.set()

    def _again_s(self) -> float:
        return max(1.0, self._record.dur_s / 20)

    async def _look(self) -> None:
        """See whether somebody has given the lease another length, which counts."""
        with suppress(AwsError):
            found = await asyncio.to_thread(self._leases.check, self._record)
            if found.dur_s != self._record.dur_s:
                self._due_at_s = 0.0
            self._record = found

    async def _warn(self) -> None:
        """Say that the pool will end the lease, once for each time in `WARN_S`."""
        if self._meta is None:
            with suppress(AsgwarmError):
                self._meta = await asyncio.to_thread(self._leases.meta)
        if self._meta is None:
            return
        left_s = last_end_of(self._record, self._meta) - self._clocks.now_s()
        near_s = next((s for s in WARN_S if left_s <= s), self._warned_s)
        if near_s < self._warned_s:
            self._warned_s = near_s
            self.notices.say(
                f"asgwarm: {self.lease.id} ends for good in {_about(left_s)}:"
                " no lease of this pool lasts longer"
            )

    async def _stopped_within(self, pause_s: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await self._news.wait()
        if not self._is_stopped:
            self._news.clear()
        return self._is_stopped


def _about(left_s: int) -> str:
    if left_s > 90:
        return f"{round(left_s / 60)} minutes"
    return f"{max(left_s, 0)} seconds"
