"""The tour of `demo`: the life of a pool, on a region that exists for it alone.

Rule 1: it calls what the commands call; nothing here knows more than they do.
Rule 2: the region, its processes and its folder are gone at the end, whatever
happens on the way.
"""

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from asgwarm import local_region, provision
from asgwarm.cli.proposal import for_new_pool
from asgwarm.cli.signals import run_async
from asgwarm.cli.views import leases
from asgwarm.clients import Clients
from asgwarm.clock import monotonic_s
from asgwarm.connect.timings import Timings
from asgwarm.domain.names import stack_name
from asgwarm.errors import WaitTimeout
from asgwarm.leasing.journal import Journal
from asgwarm.pool import LeasingPool
from asgwarm.stack.options import PoolOptions

if TYPE_CHECKING:
    from asgwarm.cli.views.demo import Stage, Step
    from asgwarm.leasing.standing import PoolStatus

POOL = "demo"
HOT, WARM = 1, 2
TTL_S = 600

Figures = dict[str, int]  # milliseconds by phase
STEP_LIMIT_S = 90  # one pass a minute makes certain what an event made sooner
POLL_S = 0.2


@contextmanager
def private_region(state_dir: Path, show: "Stage") -> Iterator["Region"]:
    """Start a region in a folder of its own; stop it and remove the folder after."""
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="demo-", dir=state_dir) as name:
        folder = Path(name)
        try:
            with show.step(
                "A region, for this tour alone", "asgwarm local start"
            ) as step:
                info = local_region.start(folder / "local")
                step.say("CloudFormation, DynamoDB, Lambda, Auto Scaling, EC2")
            clients = Clients(local_region.settings_of(info))
            yield Region(clients, Journal(folder / "leases", report=show.warn))
        finally:
            local_region.stop(folder / "local")


class Region:
    """Clients and journal of the tour's own region."""

    def __init__(self, clients: Clients, journal: Journal) -> None:
        self.clients = clients
        self.journal = journal

    def pool(self) -> LeasingPool:
        """The tour's pool."""
        return LeasingPool(
            POOL, clients=self.clients, journal=self.journal, owner="you@demo"
        )


class Tour:
    """The steps, in order."""

    def __init__(self, region: Region, show: "Stage") -> None:
        self._region = region
        self._show = show

    def walk(self) -> None:
        """Take every step, then show where the milliseconds went."""
        self._up()
        first, second = run_async(self._use())
        self._down()
        self._show.figures(first, second)

    def _up(self) -> None:
        command = f"asgwarm up {POOL} --hot {HOT} --warm {WARM}"
        with self._show.step(
            "A pool: one instance hot, two in the warm pool", command
        ) as step:
            options = for_new_pool(
                PoolOptions(pool=POOL, hot=HOT, warm=WARM),
                self._region.clients,
                local=True,
            )
            result = provision.up(options, self._region.clients, on_event=step.event)
            step.say(f"{result.ready} ready to be claimed")

    async def _use(self) -> tuple[Figures, Figures]:
        pool = self._region.pool()
        with self._show.step("The warm pool fills", f"asgwarm status {POOL}") as step:
            await self._until(pool, step, lambda status: status.counts["warm"] >= WARM)
        first = await self._get(pool, "A command on an instance, over SSH", "")
        await self._refill(pool)
        second = await self._get(pool, "The next instance, to keep", "web")
        with self._show.step("What the pool holds", f"asgwarm status {POOL}"):
            self._show.status(await pool.status())
        with self._show.step("Given back", "asgwarm release web") as step:
            lease = await pool.find("web")
            await pool.release(lease)
            step.say(f"{lease.instance_id} is terminated: nobody else ever gets it")
        return first, second

    async def _get(self, pool: LeasingPool, title: str, name: str) -> Figures:
        """Claim, run a command, and release unless the lease has a name."""
        timings, command = Timings(), self._show.command
        options = f" --name {name} --keep" if name else ""
        spoken = f"asgwarm get {POOL}{options} -- '{command}'"
        with self._show.step(title, spoken) as step:
            async with pool.get(
                ttl_s=TTL_S, name=name, keep=bool(name), timings=timings
            ) as inside:
                step.quiet()
                await inside.run([command])
            figures = timings.as_dict()
            step.say(leases.what(inside.lease, figures))
            step.say(leases.phases(figures))
        return figures

    async def _refill(self, pool: LeasingPool) -> None:
        with self._show.step(
            "The group refills from its warm pool", f"asgwarm status {POOL}"
        ) as step:
            await self._until(pool, step, lambda status: status.counts["ready"] >= HOT)
            for sentence in await asyncio.to_thread(self._activities):
                step.say(f'"{sentence}"')

    async def _until(
        self, pool: LeasingPool, step: "Step", holds: Callable[["PoolStatus"], bool]
    ) -> None:
        began_s = monotonic_s()
        seen: dict[str, int] = {}
        while True:
            status = await pool.status()
            if status.counts != seen:
                seen = status.counts
                step.say(", ".join(f"{count} {name}" for name, count in seen.items()))
            if holds(status):
                return
            if monotonic_s() - began_s > STEP_LIMIT_S:
                raise WaitTimeout(
                    f"the pool was not there after {STEP_LIMIT_S} s: {status.why}",
                    hint="asgwarm demo --debug",
                )
            await asyncio.sleep(POLL_S)

    def _activities(self) -> list[str]:
        """What Auto Scaling says of its launches from the warm pool, newest first."""
        answer = self._region.clients.autoscaling.describe_scaling_activities(
            AutoScalingGroupName=f"{stack_name(POOL)}-pool"
        )
        said = [activity.get("Description", "") for activity in answer["Activities"]]
        return [sentence for sentence in said if "from warm pool" in sentence][:1]

    def _down(self) -> None:
        with self._show.step("Deleted", f"asgwarm down {POOL}") as step:
            leftovers = provision.down(
                POOL, self._region.clients, force=True, on_event=step.event
            )
            step.say(f"{len(leftovers) or 'nothing'} left over")
