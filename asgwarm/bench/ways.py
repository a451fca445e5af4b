"""The ways, each with what has to be so before it is gone, and how it is gone once.

Rule 1: what a way needs is waited for outside of its time.
Rule 2: whatever a shot claims it gives back, whatever happens.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Protocol

from asgwarm.aws_errors import translated
from asgwarm.bench.cold import Launches
from asgwarm.bench.desk import SAYS, Desk, Done, run
from asgwarm.bench.figures import Shot
from asgwarm.bench.flow import FREE, SCHEMA, STATE_TAG, Order, filters
from asgwarm.bench.plan import QUICK_LIMIT_S, TAGS, WARM_LIMIT_S
from asgwarm.bench.situation import Situation
from asgwarm.clients import Clients
from asgwarm.clock import monotonic_s
from asgwarm.connect.timings import Timings
from asgwarm.domain.health import counts_of
from asgwarm.domain.value import value
from asgwarm.errors import ClaimContended, PoolEmpty, WaitTimeout
from asgwarm.leasing.lease import Lease
from asgwarm.pool import LeasingPool
from asgwarm.registry.leases import Leases

PACKAGE = str(Path(__file__).resolve().parents[2])  # installed or from a checkout
POLL_S = 0.5
TTL_S = 600  # of what the bench holds; renewed where it is held for longer
LEASE_SCHEMA = "asgwarm.lease/v1"


class Way(Protocol):
    """One way to an instance."""

    async def prepare(self) -> None:
        """Return when it can be gone.

        Raises:
            AsgwarmError: It cannot; the message says why.
        """

    async def shoot(self) -> Shot:
        """Go it once. Raises as `prepare`."""


@value
class Tools:
    """What the ways work with."""

    situation: Situation
    pool: LeasingPool
    leases: Leases
    clients: Clients
    desk: Desk

    async def until(self, count: Callable[[], Awaitable[int]], otherwise: str) -> None:
        """Return once there is one.

        Raises:
            WaitTimeout: There was none in time; *otherwise* begins the message.
        """
        limit_s = self.situation.refill_s
        give_up_at_s = monotonic_s() + limit_s
        while not await count():
            if monotonic_s() > give_up_at_s:
                raise WaitTimeout(f"{otherwise} after {limit_s} s")
            await asyncio.sleep(POLL_S)

    async def until_some(self, what: str) -> None:
        """Return once an instance of the pool is ready, or warm. Raises as `until`."""

        async def count() -> int:
            records = await asyncio.to_thread(self.leases.all)
            return counts_of(records.values())[what]

        await self.until(count, f"no instance was {what}")


@value
class Get:
    """`asgwarm get`, as the environment of an agent has it, which may be none."""

    tools: Tools
    agent: str

    async def prepare(self) -> None:
        """Wait for a ready instance, unless the pool keeps none."""
        if self.tools.situation.options.hot:
            await self.tools.until_some("ready")

    async def shoot(self) -> Shot:
        """Get an instance and run a command on it."""
        return shot_of(await self.get(QUICK_LIMIT_S))

    async def get(self, limit_s: int) -> Done:
        """Run the command line."""
        return await self.tools.desk.asgwarm(
            *("get", self.tools.situation.pool, "--wait", f"{limit_s}s"),
            agent=self.agent,
            limit_s=limit_s + 30,  # the command's own end comes first
            remote=("echo", SAYS),
        )


@value
class Spare(Get):
    """`asgwarm get` by an agent that holds a spare."""

    async def prepare(self) -> None:
        """Wait for the spare."""

        async def held() -> int:
            done = await self.tools.desk.asgwarm(
                *("agent", "status"), agent=self.agent, limit_s=QUICK_LIMIT_S
            )
            return len(json.loads(done.out or b"{}").get("spares", ()))

        await self.tools.until(held, "the agent has no spare")


@value
class Warm(Get):
    """`asgwarm get` when nothing is hot: it waits for one out of the warm pool."""

    async def prepare(self) -> None:
        """Wait until the warm pool has one, and the hot ones are back."""
        options = self.tools.situation.options
        await self.tools.until_some("warm")
        if options.hot:
            await self.tools.until_some("ready")

    async def shoot(self) -> Shot:
        """Claim everything that is hot; get what comes next.

        Raises:
            WaitTimeout: It did not come out of the warm pool.
        """
        claimed: list[Lease] = []
        try:
            await self._empty(claimed)
            done = await self.get(WARM_LIMIT_S)
            tier = done.document(LEASE_SCHEMA)["tier"]
            if tier != "warm":
                raise WaitTimeout(f"what came was {tier}, not out of the warm pool")
            return _waited(shot_of(done))
        finally:
            await asyncio.gather(*(self.tools.pool.release(each) for each in claimed))

    async def _empty(self, claimed: list[Lease]) -> None:
        situation, pool = self.tools.situation, self.tools.pool
        with suppress(PoolEmpty, ClaimContended):
            for _ in range(situation.options.hot or 0):
                claimed.append(
                    await pool.claim(
                        ttl_s=ttl_s(situation), wait_s=0, timings=Timings()
                    )
                )


@value
class Cold:
    """An instance launched from nothing."""

    launches: Launches

    async def prepare(self) -> None:
        """Nothing is needed."""

    async def shoot(self) -> Shot:
        """Launch, log in, end."""
        return await self.launches.shoot()


@value
class Flow:
    """A flow of boto3 and asyncssh to the instance that the bench holds."""

    tools: Tools
    name: str
    held: Lease

    async def prepare(self) -> None:
        """Make the instance free by its tags, for the flow that looks for that."""
        if self.name == TAGS:
            await asyncio.to_thread(self._free)
            await self.tools.until(
                self._seen, "EC2 does not find the instance by its tags"
            )

    async def shoot(self) -> Shot:
        """Run the flow."""
        situation, target = self.tools.situation, self.held.target
        order = Order(
            way=self.name,
            settings=asdict(self.tools.clients.settings),
            stack_id=situation.stack_id,
            owner=self.held.owner,
            address_field=situation.address_field,
            instance_id=target.instance_id,
            port=target.port,
            os_user=target.os_user,
            host_key=target.host_key,
        )
        done = await run(
            [sys.executable, "-P", "-m", "asgwarm.bench.flow"],
            {**self.tools.desk.env, "PYTHONPATH": PACKAGE},
            limit_s=QUICK_LIMIT_S,
            stdin=order.dump(),
        )
        return _flown(done)

    def _free(self) -> None:
        instance_id = self.held.instance_id
        with translated("ec2:CreateTags", instance_id):
            self.tools.clients.ec2.create_tags(
                Resources=[instance_id], Tags=[{"Key": STATE_TAG, "Value": FREE}]
            )

    async def _seen(self) -> int:
        with translated("ec2:DescribeInstances", self.tools.situation.pool):
            answer: Any = await asyncio.to_thread(
                self.tools.clients.ec2.describe_instances,
                Filters=filters(self.tools.situation.stack_id),
            )
        return len(answer["Reservations"])


def ttl_s(situation: Situation) -> int:
    """Return how long a lease of the bench is."""
    return min(TTL_S, situation.options.max_lease_s or TTL_S)


def shot_of(done: Done) -> Shot:
    """Return a `get` as a shot.

    Raises:
        SessionFailed: It failed; the message is its own.
    """
    took_ms = done.document(LEASE_SCHEMA)["timings"]
    took_ms = {name.removesuffix("_ms"): took for name, took in took_ms.items()}
    # What comes before the stop watch of the command itself.
    return _shot(done, took_ms, started_ms=took_ms.pop("total"))


def _waited(shot: Shot) -> Shot:
    """Return the shot with what no phase explains as its time of waiting."""
    wait_ms = max(0, round(shot.total_ms) - sum(shot.phases_ms.values()))
    first, *others = shot.phases_ms.items()
    return replace(shot, phases_ms=dict((first, ("wait", wait_ms), *others)))


def _flown(done: Done) -> Shot:
    took_ms = done.document(SCHEMA)["timings"]
    return _shot(done, took_ms, started_ms=sum(took_ms.values()))


def _shot(done: Done, took_ms: dict[str, int], *, started_ms: int) -> Shot:
    start_ms = max(0, round(done.first_byte_ms) - started_ms)
    return Shot(total_ms=done.first_byte_ms, phases_ms={"start": start_ms, **took_ms})
