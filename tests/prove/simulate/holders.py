"""People who claim, hold and give back, with laptops that sleep, crash and lie.

Rule 1: what they write they write with the product's `Leases`; what they decide is
what the product's command decides, without its terminal.
Rule 2: their wall clocks are wrong by up to SKEW_S; what they trust is the time that
has passed since before they sent their last renewal.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

from asgwarm.domain.meta import Meta
from asgwarm.domain.record import Record
from asgwarm.errors import AsgwarmError, LeaseLost, UnknownOutcome
from asgwarm.leasing.renewing import SAFETY_S
from asgwarm.registry.leases import Leases, Taken, Wish
from asgwarm.registry.registry import Registry
from asgwarm.registry.waiters import wait_here, wait_no_more
from tests.prove.simulate.dynamo import DynamoClient, Table
from tests.prove.simulate.ledger import Ledger
from tests.prove.simulate.lines import Dead, Faults, Line
from tests.prove.simulate.timeline import Timeline

SKEW_S = 900.0
WAITING_S, STEPS_OUT_AFTER_S = 5.0, 20  # between a waiter's signs of life; its last
LOSSES_PER_PAGE = 2


@dataclasses.dataclass
class Held:
    """A lease as its holder knows it."""

    record: Record
    claimed_at: float  # before the claim was sent
    trusted_until: float
    ends_at: float


class Holder:
    """One person, who wants an instance again and again."""

    def __init__(
        self,
        timeline: Timeline,
        faults: Faults,
        table: Table,
        ledger: Ledger,
        number: int,
    ) -> None:
        self.timeline, self.faults, self.table = timeline, faults, table
        self.ledger = ledger
        self.number = number
        self.lives = 0
        self._begin_life()

    def _begin_life(self) -> None:
        self.lives += 1
        self.name = f"user{self.number}.{self.lives}"
        skew = self.timeline.between(-SKEW_S, SKEW_S)
        self.skew_s = skew if self.timeline.chance(0.5) else 0.0
        self.line = Line(self.timeline, self.faults, self.name)
        client: Any = DynamoClient(self.table, self.line)
        self.leases = Leases(Registry(client, self.ledger.settings.pool, self.name))
        self.held: Held | None = None
        self.busy = False
        self.asleep_until = 0.0
        self._later(self.timeline.between(1, 120), self._want, 0)

    def _later(self, delay_s: float, do: Callable[..., None], *args: Any) -> None:
        self.timeline.later(delay_s, self._wake, self.lives, do, args)

    def _wake(self, life: int, do: Callable[..., None], args: tuple[Any, ...]) -> None:
        """Do the next thing, unless asleep, in the midst of a call, or dead."""
        if life != self.lives:
            return
        now = self.timeline.now
        if self.busy or now < self.asleep_until:
            self._later(max(1.0, self.asleep_until - now), do, *args)
            return
        self.busy = True
        try:
            do(*args)
        except Dead:
            self._crash()
        finally:
            self.busy = False

    def _crash(self) -> None:
        self.timeline.counts["crashed client"] += 1
        self.timeline.note(f"{self.name} crashes")
        self._begin_life()

    def _wall(self) -> int:
        return int(self.timeline.now + self.skew_s)

    def _want(self, looks: int) -> None:
        """Look for a ready instance."""
        if not self.faults.on:
            return
        try:
            meta = self.leases.meta()
            page = self._page(meta)
        except AsgwarmError:
            self._later(self.timeline.between(5, 30), self._want, 0)
            return
        free = [r for r in page if r.epoch == meta.epoch]
        self.timeline.rng.shuffle(free)
        if free:
            slow = self.timeline.chance(0.05)
            delay_s = self.timeline.between(0, 90 if slow else 0.5)
            self._later(delay_s, self._claim, free[:LOSSES_PER_PAGE], looks)
        else:
            self._wait(looks)

    def _page(self, meta: Meta) -> list[Record]:
        """A page of a random shard, or of the next one that has any."""
        rng = self.timeline.rng
        for shard in rng.sample(range(meta.shards), meta.shards):
            page = self.leases.ready(f"{rng.getrandbits(64):016x}", shard)
            if page := page or self.leases.ready("0", shard):
                return page
        return []

    def _wait(self, looks: int) -> None:
        """Say that somebody waits, every few seconds, and give up in the end."""
        if looks > 12:
            self._stop_waiting()
            self._later(self.timeline.between(30, 300), self._want, 0)
            return
        answered_at = self.leases.answered_at
        if looks % 3 == 0 and answered_at is not None:
            try:
                wait_here(self.leases, self.name, answered_at + STEPS_OUT_AFTER_S)
            except AsgwarmError:
                self.timeline.counts["waiter unheard"] += 1
        self._later(self.timeline.between(0.5, 3), self._want, looks + 1)

    def _stop_waiting(self) -> None:
        try:
            wait_no_more(self.leases, self.name)
        except AsgwarmError:
            self.timeline.counts["waiter forgotten"] += 1

    def _claim(self, candidates: list[Record], looks: int) -> None:
        """Try one candidate; the next one when it went to somebody else."""
        record, *others = candidates
        timeline, sent_at = self.timeline, self.timeline.now
        token = f"dev.{timeline.rng.getrandbits(64):016x}"
        dur_s = timeline.rng.choice((60, 120, 300, 600))
        wish = Wish(lease_id=token, lease_owner=self.name, lease_name="", dur_s=dur_s)
        try:
            mine = self.leases.claim(record, wish, key_fp="SHA256:x", now=self._wall())
        except UnknownOutcome:
            timeline.counts["unknown outcome"] += 1
            self._later(timeline.between(60, 300), self._want, 0)
            return
        except (Taken, AsgwarmError) as error:
            self.ledger.not_granted(record.instance_id, token, error)
            lost = isinstance(error, Taken) and others
            again: tuple[Any, ...] = (self._want, looks + 1)
            if lost:
                again = (self._claim, others, looks)
            self._later(timeline.between(0.1, 2), *again)
            return
        if looks:
            self._stop_waiting()
        self._granted(mine, sent_at)

    def _granted(self, mine: Record, sent_at: float) -> None:
        timeline = self.timeline
        timeline.counts["claim"] += 1
        until = sent_at + mine.dur_s - SAFETY_S
        self.held = Held(mine, sent_at, until, timeline.now + self._wanted_s())
        self.ledger.trusts(mine, self.held.trusted_until)
        self._later(mine.dur_s / 3, self._renew, mine.lease_id)
        self._later(timeline.between(1, 20), self._use, mine.lease_id)

    def _wanted_s(self) -> float:
        return min(1500.0, self.timeline.rng.expovariate(1 / 240))

    def _holds(self, token: str) -> Held | None:
        held = self.held
        return held if held and held.record.lease_id == token else None

    def _renew(self, token: str) -> None:
        """Renew, sleep, crash or end: what people do with a lease."""
        held = self._holds(token)
        if not held:
            return
        draw = self.timeline.random() if self.faults.on else 1.0
        if draw < 0.03:
            raise Dead
        if draw < 0.06:
            self.timeline.counts["sleep"] += 1
            self.asleep_until = self.timeline.now + self.timeline.between(60, 1500)
            self._later(1.0, self._renew_now, token)
        elif self.timeline.now > held.ends_at or not self.faults.on:
            self._release(token)
        else:
            self._renew_now(token)

    def _renew_now(self, token: str) -> None:
        held = self._holds(token)
        if not held:
            return
        sent_at, dur_s = self.timeline.now, held.record.dur_s
        pause_s = dur_s / 3 * self.timeline.between(0.9, 1)
        try:
            held.record = self.leases.renew(held.record, now=self._wall())
        except LeaseLost as lost:
            self.ledger.told_lost(held.record, lost)
            self._let_go()
            return
        except AsgwarmError:
            pause_s = max(1.0, dur_s / 20)
            if self.timeline.now > held.trusted_until:
                self._let_go()
                return
        else:
            limit = held.claimed_at + self.ledger.settings.max_lease_s
            held.trusted_until = min(sent_at + dur_s, limit) - SAFETY_S
            self.ledger.trusts(held.record, held.trusted_until)
        self._later(pause_s, self._renew, token)

    def _use(self, token: str) -> None:
        """Push a key and log in, as long as the lease is trusted."""
        held = self._holds(token)
        if held and self.timeline.now < held.trusted_until:
            self.timeline.step(self.name, f"uses {held.record.instance_id}")
            self.ledger.used_by_holder(held.record)
            self._later(self.timeline.between(20, 120), self._use, token)

    def _release(self, token: str, tries: int = 3) -> None:
        held = self._holds(token)
        if not held:
            return
        held.trusted_until = 0.0
        self.ledger.gives_back(held.record)
        try:
            self.leases.release(held.record, now=self._wall(), why="released")
        except LeaseLost:
            self.timeline.counts["released too late"] += 1
        except AsgwarmError:
            if tries:
                self._later(2.0, self._release, token, tries - 1)
                return
        self._let_go()

    def _let_go(self) -> None:
        self.held = None
        self._later(self.timeline.rng.expovariate(1 / 60), self._want, 0)
