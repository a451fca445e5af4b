"""When there are spares, when there are none, and when the agent ends.

Rule 1: time comes in as an argument, by two clocks: one that counts the computer's
sleep and one that does not.
Rule 2: spares are for who is there: none while no `get` was served for a while, none
after a sleep until one was served.
Rule 3: whatever keeps a spare from being made is tried again later and later.
"""

from dataclasses import dataclass

from asgwarm.domain.value import value

LOOK_S = 10.0  # between two looks at the clocks
IDLE_S = 3600  # without any `get` served the agent ends
SLEPT_S = 5.0  # by which the clocks part when the computer sleeps
AFTER_OTHERS_S = 0.5  # who is being served has the computer first
FIRST_PAUSE_S, LONGEST_PAUSE_S = 2.0, 60.0


@dataclass(frozen=True, slots=True)
class Now:
    """One moment, by both clocks; only differences mean anything."""

    real_s: float  # goes on while the computer sleeps
    awake_s: float


@value
class Terms:
    """What an agent was started for."""

    for_s: int = 8 * 3600
    spares: int = 0
    spare_ttl_s: int = 1800  # without a `get`; then they are released


class Upkeep:
    """One agent's time."""

    def __init__(self, terms: Terms, now: Now) -> None:
        self._last = now
        self._served_s = now.real_s
        self.agree(terms, now)

    def agree(self, terms: Terms, now: Now) -> None:
        """Begin anew with other terms; it counts as a `get`."""
        self.terms = terms
        self._ends_s = now.real_s + terms.for_s
        self.served(now)

    def served(self, now: Now) -> None:
        """Note that a `get` was asked for: somebody is there."""
        self._served_s = now.real_s
        self.why_none = ""
        self._pause_s, self._again_s = FIRST_PAUSE_S, now.real_s + AFTER_OTHERS_S

    def failed(self, why: str, now: Now) -> None:
        """Note why a spare could not be made, or was lost."""
        self.why_none = why
        self._again_s = now.real_s + self._pause_s
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)

    def made(self) -> None:
        """Note that a spare was made."""
        self.why_none, self._pause_s = "", FIRST_PAUSE_S

    def look(self, now: Now) -> None:
        """See how time went on; to be called now and then."""
        slept_s = (now.real_s - self._last.real_s) - (now.awake_s - self._last.awake_s)
        self._last = now
        if slept_s > SLEPT_S:
            self._rest("the computer slept: the next `get` brings spares back")
        elif now.real_s - self._served_s >= self.terms.spare_ttl_s:
            self._rest("no `get` for a while: the next one brings spares back")

    def _rest(self, why: str) -> None:
        if self.terms.spares:
            self.why_none, self._again_s = why, float("inf")

    def wanted(self) -> int:
        """How many spares there may be at all."""
        return 0 if self._again_s == float("inf") else self.terms.spares

    def may_make(self, now: Now) -> bool:
        """Whether it is time to try to make one."""
        return now.real_s >= self._again_s

    def left_s(self, now: Now) -> float:
        """Seconds until the agent takes no more requests; at most 0 when it is over."""
        return min(self.at_most_s(now), self._served_s + IDLE_S - now.real_s)

    def at_most_s(self, now: Now) -> float:
        """Seconds until it takes no more requests, however often it is asked."""
        return self._ends_s - now.real_s

    def pause_s(self, now: Now) -> float:
        """Seconds until there may be something to do by itself."""
        until_s = [self.left_s(now), self._again_s - now.real_s]
        return min(pause_s for pause_s in (*until_s, LOOK_S) if pause_s > 0)
