"""The region's time."""

import asyncio

import pytest

from asgwarm.local.clock import Clock, Pace


async def nothing():
    """Nothing to settle."""


def test_time_is_real_time_until_it_is_moved():
    """Region time is real time plus what it was moved by."""
    real = [100.0]
    clock = Clock(real=lambda: real[0])
    assert clock.now() == 100
    real[0] = 107.0
    assert clock.now() == 107


async def test_advance_fires_what_is_due_in_order_at_its_own_time():
    """Each timer sees the time that it asked for, or a little later."""
    clock = Clock(pace=Pace.MANUAL, real=lambda: 0.0)
    fired: list[tuple[str, float]] = []
    clock.call_at(30, lambda: fired.append(("b", clock.now())))
    clock.call_at(10, lambda: fired.append(("a", clock.now())))
    clock.call_at(61, lambda: fired.append(("late", clock.now())))

    assert await clock.advance(60, nothing) == 60

    assert fired == [("a", 10), ("b", 30)]


async def test_a_timer_set_while_time_moves_fires_on_the_way():
    """What one timer causes happens before time goes on."""
    clock = Clock(pace=Pace.MANUAL, real=lambda: 0.0)
    fired: list[float] = []

    def again() -> None:
        fired.append(clock.now())
        clock.call_later(20, again)

    clock.call_at(5, again)
    await clock.advance(50, nothing)

    assert fired == [5, 25, 45]


async def test_what_a_timer_causes_settles_before_time_goes_on():
    """`settle` is awaited between two due times."""
    clock = Clock(pace=Pace.MANUAL, real=lambda: 0.0)
    told: list[str] = []
    clock.call_at(1, lambda: told.append("one"))
    clock.call_at(2, lambda: told.append("two"))

    async def settle() -> None:
        told.append("settled")

    await clock.advance(3, settle)

    assert told == ["one", "settled", "two", "settled", "settled"]


async def test_a_cancelled_timer_never_fires():
    """Cancel is final."""
    clock = Clock(pace=Pace.MANUAL, real=lambda: 0.0)
    fired: list[int] = []
    clock.call_at(1, lambda: fired.append(1)).cancel()

    await clock.advance(5, nothing)

    assert fired == []


async def test_a_failing_timer_does_not_stop_time(caplog):
    """The others fire all the same."""
    clock = Clock(pace=Pace.MANUAL, real=lambda: 0.0)
    fired: list[int] = []
    clock.call_at(1, lambda: 1 / 0)
    clock.call_at(2, lambda: fired.append(2))

    await clock.advance(5, nothing)

    assert fired == [2]
    assert "a timer failed" in caplog.text


async def test_with_real_pace_timers_fire_by_themselves():
    """Nobody has to move time."""
    clock = Clock()
    async with asyncio.timeout(5):
        await clock.wait_until(clock.now() + 0.02)


async def test_with_manual_pace_time_stands_still():
    """A due timer fires, one in the future does not."""
    clock = Clock(pace=Pace.MANUAL)
    before = clock.now()
    done = asyncio.Event()
    later: list[int] = []
    clock.call_later(0.001, lambda: later.append(1))
    clock.call_later(0, done.set)
    async with asyncio.timeout(5):
        await done.wait()
    assert (clock.now(), later) == (before, [])


async def test_time_cannot_be_moved_twice_at_once():
    """The second one is refused, the first goes on."""
    clock = Clock(pace=Pace.MANUAL, real=lambda: 0.0)
    clock.call_at(1, lambda: None)

    refused: list[str] = []

    async def meddle() -> None:
        if clock.target is not None:
            with pytest.raises(RuntimeError, match="already"):
                await clock.advance(1, nothing)
            refused.append("once")

    assert await clock.advance(2, meddle) == 2
    assert refused == ["once"]
