"""A lease, found or claimed by its name, and one ssh's way into it.

Rule 1: a lease that was claimed here is kept when ssh ends: it lasts as long as it was
claimed for, counted from the last renewal, and somebody who is connected renews it.
Rule 2: one that was claimed here and cannot be entered is given back.
Rule 3: no byte reaches ssh before key and host key are where it looks for them.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from asgwarm.connect.approach import Approach
from asgwarm.connect.dial import unreachable
from asgwarm.connect.push import InstanceGone
from asgwarm.connect.timings import Timings
from asgwarm.domain.value import value
from asgwarm.errors import (
    ConnectError,
    LeaseLost,
    LeaseNotFound,
)
from asgwarm.leasing.approaching import approach
from asgwarm.leasing.lease import Lease
from asgwarm.leasing.limits import RELEASE_TIMEOUT_S
from asgwarm.leasing.renewing import Renewal
from asgwarm.openssh.door import held_open, prepare, turn
from asgwarm.openssh.key_agent import KeyAgent
from asgwarm.openssh.naming import Meant
from asgwarm.openssh.pipe import pipe
from asgwarm.pool import INSTANCES_TRIED, LeasingPool

HANDSHAKE_S = 30.0  # how long others of the same name are kept waiting for one


@value
class Caller:
    """One ssh, as its proxy knows it.

    Attributes:
        host: The name that it was given.
        user: Whom it logs in as.
        place: Where it looks for the key; see `door`.
        stdin, stdout: Descriptors that it talks through.
    """

    host: str
    user: str
    place: Path
    stdin: int
    stdout: int


@value
class Claim:
    """How a lease is claimed where there is none of the name."""

    ttl_s: int
    wait_s: int
    on_wait: Callable[[str], None]
    on_claimed: Callable[[Lease], None]


class RelayedPool(LeasingPool):
    """A pool whose leases are entered by OpenSSH's programs."""

    async def pass_on(self, meant: Meant, claim: Claim, caller: Caller) -> None:
        """Be the way between *caller* and the lease, until either ends.

        Raises:
            LeaseNotFound: There is none, and none may be claimed under that name.
            LeaseLost: The lease ended.
            ConfigError: The folder for the key cannot be used.
            ConnectError: The way in failed.
        """
        prepare(caller.place, caller.host)  # before anything is claimed
        tries = iter(range(1, INSTANCES_TRIED))
        while True:
            lease, is_new = await self._found_or_claimed(meant, claim, caller.place)
            try:
                if is_new:
                    await self._enter_first(lease, claim, caller)
                else:
                    async with self._approached(lease, caller.user) as begun:
                        await self._relay(lease, begun, caller)
            except InstanceGone:
                if not (is_new and next(tries, None)):
                    raise
            else:
                return

    async def _found_or_claimed(
        self, meant: Meant, claim: Claim, place: Path
    ) -> tuple[Lease, bool]:
        """Return the lease, and whether it is new."""
        try:
            return await self.find(meant.lease), False
        except (LeaseNotFound, LeaseLost):
            if not meant.may_claim:
                raise
        # A name is of one user on one computer, and so is the folder with the lock.
        async with turn(place, f"{meant.lease}.{meant.pool}"):
            with suppress(LeaseNotFound, LeaseLost):
                return await self.find(meant.lease), False
            lease = await self.claim(
                ttl_s=claim.ttl_s,
                wait_s=claim.wait_s,
                name=meant.lease,
                timings=Timings(),
                on_wait=claim.on_wait,
            )
        return lease, True

    async def _enter_first(self, lease: Lease, claim: Claim, caller: Caller) -> None:
        """Enter a new lease, or give it back."""
        is_told = False
        try:
            async with self._approached(lease, caller.user) as begun:
                await _has_key(begun)
                claim.on_claimed(lease)
                is_told = True
                await self._relay(lease, begun, caller)
        except BaseException as error:
            if isinstance(error, ConnectError) or not is_told:
                is_gone = isinstance(error, InstanceGone)
                await self._release_in_time(lease.record, is_lost=is_gone)
            raise

    @asynccontextmanager
    async def _approached(self, lease: Lease, user: str) -> AsyncIterator[Approach]:
        begun = approach(lease, self._clients, Timings(), os_user=user)
        try:
            with begun.notices.heard_by(self._warn):
                yield begun
        finally:
            await begun.close()

    async def _relay(self, lease: Lease, begun: Approach, caller: Caller) -> None:
        renewal = Renewal(await self._leases(), lease)
        try:
            sock = await begun.sock()
        except OSError as error:
            raise unreachable(begun.target, error) from error
        renewing = asyncio.create_task(renewal.run(_silent))
        try:
            await _until_the_end(begun, sock, caller, renewing)
        finally:
            sock.close()
            renewal.stop()
            # A write that hangs is not waited for; the lease's own end is behind it.
            await asyncio.wait({renewing}, timeout=RELEASE_TIMEOUT_S)
        if renewal.lost is not None:
            raise renewal.lost


async def _until_the_end(
    begun: Approach,
    sock: socket.socket,
    caller: Caller,
    renewing: "asyncio.Task[None]",
) -> None:
    """Offer the key, then pass bytes on until ssh, the instance or the lease ends."""
    agent, gate = KeyAgent(begun.key, begun.gate.opened), begun.gate
    host_key = begun.target.host_key
    piping = signed = None
    try:
        async with held_open(caller.place, caller.host, agent, host_key):
            piping = asyncio.create_task(pipe(sock, caller.stdin, caller.stdout))
            signed = asyncio.create_task(agent.signed.wait())
            await _first(piping, signed, renewing, gate.failed, timeout_s=HANDSHAKE_S)
        if gate.failed.done():
            raise gate.failed.result()
        await _first(piping, renewing)
        if piping.done():
            piping.result()
    finally:
        ours = {task for task in (piping, signed) if task is not None}
        for task in ours:
            task.cancel()
        if ours:
            await asyncio.wait(ours)


async def _first(
    *waited: "asyncio.Future[Any]", timeout_s: float | None = None
) -> None:
    await asyncio.wait(waited, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)


async def _has_key(begun: Approach) -> None:
    """Wait until the push is over; raises what it raised."""
    await begun.gate.settle()
    if begun.gate.failed.done():
        raise begun.gate.failed.result()


def _silent() -> None:
    """What a renewal says is read when it has ended."""
