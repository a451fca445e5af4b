"""The function killed at each of its calls, and the passes that come after it.

Rule 1: the scenario is one life of a lease: it is taken, it is given back, and time
passes, so that instances are launched, warmed, drawn, detached and ended.
Rule 2: whoever serves the pool's function at that moment dies, as a Lambda environment
does; the next invocation starts in a new one.
"""

from functools import partial

from tests.integration.loop.pool import Pool
from tests.prove.kill.commands import bring_back, give_back, refill
from tests.prove.kill.points import Point, points_of
from tests.prove.kill.yard import FUNCTION, Yard


def function_points(yard: Yard, pool: Pool) -> list[Point]:
    """Where the function can be killed."""
    refill(pool)
    return points_of(yard.calls_of(FUNCTION, lambda: _live(pool)), FUNCTION)


def kill_function(yard: Yard, pool: Pool, point: Point) -> None:
    """Kill the function at a point of the scenario, and wait for a pool that is well.

    Raises:
        Leak: The passes that follow do not bring it back.
    """
    refill(pool)
    yard.region.control.set_faults(http=[point.fault()])
    for step, is_over in _STEPS:
        step(pool)
        if yard.until_held(partial(is_over, pool)):
            break
    is_held = bool(yard.region.control.status()["held"])
    yard.note_kill(point, is_held and yard.kill_workers(pool.function_name))
    yard.let_go()
    give_back(pool)
    bring_back(pool)
    yard.check(pool)


def _live(pool: Pool) -> None:
    for step, is_over in _STEPS:
        step(pool)
        pool.until(partial(is_over, pool))


def _take(pool: Pool) -> None:
    pool.claim()


def _give(pool: Pool) -> None:
    for record in pool.records().values():
        if record.lease_id:
            pool.release(record)


def _pass(pool: Pool) -> None:
    pool.control.fire_schedule()


def _is_idle(pool: Pool) -> bool:
    return bool(pool.control.idle())


_STEPS = ((_take, Pool.is_full), (_give, Pool.is_full), (_pass, _is_idle))
