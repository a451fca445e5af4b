"""A lease in use: connected, renewed while it is open, given back at the end.

Rule 1: renewing stops, and its last write is waited for, before anything else is
written about the lease.
Rule 2: the holder trusts its lease only for as long as the last renewal lasts by a
clock that also counts sleep, ten seconds less.
Rule 3: how long a lease lasts from each renewal on is what its row says: its holder
takes over what somebody else has asked for.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from asgwarm.clock import monotonic_s, now_s
from asgwarm.connect.approach import Approach
from asgwarm.connect.session import quote_command, run_command, shell
from asgwarm.connect.streams import Streams
from asgwarm.connect.timings import Timings
from asgwarm.connect.way_in import connect
from asgwarm.errors import AsgwarmError, AwsError, LeaseLost, SessionFailed
from asgwarm.leasing.lease import Lease
from asgwarm.leasing.limits import RELEASE_TIMEOUT_S
from asgwarm.registry.leases import Leases

if TYPE_CHECKING:
    import asyncssh

LOOK_S = 20.0  # a third of the shortest lease: in time for one that was shortened
SAFETY_S = 10  # the holder stops trusting its lease before the reaper's clock ends it


class Session:
    """An open connection to a leased instance.

    Attributes:
        conn: The asyncssh connection.
        lease: The lease behind it.
    """

    def __init__(
        self, conn: "asyncssh.SSHClientConnection", renewal: "Renewal", timings: Timings
    ) -> None:
        self.conn = conn
        self.lease = renewal.lease
        self._renewal = renewal
        self._timings = timings

    def lent(self, lease: Lease, timings: Timings) -> "Session":
        """Return the same connection as another caller's session."""
        session = Session(self.conn, self._renewal, timings)
        session.lease = lease
        return session

    @property
    def is_lost(self) -> bool:
        """Whether the connection or the lease has ended."""
        return self._renewal.lost is not None or self.conn.is_closed()

    async def run(self, argv: Sequence[str], streams: Streams | None = None) -> int:
        """Run a command with this process's or other streams; return its exit code.

        Raises:
            LeaseLost: The lease ended meanwhile.
            SessionFailed: The connection broke.
        """
        arrived, streams = self._first_byte(), streams or Streams.own()
        try:
            return await run_command(
                self.conn,
                quote_command(argv),
                stdin=streams.stdin,
                stdout=streams.stdout,
                stderr=streams.stderr,
                on_first_byte=arrived,
            )
        except SessionFailed as error:
            raise await self._renewal.verdict() or error from error

    async def shell(self, streams: Streams | None = None) -> int:
        """Give the terminal to a login shell; return its exit code. Raises as run."""
        arrived, streams = self._first_byte(), streams or Streams.own()
        try:
            return await shell(self.conn, streams=streams, on_first_byte=arrived)
        except SessionFailed as error:
            raise await self._renewal.verdict() or error from error

    @asynccontextmanager
    async def used(self) -> AsyncIterator["asyncssh.SSHClientConnection"]:
        """Give the connection to a block; say why when it breaks under it.

        Raises:
            LeaseLost: The lease has ended, before or meanwhile.
            SessionFailed: The connection broke.
        """
        if self._renewal.lost:
            raise self._renewal.lost
        try:
            yield self.conn
        except SessionFailed as error:
            raise await self._renewal.verdict() or error from error

    def _first_byte(self) -> Callable[[], None]:
        """Begin the last phase; what is returned ends it, and the total with it."""
        stop = self._timings.begin("first_byte")

        def arrived() -> None:
            stop()
            self._timings.finish()

        return arrived


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


@asynccontextmanager
async def hold(
    leases: Leases, lease: Lease, approach: Approach
) -> AsyncIterator[Session]:
    """Connect to a lease's instance and renew the lease while the block runs.

    Raises:
        ConnectError: The way in failed.
        LeaseLost: The lease ended.
    """
    conn = await connect(approach)
    renewal = Renewal(leases, lease)
    renewing = asyncio.create_task(renewal.run(conn.abort))
    try:
        yield Session(conn, renewal, approach.timings)
    finally:
        renewal.stop()
        conn.abort()
        # A write that hangs is not waited for; the lease's own end stands behind it.
        await asyncio.wait({renewing}, timeout=RELEASE_TIMEOUT_S)
