"""A lease in use: connected, renewed while it is open, given back at the end.

Rule 1: renewing stops, and its last write is waited for, before anything else is
written about the lease.
Rule 2: a connection that breaks is no end of the lease, unless the lease had ended.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from asgwarm.connect.approach import Approach
from asgwarm.connect.beside import Beside
from asgwarm.connect.session import quote_command, run_command, shell
from asgwarm.connect.streams import Streams
from asgwarm.connect.timings import Timings
from asgwarm.connect.way_in import connect
from asgwarm.errors import (
    ConnectionDropped,
    LeaseLost,
    SessionFailed,
)
from asgwarm.leasing.lease import Lease
from asgwarm.leasing.limits import RELEASE_TIMEOUT_S
from asgwarm.leasing.renewing import Renewal
from asgwarm.registry.leases import Leases

if TYPE_CHECKING:
    import asyncssh


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
        self._beside = Beside(may_send=renewal.sure, notices=renewal.notices)

    def lent(self, lease: Lease, timings: Timings) -> "Session":
        """Return the same connection as another caller's session."""
        session = Session(self.conn, self._renewal, timings)
        session.lease = lease
        return session

    @property
    def may_send(self) -> Callable[[], Awaitable[object]]:
        """What is awaited before anything is sent to the instance."""
        return self._beside.may_send

    @property
    def is_lost(self) -> bool:
        """Whether the connection or the lease has ended."""
        return self._renewal.lost is not None or self.conn.is_closed()

    async def run(self, argv: Sequence[str], streams: Streams | None = None) -> int:
        """Run a command with this process's or other streams; return its exit code.

        Raises:
            LeaseLost: The lease ended meanwhile.
            ConnectionDropped: The connection broke; the lease lives on.
            SessionFailed: Nothing was started.
        """
        streams = streams or Streams.own()
        running = run_command(
            self.conn,
            quote_command(argv),
            stdin=streams.stdin,
            stdout=streams.stdout,
            stderr=streams.stderr,
            on_first_byte=self._first_byte(),
            beside=self._beside,
        )
        return await self._to_its_end(running)

    async def shell(
        self, streams: Streams | None = None, *, outlives: bool = False
    ) -> int:
        """Give the terminal to a login shell; return its exit code. Raises as run.

        Args:
            outlives: It is one that the next session finds again, if there is tmux.
        """
        from asgwarm.connect import tmux  # few ask for it

        running = shell(
            self.conn,
            streams=streams or Streams.own(),
            on_first_byte=self._first_byte(),
            command=tmux.LINE if outlives else None,
            beside=self._beside,
        )
        return await self._to_its_end(running)

    async def stay(self, hear: Callable[[str], None]) -> None:
        """Stay connected, and keep the lease, until cancelled; raises as run.

        Args:
            hear: Gets what there is to say meanwhile, a sentence each.
        """
        with self._beside.notices.heard_by(hear):
            await self.conn.wait_closed()
        broke = ConnectionDropped("the SSH connection broke", hint="asgwarm ls")
        raise await self.verdict() or broke

    def forward_agent(self, path: str) -> None:
        """Let what is started from now on use the SSH agent at *path*."""
        from asgwarm.connect import agent_forwarding

        agent_forwarding.allow(self.conn, path)

    async def _to_its_end(self, running: Awaitable[int]) -> int:
        try:
            return await running
        except SessionFailed as error:
            raise await self.verdict() or error from error

    async def verdict(self) -> LeaseLost | None:
        """Return why the connection broke if that is because the lease has ended."""
        return await self._renewal.verdict()

    def check(self) -> None:
        """Return if the lease is not known to have ended.

        Raises:
            LeaseLost: It is.
        """
        if self._renewal.lost:
            raise self._renewal.lost

    @asynccontextmanager
    async def used(self) -> AsyncIterator["asyncssh.SSHClientConnection"]:
        """Give the connection to a block; say why when it breaks under it.

        Raises:
            LeaseLost: The lease has ended, before or meanwhile.
            ConnectionDropped: The connection broke; the lease lives on.
        """
        self.check()
        try:
            yield self.conn
        except SessionFailed as error:
            raise await self.verdict() or error from error

    def _first_byte(self) -> Callable[[], None]:
        """Begin the last phase; what is returned ends it, and the total with it."""
        stop = self._timings.begin("first_byte")

        def arrived() -> None:
            stop()
            self._timings.finish()

        return arrived


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
    renewal = Renewal(leases, lease, notices=approach.notices)
    renewing = asyncio.create_task(renewal.run(conn.abort))
    try:
        yield Session(conn, renewal, approach.timings)
    finally:
        renewal.stop()
        conn.abort()
        # A write that hangs is not waited for; the lease's own end stands behind it.
        await asyncio.wait({renewing}, timeout=RELEASE_TIMEOUT_S)
