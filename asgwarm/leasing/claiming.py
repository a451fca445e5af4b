"""How an instance is claimed: candidates, one conditional write each, and patience.

Rule 1: start reading the index at a random place and take its page in random order,
so that many claimants do not all want the same instance. Where the rows lie in several
shards each page is of a random one; only who finds it empty looks into the others.
Rule 2: a lost race is no failure: the next candidate, and after two a new page.
Rule 3: an unknown outcome ends the attempt; going on could strand a lease.
Rule 4: who waits says so, for the pool to start what is missing; see `waiting`.
Rule 5: a write that was sent is waited for, also by who is told to stop: what it
got is in `taken`, and has to be given back.
Rule 6: what an earlier claim saw ready is tried before anything is read; it costs a
write that fails when it is not so any more.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import chain

from asgwarm.clock import monotonic_s, now_s
from asgwarm.connect.timings import Timings
from asgwarm.domain.health import counts_of, is_stale, why_not_full
from asgwarm.domain.history import waited
from asgwarm.domain.meta import Meta
from asgwarm.domain.record import Record
from asgwarm.errors import ClaimContended, GuardRefused, PoolEmpty, UnknownOutcome
from asgwarm.leasing import limits
from asgwarm.leasing.lease import is_reachable
from asgwarm.leasing.remembered import ReadyLists
from asgwarm.leasing.waiting import Place
from asgwarm.registry.leases import PAGE, Leases, Taken, Wish

LOSSES_PER_PAGE = 2
ROUNDS_WITHOUT_PROGRESS = 25  # pages on which others were faster, without waiting
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 1.0
LOOK_AROUND_S = 2.0
FIRST_KEY = "0"  # sorts before every random token
SHARDS_AT_ONCE = 8  # that are looked into at the same time by who found one empty
ANSWER_TIMEOUT_S = 1.0  # how long one who was told to stop waits for an answer


@dataclass(slots=True, kw_only=True)
class Claiming:
    """One attempt to get an instance.

    Args:
        wait_s: How long to go on while there is none; 0 asks once.
        on_wait: Gets one sentence on why there is none, when it changes.
        ready_lists: What earlier claims saw ready; without it every claim reads.
        dice: Where all chance comes from.
    """

    leases: Leases
    wish: Wish
    key_fp: str
    wait_s: int
    timings: Timings
    on_wait: Callable[[str], None]
    ready_lists: ReadyLists | None = None
    dice: random.Random = field(default_factory=random.SystemRandom)
    sent_at_s: float | None = field(default=None, init=False)  # of the last write
    taken: Record | None = field(default=None, init=False)
    is_unsettled: bool = field(default=False, init=False)  # a write without an answer
    _untried: list[Record] = field(default_factory=list, init=False)  # of a page
    _said: str = field(default="", init=False)
    _look_again_at_s: float = field(default=0.0, init=False)
    _waits_since_s: float | None = field(default=None, init=False)

    async def claim(self) -> tuple[Record, bool]:
        """Return a LEASED record of ours, and whether it had to be waited for.

        Raises:
            PoolNotFound: There is no such pool in this region.
            ConfigError: It does not allow a lease of that length.
            PoolEmpty: There was no ready instance in time.
            ClaimContended: There were, and others took every one.
            GuardRefused: The pool is going down, or the user has enough leases.
            UnknownOutcome: See `Leases.claim`.
        """
        if record := await self._claim_remembered():
            return record, False
        now, known = now_s(), self.leases.registry.shards or 1
        meta, page = await asyncio.gather(
            asyncio.to_thread(self.leases.meta), self._page(self._draw(known))
        )
        await self._check(meta)
        if meta.shards != known:  # everybody's first guess is the same shard
            page = await self._page(self._draw(meta.shards))
        place = Place(self.leases)
        try:
            record, waited = await self._claim(meta, page, place)
        finally:
            await place.leave()
        if not waited:
            self._remember(meta, now)
        return record, waited

    async def _claim_remembered(self) -> Record | None:
        lists, pool = self.ready_lists, self.leases.pool
        known = lists.take(pool, now_s()) if lists else None
        if not known or not limits.allows_ttl(self.wish.dur_s, known.meta):
            return None
        self.leases.registry.shards = known.meta.shards
        record = await self._try(self._candidates(known.meta, known.records))
        if record:
            self._remember(known.meta, known.read_at)
        return record

    def _remember(self, meta: Meta, read_at: int) -> None:
        """Keep what is left for the next claim, beside what comes now."""
        if self.ready_lists:
            asyncio.get_running_loop().run_in_executor(
                None,
                self.ready_lists.put,
                self.leases.pool,
                meta,
                self._untried,
                read_at,
            )

    async def _check(self, meta: Meta) -> None:
        """Return if the pool lets this user have such a lease."""
        limits.check_ttl(self.wish.dur_s, meta, command="asgwarm get")
        if meta.owner_cap:
            records = (await asyncio.to_thread(self.leases.all)).values()
            owner = self.wish.lease_owner
            limits.check_owner_cap(meta, records, owner, pool=self.leases.pool)

    async def _claim(
        self, meta: Meta, page: list[Record], place: Place
    ) -> tuple[Record, bool]:
        give_up_at_s = monotonic_s() + self.wait_s
        pause_s, rounds, waited, start = FIRST_PAUSE_S, 0, False, ""
        while True:
            candidates = self._candidates(meta, page)
            candidates = candidates or await self._elsewhere(meta, start)
            if record := await self._try(candidates):
                return record, waited
            if not candidates or rounds >= ROUNDS_WITHOUT_PROGRESS:
                left_s = give_up_at_s - monotonic_s()
                if left_s <= 0:
                    raise await self._give_up(meta, contended=bool(candidates))
                place.take()
                self._waits_since_s = self._waits_since_s or monotonic_s()
                meta = await self._look_around(meta)
                await asyncio.sleep(min(left_s, pause_s * self.dice.uniform(0.7, 1.3)))
                pause_s, rounds, waited = min(pause_s * 1.4, LONGEST_PAUSE_S), 0, True
            rounds += 1
            # Where nothing is ready one page from the start shows whatever comes.
            start = "" if candidates else FIRST_KEY
            page = await self._page(self._draw(meta.shards), start)

    def _draw(self, shards: int) -> int:
        return self.dice.randrange(shards)

    async def _elsewhere(self, meta: Meta, start: str) -> list[Record]:
        """Return candidates of shards in random order, from the first that have any.

        Where there is one shard its page has said it all.
        """
        others = self.dice.sample(range(meta.shards), meta.shards)
        while others and meta.shards > 1:
            some, others = others[:SHARDS_AT_ONCE], others[SHARDS_AT_ONCE:]
            pages = await asyncio.gather(*(self._page(s, start) for s in some))
            if found := self._candidates(meta, [*chain(*pages)]):
                return found
        return []

    async def _page(self, shard: int, start: str = "") -> list[Record]:
        """Return a page of a shard's index from *start* on, or from a random place.

        A short page goes on at the beginning of the index.
        """
        with self.timings.phase("query"):
            start = start or f"{self.dice.getrandbits(64):016x}"
            page = await asyncio.to_thread(self.leases.ready, start, shard)
            if len(page) < PAGE and start != FIRST_KEY:
                known = {record.instance_id for record in page}
                wrapped = await asyncio.to_thread(self.leases.ready, FIRST_KEY, shard)
                page += [r for r in wrapped if r.instance_id not in known]
        return page

    def _candidates(self, meta: Meta, page: list[Record]) -> list[Record]:
        if meta.draining:
            raise GuardRefused(
                f"pool {self.leases.pool!r} is going down",
                hint=f"asgwarm up {self.leases.pool}",
            )
        if is_stale(meta, self.leases.answered_at or now_s()):
            return []
        free = [r for r in page if r.epoch == meta.epoch]
        free = [r for r in free if is_reachable(r)]
        self.dice.shuffle(free)
        return free

    async def _try(self, candidates: list[Record]) -> Record | None:
        for tried, record in enumerate(candidates[:LOSSES_PER_PAGE], start=1):
            self._untried = candidates[tried:]
            with self.timings.phase("claim"):
                try:
                    return await self._write(record)
                except Taken:
                    continue
        return None

    async def _write(self, record: Record) -> Record:
        self.sent_at_s, wish = monotonic_s(), self.wish
        if self._waits_since_s:
            wish = replace(wish, why=waited(self.sent_at_s - self._waits_since_s))
        sent = asyncio.ensure_future(
            asyncio.to_thread(
                self.leases.claim,
                record,
                wish,
                key_fp=self.key_fp,
                now=now_s(),
            )
        )
        try:
            return await asyncio.shield(sent)
        except asyncio.CancelledError:
            try:
                await asyncio.wait({sent}, timeout=ANSWER_TIMEOUT_S)
            finally:
                self._note(sent)
            raise

    def _note(self, sent: "asyncio.Future[Record]") -> None:
        """Note what became of a write that nobody waits for any more."""
        error = sent.exception() if sent.done() else None
        self.is_unsettled = not sent.done() or isinstance(error, UnknownOutcome)
        if sent.done() and error is None:
            self.taken = sent.result()

    async def _look_around(self, meta: Meta) -> Meta:
        """Say why there is nothing, and see whether the pool still serves.

        Now and then only: many wait at the same time.
        """
        if monotonic_s() < self._look_again_at_s:
            return meta
        self._look_again_at_s = monotonic_s() + LOOK_AROUND_S
        await self._tell(meta)
        return await asyncio.to_thread(self.leases.meta)

    async def _tell(self, meta: Meta) -> None:
        records = (await asyncio.to_thread(self.leases.all)).values()
        why = why_not_full(meta, records, now_s()) or "every ready instance was taken"
        # A number of seconds in it grows all the time and is no news.
        news = "".join(letter for letter in why if not letter.isdigit())
        if news != self._said:
            self._said = news
            self.on_wait(why)

    async def _give_up(
        self, meta: Meta, *, contended: bool
    ) -> PoolEmpty | ClaimContended:
        pool = self.leases.pool
        records = (await asyncio.to_thread(self.leases.all)).values()
        counts = counts_of(records)
        why = why_not_full(meta, records, now_s())
        hint = f"asgwarm get {pool} --wait 90s"
        if contended:
            return ClaimContended(
                f"others took every ready instance of pool {pool!r}", hint=hint
            )
        if self.wait_s:
            hint = f"asgwarm status {pool}"
        said = f"; {why}" if why else ""
        return PoolEmpty(
            f"pool {pool!r} has no ready instance ({counts['ready']} of {meta.hot} "
            f"ready, {counts['warming']} warming, {counts['leased']} leased){said}",
            hint=hint,
        )
