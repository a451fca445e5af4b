"""Virtual time: what happens when, in one order for each seed.

Rule 1: nothing here waits and nothing reads a real clock; time is the time of the
event that runs.
Rule 2: all chance comes from one generator, so a seed gives one run, step for step.
Rule 3: a step is one call that somebody makes to AWS, one event delivered, or one
move that AWS or a guest makes by itself.
"""

import heapq
import random
import zlib
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

KEPT_LINES = 40
START = 1_800_000_000.0
NEST = 2  # how many who were interrupted may wait for each other
Do = Callable[..., None]


class Violation(Exception):
    """A promise was broken."""


class Timeline:
    """One run's clock, chance, steps and trace.

    Args:
        about: Keep all lines with this in them, instead of the last KEPT_LINES.
    """

    def __init__(self, seed: int, about: str = "") -> None:
        self.seed, self.about = seed, about
        self.rng = random.Random(seed)  # noqa: S311  # repeatable, and no secret
        self.random = self.rng.random
        self.now = START
        self.steps = 0
        self.crc = 0
        self.counts: Counter[str] = Counter()
        self.trace: deque[str] = deque(maxlen=None if about else KEPT_LINES)
        self._queue: list[tuple[float, int, Do, tuple[Any, ...]]] = []
        self._order = 0
        self._depth = 0

    def step(self, who: str, what: str) -> None:
        """Count one step and note it."""
        self.steps += 1
        self.note(f"{self.now - START:.2f} {who} {what}")

    def note(self, line: str) -> None:
        """Add a line to the trace; it is no step."""
        if self.about in line:
            self.trace.append(line)
        self.crc = zlib.crc32(line.encode(), self.crc)

    def later(self, delay_s: float, do: Do, *args: Any) -> None:
        """Let something happen after *delay_s*."""
        self._order += 1
        heapq.heappush(self._queue, (self.now + delay_s, self._order, do, args))

    def next_at(self) -> float:
        """When the next thing happens."""
        return self._queue[0][0]

    def advance(self) -> None:
        """Let the next thing happen."""
        when, _, do, args = heapq.heappop(self._queue)
        self.now = max(self.now, when)
        do(*args)

    def interrupt(self, for_s: float) -> None:
        """Let the others go on for a while in the midst of somebody's doing."""
        until = self.now + for_s
        if self._depth < NEST:
            self._depth += 1
            try:
                while self._queue and self._queue[0][0] <= until:
                    self.advance()
            finally:
                self._depth -= 1
        self.now = max(self.now, until)

    def chance(self, share: float) -> bool:
        """True in *share* of the cases."""
        return self.random() < share

    def between(self, low: float, high: float) -> float:
        """A number somewhere between the two."""
        return low + (high - low) * self.random()

    def broken(self, promise: str) -> Violation:
        """The violation of a promise, to be raised."""
        return Violation(f"seed {self.seed}, step {self.steps}: {promise}")
