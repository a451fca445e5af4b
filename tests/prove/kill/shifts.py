"""Cells one after the other on a region of their own, and what came of them.

Rule: a cell that fails is a leak, whatever went wrong; the next one begins on a new
pool.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import TimeoutExpired

from asgwarm.local.info import RegionError
from tests.integration.loop.pool import Pool
from tests.prove.kill.cells import (
    down_points,
    guard_points,
    kill_down,
    kill_guard,
    kill_on,
    kill_up,
    points_on,
    up_points,
)
from tests.prove.kill.commands import ON_A_POOL
from tests.prove.kill.function import function_points, kill_function
from tests.prove.kill.points import Point
from tests.prove.kill.yard import Yard, yard_in

UP, DOWN, REOPEN = "up", "down", "down, then up"
FUNCTION, GUARD = "function", "function, while down"
TOLD = 600  # letters of what went wrong
BY_NAME = {command.name: command for command in ON_A_POOL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Which cells: every *step*-th point of something from number *first* on."""

    of: str
    first: int = 0
    step: int = 1


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What a shift came to."""

    shift: Shift
    points: list[str] = field(default_factory=list)
    kills: int = 0
    missed: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)


def work(shift: Shift, folder: Path) -> Outcome:
    """Do a shift in *folder*."""
    folder.mkdir(parents=True)
    outcome = Outcome(shift=shift)
    with yard_in(folder) as yard:
        points, kill = _cells(yard, shift.of)
        for point in points[shift.first :: shift.step]:
            outcome.points.append(f"{point} of {shift.of}")
            try:
                kill(point)
            except (AssertionError, RegionError, TimeoutExpired) as leak:
                outcome.leaks.append(f"{point} of {shift.of}: {str(leak)[:TOLD]}")
        outcome.kills, outcome.missed = yard.kills, yard.missed
    return outcome


Kill = Callable[[Point], None]


def _cells(yard: Yard, of: str) -> tuple[Sequence[Point], Kill]:
    """The points of what is killed, and how it is killed at one."""
    if of == UP:
        return up_points(yard), lambda point: kill_up(yard, point)
    if of in (DOWN, REOPEN):
        finish = of == DOWN
        return down_points(yard), lambda point: kill_down(yard, point, finish=finish)
    if of == GUARD:
        return guard_points(yard), lambda point: kill_guard(yard, point)
    well = _Well(yard)
    if of == FUNCTION:
        return function_points(yard, well.pool), well(
            lambda pool, point: kill_function(yard, pool, point)
        )
    command = BY_NAME[of]
    return points_on(yard, well.pool, command), well(
        lambda pool, point: kill_on(yard, pool, command, point)
    )


class _Well:
    """A pool that is well; after a failure it is another one."""

    def __init__(self, yard: Yard) -> None:
        self._yard = yard
        self.pool = yard.serve()

    def __call__(self, kill: Callable[[Pool, Point], None]) -> Kill:
        def one(point: Point) -> None:
            try:
                kill(self.pool, point)
            except BaseException:
                self._yard.let_go_at_once()
                self.pool = self._yard.serve()
                raise

        return one
