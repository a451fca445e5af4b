"""One kill each, from a pool that is well to a pool that is well again."""

from collections.abc import Iterator
from contextlib import contextmanager

from asgwarm.domain.record import State
from asgwarm.local.info import RegionError
from tests.integration.loop.pool import Pool
from tests.prove.kill.commands import (
    SIZES,
    Command,
    bring_back,
    give_back,
    held_lease,
    refill,
)
from tests.prove.kill.points import Point, login_points, points_of
from tests.prove.kill.yard import FUNCTION, USER, Leak, Yard

GONE = 5  # there is no such pool
DOWN_S = 120.0
NO_STACK = "DELETE_COMPLETE"


def points_on(yard: Yard, pool: Pool, command: Command) -> list[Point]:
    """Where *command* can be killed."""
    lease = held_lease(yard, pool) if command.holds else ""
    argv = command.rerun(pool, lease)
    found = points_of(yard.calls_of(USER, lambda: yard.run(*argv)), USER)
    command.after(pool, set())
    give_back(pool)
    return [*found, *(login_points() if command.logs_in else [])]


def kill_on(yard: Yard, pool: Pool, command: Command, point: Point) -> None:
    """Kill *command* at a point, let the function act, and run the command again.

    Raises:
        Leak: Something is left over, lost or shared.
    """
    lease = held_lease(yard, pool) if command.holds else ""
    before = pool.running()
    if yard.kill(point, *command.argv(pool, lease)):
        bring_back(pool, lease)
        yard.check(pool)
    yard.run(*command.rerun(pool, lease), codes=command.codes)
    command.after(pool, before)
    give_back(pool)
    yard.check(pool)


def up_points(yard: Yard) -> list[Point]:
    """Where `up` can be killed while it makes a pool."""
    pool = yard.new_pool()
    calls = yard.calls_of(USER, lambda: yard.run(*_up(pool)))
    _identify(pool)
    pool.delete()
    return points_of(calls, USER)


def kill_up(yard: Yard, point: Point) -> None:
    """Kill `up` while it makes a pool, and run it again.

    Raises:
        Leak: The pool does not serve, or something is in no stack.
    """
    with _taken_down(yard, yard.new_pool()) as pool:
        yard.kill(point, *_up(pool))
        if pool.status() != NO_STACK:
            pool.until(lambda: "IN_PROGRESS" not in pool.status())
            _identify(pool)
            bring_back(pool)
        yard.run(*_up(pool))
        _identify(pool)
        bring_back(pool)
        yard.check(pool)
        pool.delete()
        check_gone(yard, pool)


def down_points(yard: Yard) -> list[Point]:
    """Where `down` can be killed."""
    pool = _served(yard)
    return points_of(yard.calls_of(USER, lambda: yard.run(*_down(pool))), USER)


def kill_down(yard: Yard, point: Point, *, finish: bool) -> None:
    """Kill `down` of a pool that somebody uses; then finish it, or change one's mind.

    Raises:
        Leak: Something of it is left, or it does not serve again.
    """
    with _taken_down(yard, _served(yard)) as pool:
        (held,) = pool.in_state(State.LEASED)
        yard.kill(point, *_down(pool))
        pool.control.fire_schedule()
        _come_to_rest(yard, pool)
        if not finish:
            yard.run(*_up(pool))
            _identify(pool)
            bring_back(pool, held.lease_id)
            give_back(pool)
            yard.check(pool)
        yard.run(*_down(pool), codes=(0, GONE))
        check_gone(yard, pool)


def _come_to_rest(yard: Yard, pool: Pool) -> None:
    """Return when nothing goes on any more: half a pool costs no more than a whole."""
    try:
        yard.settle()
    except (AssertionError, RegionError) as busy:
        ended = len(pool.in_state(State.TERMINATED))
        raise Leak(
            f"{pool.name} does not come to rest: {ended} instances have ended"
        ) from busy


@contextmanager
def _taken_down(yard: Yard, pool: Pool) -> Iterator[Pool]:
    """Take a pool down whose cell has failed, so that the next one has its peace."""
    try:
        yield pool
    except BaseException:
        yard.let_go_at_once()
        yard.home.run(*_down(pool))
        raise


def guard_points(yard: Yard) -> list[Point]:
    """Where the function can be killed while a pool is taken down."""
    pool = yard.serve()
    calls = yard.calls_of(FUNCTION, lambda: yard.run(*_down(pool)))
    return points_of(calls, FUNCTION)


def kill_guard(yard: Yard, point: Point) -> None:
    """Kill the function while `down` relies on it, and run `down` again.

    Raises:
        Leak: Something is left.
    """
    with _taken_down(yard, yard.serve()) as pool:
        name = pool.function_name
        yard.region.control.set_faults(http=[point.fault()])
        down = yard.start(*_down(pool))
        is_held = yard.until_held(lambda: down.poll() is not None)
        yard.note_kill(point, is_held and yard.kill_workers(name))
        yard.let_go_at_once()
        down.wait(DOWN_S)
        yard.run(*_down(pool), codes=(0, GONE))
        check_gone(yard, pool)


def check_gone(yard: Yard, pool: Pool) -> None:
    """Look for what a pool that is gone has left.

    Raises:
        Leak: There is something.
    """
    left = list(_remains(pool))
    if left:
        raise Leak(f"{pool.name} is gone and has left {', '.join(left)}")
    yard.check_secrets()


def _remains(pool: Pool) -> Iterator[str]:
    mine = [{"Name": "tag:asgwarm:pool", "Values": [pool.name]}]
    ended = ("terminated", "shutting-down")
    for page in pool.ec2.describe_instances(Filters=mine)["Reservations"]:
        found = page["Instances"]
        yield from (i["InstanceId"] for i in found if i["State"]["Name"] not in ended)
    volumes = pool.ec2.describe_volumes(Filters=mine)["Volumes"]
    yield from (volume["VolumeId"] for volume in volumes)
    rooms = pool.ec2.describe_security_groups(Filters=mine)["SecurityGroups"]
    yield from (room["GroupId"] for room in rooms)
    if pool.group():
        yield pool.group_name
    if pool.table in pool.dynamodb.list_tables()["TableNames"]:
        yield pool.table
    if pool.status() != NO_STACK:
        yield pool.stack


def _served(yard: Yard) -> Pool:
    """A pool with a lease."""
    pool = yard.serve()
    pool.claim()
    refill(pool)
    return pool


def _identify(pool: Pool) -> None:
    found = pool.cloudformation.describe_stacks(StackName=pool.stack)["Stacks"]
    pool.stack_id = found[0]["StackId"]


def _up(pool: Pool) -> list[str]:
    return ["up", pool.name, "--yes", *SIZES]


def _down(pool: Pool) -> list[str]:
    return ["down", pool.name, "--force"]
