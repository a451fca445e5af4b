"""The same demand on a pool of other sizes: who would have waited, and for how long.

Rule 1: the pool starts what its function would (`capacity`): one for everybody who
waits and what is hot, within the cap. Every start takes what it took in the median.
Rule 2: everybody has the patience that it takes: who gave up is not known.
"""

from collections import deque
from dataclasses import dataclass, field
from heapq import heappop, heappush

from asgwarm.domain.demand import Arrival, Demand, Pace
from asgwarm.domain.value import value

# What happens at the same second does so in this order.
READIED, WARMED, ENDED, ASKED = range(4)


@value
class Sizes:
    """How many instances a pool keeps."""

    hot: int
    warm: int
    cap: int


@value
class Replay:
    """What would have happened.

    Attributes:
        waits_s: How long each who came would have waited, in their order, 0 for not at
            all; None for who would wait still.
        cold: How many instances would have been launched because none rested.
    """

    waits_s: tuple[float | None, ...]
    cold: int

    @property
    def waited(self) -> int:
        """How many would have waited."""
        return sum(wait != 0 for wait in self.waits_s)


def replay(demand: Demand, sizes: Sizes) -> Replay | None:
    """Return what would have happened with a pool that was full in the beginning.

    None when nothing is known of how long a start takes.
    """
    pace = demand.pace
    if pace.warm_s is None and pace.cold_s is None:
        return None
    play = _Play(sizes, pace, demand.since)
    for end in demand.earlier:
        play.lease(end)
    for arrival in demand.arrivals:
        play.happens(arrival.at, ASKED, arrival)
    play.ready = max(0, min(sizes.hot, sizes.cap - play.leased))
    while play.coming:
        play.step()
    return Replay(waits_s=tuple(play.waits_s), cold=play.cold)


@dataclass(slots=True)
class _Play:
    sizes: Sizes
    pace: Pace
    now: float
    ready: int = 0
    starting: int = 0
    leased: int = 0
    cold: int = 0
    resting: int = field(init=False)
    waiting: deque[tuple[int, Arrival]] = field(default_factory=deque)
    waits_s: list[float | None] = field(default_factory=list)
    coming: list[tuple[float, int, int, Arrival | None]] = field(default_factory=list)
    count: int = 0  # keeps the order of what happens at the same time

    def __post_init__(self) -> None:
        self.resting = self.sizes.warm

    def happens(self, at: float, what: int, who: Arrival | None = None) -> None:
        self.count += 1
        heappush(self.coming, (at, what, self.count, who))

    def lease(self, end: float | None) -> None:
        self.leased += 1
        if end is not None:
            self.happens(end, ENDED)

    def step(self) -> None:
        """Let the next thing happen, and the pool do what it would."""
        self.now, what, _, who = heappop(self.coming)
        if who:
            self.waiting.append((len(self.waits_s), who))
            self.waits_s.append(None)
        self.starting -= what == READIED
        self.ready += what == READIED
        self.resting += what == WARMED
        self.leased -= what == ENDED
        while self.ready and self.waiting:
            self._serve(*self.waiting.popleft())
        room = self.sizes.cap - self.leased
        target = min(self.sizes.hot + len(self.waiting), room)
        while self.ready + self.starting < target:
            self._start()

    def _serve(self, place: int, who: Arrival) -> None:
        self.ready -= 1
        self.waits_s[place] = self.now - who.at
        self.lease(None if who.held_s is None else self.now + who.held_s)

    def _start(self) -> None:
        """Start one that rests, to be replaced there, or launch one."""
        pace, rested = self.pace, self.resting > 0
        warm_s, cold_s = pace.warm_s, pace.cold_s
        asked = (warm_s, cold_s) if rested else (cold_s, warm_s)
        took_s = next(length_s for length_s in asked if length_s is not None)
        self.starting += 1
        self.happens(self.now + took_s, READIED)
        if rested:
            self.resting -= 1
            self.happens(self.now + (pace.prepare_s or took_s), WARMED)
        else:
            self.cold += 1
