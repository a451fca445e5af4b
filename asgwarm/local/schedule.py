"""Scheduled EventBridge rules, fired by the region's clock.

AWS fires a rule once per period. When time is moved forward by hours, each rule fires
for the first few periods and once more at the end: enough for a handler to see that
time has passed, without hundreds of calls.
"""

from collections.abc import Callable

from asgwarm.local.clock import Clock, Timer

MAX_CATCH_UP = 4


class Schedule:
    """Keeps a timer for the next rule that is due.

    Args:
        due: When each rule is due next, by any key.
        fire: Fires what is due now.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        due: Callable[[float], dict[tuple[str, str, str], float]],
        fire: Callable[[], None],
    ) -> None:
        self._clock = clock
        self._due = due
        self._fire = fire
        self._timer: Timer | None = None
        self._caught_up = 0
        self._target: float | None = None

    def arm(self) -> None:
        """Look at the rules again and wait for the first that is due."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = self._due(self._clock.now())
        if due:
            self._timer = self._clock.call_at(self._next(min(due.values())), self._on)

    def _next(self, when: float) -> float:
        target = self._clock.target
        if target is None or self._caught_up < MAX_CATCH_UP:
            return when
        return max(when, target)

    def _on(self) -> None:
        self._timer = None
        if self._clock.target != self._target:
            self._target, self._caught_up = self._clock.target, 0
        self._caught_up += 1
        self._fire()
        self.arm()
