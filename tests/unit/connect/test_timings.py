"""Phase timings."""

import pytest

from asgwarm.connect.timings import PHASES, Timings


class Clock:
    """A clock that stands until it is told otherwise."""

    def __init__(self) -> None:
        self.now_ms = 1000.0

    def __call__(self) -> float:
        return self.now_ms


@pytest.fixture
def clock() -> Clock:
    """A clock at 1000 ms."""
    return Clock()


def test_phases_overlap(clock):
    """The push and the handshake are measured at the same time."""
    timings = Timings(clock)

    with timings.phase("push"):
        clock.now_ms += 10
        with timings.phase("connect"):
            clock.now_ms += 30
    timings.finish()

    assert timings.as_dict() == {"push_ms": 40, "connect_ms": 30, "total_ms": 40}


def test_a_repeated_phase_adds_up(clock):
    """Two pushes are one number."""
    timings = Timings(clock)

    for took_ms in (5, 7):
        with timings.phase("push"):
            clock.now_ms += took_ms

    assert timings.as_dict()["push_ms"] == 12


def test_a_failed_phase_is_measured(clock):
    """What went wrong took its time as well."""
    timings = Timings(clock)

    with pytest.raises(OSError, match="refused"), timings.phase("connect"):
        clock.now_ms += 8
        raise OSError("refused")

    assert timings.as_dict()["connect_ms"] == 8


def test_stopping_twice_counts_once(clock):
    """A phase that ends in a callback may be stopped again by its owner."""
    timings = Timings(clock)

    stop = timings.begin("first_byte")
    clock.now_ms += 3
    stop()
    clock.now_ms += 100
    stop()

    assert timings.as_dict()["first_byte_ms"] == 3


def test_the_total_is_fixed_once(clock):
    """The total runs until it is finished, from where the work began."""
    timings = Timings(clock, began_ms=900.0)
    clock.now_ms += 50
    assert timings.total_ms == 150

    timings.finish()
    clock.now_ms += 1000
    timings.finish()

    assert timings.total_ms == 150


def test_phases_come_in_the_order_of_the_work(clock):
    """A table made of them reads from left to right."""
    timings = Timings(clock)
    for name in reversed(PHASES):
        with timings.phase(name):
            pass

    names = [f"{name}_ms" for name in PHASES]
    assert list(timings.as_dict()) == [*names, "total_ms"]


def test_a_note_that_says_nothing_is_not_kept(clock):
    """The last word stays, and no empty one takes its place."""
    timings = Timings(clock)

    timings.note(ssh="pipelined", ssh_why="")
    timings.note(ssh="stock", ssh_why="")

    assert timings.notes == {"ssh": "stock"}


def test_an_unknown_phase_is_a_mistake(clock):
    """An unplanned phase is not silently another column."""
    with pytest.raises(ValueError, match="'greeting'"):
        Timings(clock).begin("greeting")
