"""Scheduled rules and the region's clock."""

from asgwarm.local.clock import Clock, Pace
from asgwarm.local.schedule import MAX_CATCH_UP, Schedule

RULE = ("account", "us-east-1", "rule")


async def nothing():
    """Nothing to settle."""


class EveryMinute:
    """A rule with rate(1 minute), as the base keeps it."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.last = clock.now()
        self.fired: list[float] = []

    def due(self, now: float) -> dict[tuple[str, str, str], float]:
        return {RULE: self.last + 60}

    def fire(self) -> None:
        if self.clock.now() >= self.last + 60:
            self.last = self.clock.now()
            self.fired.append(self.last)


def scheduled() -> tuple[Clock, EveryMinute, Schedule]:
    """A still clock, a rule and its schedule."""
    clock = Clock(pace=Pace.MANUAL, real=lambda: 0.0)
    rule = EveryMinute(clock)
    return clock, rule, Schedule(clock, due=rule.due, fire=rule.fire)


async def test_a_rule_fires_once_per_period():
    """Three minutes are three firings, each at its time."""
    clock, rule, schedule = scheduled()
    schedule.arm()

    await clock.advance(200, nothing)

    assert rule.fired == [60, 120, 180]


async def test_hours_are_caught_up_with_a_few_firings():
    """The first few periods, and once at the end."""
    clock, rule, schedule = scheduled()
    schedule.arm()

    await clock.advance(5 * 3600, nothing)

    assert len(rule.fired) == MAX_CATCH_UP + 1
    assert rule.fired[-1] == 5 * 3600


async def test_arming_twice_does_not_fire_twice():
    """Looking at the rules again replaces the timer."""
    clock, rule, schedule = scheduled()
    schedule.arm()
    schedule.arm()

    await clock.advance(61, nothing)

    assert rule.fired == [60]


async def test_a_region_without_rules_has_no_timer():
    """Nothing is due, nothing fires."""
    clock = Clock(pace=Pace.MANUAL, real=lambda: 0.0)
    fired: list[int] = []
    Schedule(clock, due=lambda now: {}, fire=lambda: fired.append(1)).arm()

    await clock.advance(3600, nothing)

    assert fired == []
