"""Claimants by the thousand, in virtual time, with the product's own `Claiming`.

Rule 1: what is the product's is every choice: which shard, which page, in which order,
when to read again, when to give up. What is not is the network and the table.
Rule 2: a claimant is one process of `asgwarm get`. Those of one computer share what
their claims saw ready, as much as there is in the middle of things; where there are no
computers, nobody remembers anything.
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

from asgwarm.clock import now_s
from asgwarm.connect.timings import Timings
from asgwarm.domain.meta import Meta
from asgwarm.domain.record import Record
from asgwarm.errors import AsgwarmError, Unavailable
from asgwarm.leasing.claiming import Claiming
from asgwarm.leasing.remembered import Remembered
from asgwarm.registry.leases import PAGE, Taken, Wish
from tests.prove.contention.formula import quantile
from tests.prove.contention.partitions import Table
from tests.prove.contention.virtual import VirtualLoop

WARM_UP_S = 0.3  # before anything is counted
STALE = 0.25  # share of what is remembered that somebody else has by then
WISH = Wish(lease_id="dev.1", lease_owner="ada@lab:1", lease_name="", dur_s=600)


@dataclass(kw_only=True)
class Figures:
    """What came of a flood; times in ms, from asking to having."""

    took_ms: list[float] = field(default_factory=list)
    attempts: list[int] = field(default_factory=list)  # of those who got one
    failed: int = 0
    won_per_s: float = 0.0
    throttled: int = 0  # requests, of all that were sent
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def attempts_per_claim(self) -> float:
        """Mean number of writes of those who got an instance."""
        return sum(self.attempts) / max(1, len(self.attempts))

    def took(self, share: float) -> float:
        """The time that *share* of the claims did not exceed."""
        return quantile(self.took_ms, share) if self.took_ms else 0.0


class Memory:
    """What the claims of one computer saw ready, as `ReadyLists` keeps it."""

    def __init__(self) -> None:
        self._known: Remembered | None = None

    def take(self, _pool: str, _now: int) -> Remembered | None:
        """Return what is known, once."""
        known, self._known = self._known, None
        return known

    def put(self, _pool: str, meta: Meta, records: Sequence[Record], now: int) -> None:
        """Remember what is left."""
        if records or meta.shards > 1:
            self._known = Remembered(meta=meta, records=list(records), read_at=now)


class Asker:
    """`Leases`, as one claimant has it, on the simulated table."""

    pool = "dev"
    answered_at = None

    def __init__(self, table: Table) -> None:
        self._table = table
        self.registry = SimpleNamespace(shards=0)
        self.attempts = 0

    def meta(self) -> Meta:
        return self._table.meta()

    def ready(self, start: str, shard: int) -> list[Record]:
        return self._table.page(start, shard)

    def claim(self, record: Record, _wish: Wish, **_: object) -> Record:
        try:
            taken = self._table.claim(record)
        except Taken:
            self.attempts += 1
            raise
        self.attempts += 1
        return taken

    def all(self) -> dict[str, Record]:
        return {}


@dataclass(kw_only=True)
class Flood:
    """Claims that arrive at random, *rate* a second, for a while.

    Args:
        computers: How many share them; 0 where every claim is somebody's first.
        partitions, lives: As `Table` has them.
    """

    shards: int
    rate: float
    ready: int
    seconds: float = 0.5
    seed: int = 1
    computers: int = 0
    partitions: int = 0
    lives: bool = False

    def run(self) -> Figures:
        """Let all of them claim, and count those who were there in the main part."""
        run = Run(self.seed, self.shards, self.ready, self.partitions, lives=self.lives)
        memories = run.memories(self.computers)
        at_s, dice = 0.0, random.Random(self.seed)  # noqa: S311  # repeatable
        arrivals = []
        while at_s < WARM_UP_S + self.seconds:
            at_s += dice.expovariate(self.rate)
            memory = dice.choice(memories) if memories else None
            arrivals.append((at_s, memory))
        return run.all(arrivals, since_s=WARM_UP_S)


class Run:
    """One loop, one table, and everybody who claims there."""

    def __init__(
        self,
        seed: int,
        shards: int,
        ready: int,
        partitions: int = 0,
        *,
        lives: bool = False,
        is_flood: bool = True,
    ) -> None:
        self._dice = random.Random(f"run {seed}")  # noqa: S311  # repeatable
        self._loop = VirtualLoop(seed, lambda: Unavailable("throttled for good"))
        meta = Meta(
            epoch="e",
            pool_mode="ACTIVE",
            hot=ready,
            warm=0,
            cap=ready,
            max_lease_s=3600,
            trouble="",
            seen_at=now_s(),
            shards=shards,
        )
        self._table = Table(
            shards=shards,
            ready=ready,
            now=self._loop.time,
            dice=random.Random(f"table {seed}"),  # noqa: S311  # repeatable
            meta_row=meta,
            partitions=partitions,
            lives=lives,
            keeps=is_flood,
            is_limited=is_flood,
        )
        self._figures = Figures()

    def memories(self, count: int) -> list[Memory]:
        """What so many computers remember, whose last claim was a while ago."""
        dice, table, found = self._dice, self._table, []
        for _ in range(count):
            shard, start = dice.randrange(table.shards), f"{dice.getrandbits(64):016x}"
            left = table.peek(start, shard)[: dice.randrange(PAGE)]
            known = [
                replace(record, instance_id=f"{record.instance_id}-gone")
                if dice.random() < STALE
                else record
                for record in left
            ]
            found.append(Memory())
            found[-1].put(Asker.pool, table.meta_row, known, 0)
        return found

    def all(
        self, arrivals: Sequence[tuple[float, Memory | None]], *, since_s: float = 0.0
    ) -> Figures:
        """Let somebody claim at each time; count who came after *since_s*."""
        until_s = arrivals[-1][0]
        won_at: list[float] = []

        async def one(memory: Memory | None) -> None:
            began_s = self._loop.time()
            asker, won = Asker(self._table), True
            try:
                await self._claiming(asker, memory).claim()
            except AsgwarmError:
                won = False
            ended_s = self._loop.time()
            if won:
                won_at.append(ended_s)
            if began_s < since_s:
                return
            self._figures.failed += not won
            if won:
                self._figures.took_ms.append((ended_s - began_s) * 1000)
                self._figures.attempts.append(asker.attempts)

        async def everybody() -> None:
            tasks = []
            for at_s, memory in arrivals:
                await asyncio.sleep(at_s - self._loop.time())
                tasks.append(asyncio.ensure_future(one(memory)))
            await asyncio.gather(*tasks)

        try:
            self._loop.run_until_complete(everybody())
        finally:
            self._loop.close()
        while_s = max(until_s - since_s, 0.001)
        inside = sum(since_s <= at_s < until_s for at_s in won_at)
        self._figures.won_per_s = inside / while_s
        self._figures.throttled = self._loop.throttled
        self._figures.counts = dict(self._table.counts)
        return self._figures

    def _claiming(self, asker: Asker, memory: Memory | None) -> Claiming:
        leases: Any = asker
        ready_lists: Any = memory
        return Claiming(
            leases=leases,
            wish=WISH,
            key_fp="SHA256:x",
            wait_s=0,
            timings=Timings(lambda: self._loop.time() * 1000),
            on_wait=lambda _: None,
            ready_lists=ready_lists,
            dice=self._dice,
        )


def crowd(claimers: int, ready: int, *, seed: int, shards: int = 1) -> Figures:
    """Let so many claim at once what is ready, begun within 50 ms of each other."""
    run = Run(seed, shards, ready, is_flood=False)
    dice = random.Random(seed)  # noqa: S311  # repeatable
    return run.all(sorted((dice.uniform(0, 0.05), None) for _ in range(claimers)))
