"""The spares of an agent, each in a thread of its own, which also runs who gets it.

Rule 1: there are never more than are wanted; one that is being made counts.
Rule 2: a spare is given away once. What nobody got is released, whatever ends it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from threading import Lock, Thread
from typing import TYPE_CHECKING

from asgwarm.agent.lending import LentPool, Spare, SparePool, fits
from asgwarm.agent.request import Line
from asgwarm.agent.serving import Job, Meaning, serve
from asgwarm.agent.settings import SharedClients
from asgwarm.agent.upkeep import Now, Upkeep
from asgwarm.domain.names import duration_s
from asgwarm.errors import AsgwarmError

if TYPE_CHECKING:
    from asgwarm.agent.arranged import Source
    from asgwarm.clients import Clients

END_S = 5.0  # for a release; behind it stands the lease's own end


@dataclass(frozen=True, slots=True)
class Place:
    """What a request must mean to be served by a spare: equal, and as whom."""

    pool: str
    clients: "Clients"
    journal: str

    @classmethod
    def of(cls, meaning: Meaning, pool: str) -> "Place":
        """Return what *meaning* means by a pool. Raises as an `Invocation`."""
        name = meaning.pool_name(pool)
        return cls(name, meaning.clients, str(meaning.state_dir))


@dataclass(frozen=True, slots=True)
class Given:
    """A job for which a spare is there."""

    job: Job
    meaning: Meaning
    lines: set[Line]


class Holder:
    """One spare's thread: makes it, keeps it, and runs the job that gets it.

    Args:
        on_news: Called, in that thread, whenever its state changed.
    """

    def __init__(
        self,
        source: "Source",
        shared: SharedClients,
        on_news: Callable[[], None],
    ) -> None:
        self.source = source
        self.place: Place | None = None
        self.spare: Spare | None = None
        self.why = ""  # there is none, or no more
        self.is_over = False  # it is no spare and becomes none
        self._shared = shared
        self._on_news = on_news
        self._given: Given | None = None
        self._is_ended = False
        self._lock = Lock()
        self._wake: Callable[[], object] = lambda: None
        self.thread = Thread(target=self._live, name="spare", daemon=True)
        self.thread.start()

    def give(self, given: Given) -> bool:
        """Let the spare's thread run a job; False when there is no such spare."""
        with self._lock:
            ttl_s = duration_s(given.job.flags.ttl)
            if self.is_over or self.spare is None or not fits(self.spare, ttl_s):
                return False
            self.is_over, self._given = True, given
            self._wake()
            return True

    @property
    def is_idle(self) -> bool:
        """Whether nobody has got the spare."""
        return self._given is None

    def end(self) -> None:
        """Let the spare go, unless somebody has it; `thread` ends soon."""
        with self._lock:
            self.is_over = self._is_ended = True
            self._wake()

    def _live(self) -> None:
        try:
            with asyncio.Runner() as runner:
                pool, self.place = self.source.find(self._shared)
                runner.run(self._keep(pool))
                if self.spare is None:
                    return
                if self._given is not None:
                    self._serve(self._given, self.spare, runner)
                if not self.spare.is_used:
                    runner.run(pool.discard(self.spare))
        except AsgwarmError as error:
            self._lose(error.message)
        finally:
            self.is_over = True
            self._on_news()

    def _serve(self, given: Given, spare: Spare, runner: asyncio.Runner) -> None:
        serve(
            given.job,
            given.meaning,
            runner,
            lines=given.lines,
            make_pool=partial(LentPool, spare=spare, keep=given.job.flags.keep),
        )

    async def _keep(self, pool: SparePool) -> None:
        """Make the spare and wait until it is given, told to end, or lost."""
        loop, woken = asyncio.get_running_loop(), asyncio.Event()
        waiting = asyncio.create_task(woken.wait())
        with self._lock:
            self._wake = partial(loop.call_soon_threadsafe, woken.set)
            if self._is_ended:
                return
        making = asyncio.create_task(pool.prepare())
        await asyncio.wait({making, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if not making.done():
            making.cancel()
            await asyncio.wait({making})
        if making.cancelled():
            return
        self.spare = spare = making.result()
        self._on_news()
        closed = asyncio.create_task(spare.session.conn.wait_closed())
        await asyncio.wait({closed, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if closed.done():
            self._lose("the connection of a spare was lost")

    def _lose(self, why: str) -> None:
        with self._lock:
            self.is_over, self.why = True, why


class Spares:
    """All spares of an agent; to be used by one thread, `give` and `shown` by any."""

    def __init__(self, shared: SharedClients, on_news: Callable[[], None]) -> None:
        self._shared = shared
        self._on_news = on_news
        self._holders: list[Holder] = []

    def tend(self, upkeep: Upkeep, now: Now, source: "Source | None") -> None:
        """Make what is missing, let go what is too many or from elsewhere."""
        for holder in self._holders:
            if holder.is_over and holder.why:
                upkeep.failed(holder.why, now)
                holder.why = ""
            elif not holder.is_over and holder.spare:
                upkeep.made()
        self._holders = [h for h in self._holders if h.thread.is_alive()]
        living = [holder for holder in self._holders if not holder.is_over]
        right = [holder for holder in living if holder.source == source]
        kept = right[: upkeep.wanted()]
        for holder in living:
            if holder not in kept:
                holder.end()
        if source is not None and upkeep.may_make(now):
            for _ in range(upkeep.wanted() - len(kept)):
                self._holders.append(Holder(source, self._shared, self._on_news))

    def give(self, given: Given, place: Place) -> bool:
        """Let a spare of that place run a job; False when there is none."""
        return any(h.place == place and h.give(given) for h in list(self._holders))

    def shown(self) -> list[Spare]:
        """Return the spares that nobody has yet."""
        return [
            holder.spare
            for holder in list(self._holders)
            if holder.spare and not holder.is_over
        ]

    def end(self) -> None:
        """Release all that nobody has; returns when that is done."""
        for holder in self._holders:
            holder.end()
        for holder in self._holders:
            if holder.is_idle:
                holder.thread.join(END_S)

    def join(self) -> None:
        """Wait for the end of what runs on spares that were given away."""
        for holder in self._holders:
            if not holder.is_idle:
                holder.thread.join()
