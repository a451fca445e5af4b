"""A place among those who wait for an instance, so that the pool starts one for each.

Rule 1: who waits is counted by a row with an end, put again while the waiting goes
on: one who dies is counted for UNTIL_S at most, and nothing has to be cleared up.
Rule 2: the end is by AWS's clock, which its answers tell; this computer's decides
nothing.
Rule 3: being counted is a courtesy of the pool's. Who cannot be waits all the same.
"""

import asyncio
import secrets
from contextlib import suppress

from asgwarm.errors import AsgwarmError
from asgwarm.registry.leases import Leases
from asgwarm.registry.waiters import wait_here, wait_no_more

AGAIN_S = 5.0
UNTIL_S = 20
LEAVE_TIMEOUT_S = 1.0  # the row's own end stands behind it


class Place:
    """One waiter's place; nobody has it before `take`."""

    def __init__(self, leases: Leases) -> None:
        self._leases = leases
        self._id = secrets.token_hex(8)
        self._keeping: asyncio.Task[None] | None = None
        self._put: asyncio.Future[None] | None = None

    def take(self) -> None:
        """Be counted from now on, until `leave`."""
        if self._keeping is None:
            self._keeping = asyncio.create_task(self._keep())

    async def leave(self) -> None:
        """Be counted no more, soon; returns at once where nobody was."""
        if self._keeping is None:
            return
        self._keeping.cancel()
        with suppress(TimeoutError, AsgwarmError):
            async with asyncio.timeout(LEAVE_TIMEOUT_S):
                if self._put:  # one that comes late would bring the row back
                    await asyncio.wait({self._put})
                await asyncio.to_thread(wait_no_more, self._leases, self._id)

    async def _keep(self) -> None:
        while True:
            if self._leases.answered_at is not None:
                until = self._leases.answered_at + UNTIL_S
                self._put = asyncio.ensure_future(
                    asyncio.to_thread(wait_here, self._leases, self._id, until)
                )
                self._put.add_done_callback(_take_note)
                with suppress(AsgwarmError):
                    await asyncio.shield(self._put)
            await asyncio.sleep(AGAIN_S)


def _take_note(put: "asyncio.Future[None]") -> None:
    """Look at how a write ended that nobody waits for; asyncio would print it."""
    if not put.cancelled():
        put.exception()
