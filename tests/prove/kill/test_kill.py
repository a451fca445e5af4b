"""A few of the kills of `make kill`: one of each kind."""

import pytest

from tests.prove.kill.cells import kill_on
from tests.prove.kill.function import kill_function
from tests.prove.kill.points import AFTER, BEFORE, LOGIN, Point, points_of
from tests.prove.kill.shifts import BY_NAME
from tests.prove.kill.yard import FUNCTION, USER, yard_in


@pytest.fixture(scope="module")
def yard(tmp_path_factory):
    """A region with one user."""
    with yard_in(tmp_path_factory.mktemp("yard")) as made:
        yield made


@pytest.fixture(scope="module")
def pool(yard):
    """A pool that is well at the beginning of each test, as each leaves it."""
    return yard.serve()


def _point(when, service, action, nth=1, owner=USER):
    return Point(when=when, service=service, action=action, nth=nth, owner=owner)


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "point"),
    [
        ("get", _point(AFTER, "dynamodb", "UpdateItem")),
        ("get -- CMD", _point(BEFORE, LOGIN, "session", owner="*")),
        ("release", _point(AFTER, "dynamodb", "UpdateItem")),
    ],
)
def test_a_killed_command_leaves_nothing_and_may_be_repeated(yard, pool, name, point):
    """What it held ends, the pool is full, and the same command succeeds."""
    kills = yard.kills

    kill_on(yard, pool, BY_NAME[name], point)

    assert yard.kills == kills + 1


@pytest.mark.long
@pytest.mark.parametrize(
    "point",
    [
        _point(AFTER, "autoscaling", "DetachInstances", owner=FUNCTION),
    ],
    ids=str,
)
def test_what_a_killed_function_left_undone_the_next_one_does(yard, pool, point):
    """Whether the call was performed or not."""
    kills = yard.kills

    kill_function(yard, pool, point)

    assert yard.kills == kills + 1


def test_a_point_is_before_or_after_one_of_the_first_calls_of_a_kind():
    """Who polls makes many calls and has few points."""
    calls = [{"service": "dynamodb", "action": "Query"}] * 5

    points = points_of(calls, USER)

    assert [str(point) for point in points] == [
        "before dynamodb:Query 1",
        "after dynamodb:Query 1",
        "before dynamodb:Query 2",
        "after dynamodb:Query 2",
    ]
    assert points[0].fault()["kind"] == "hold_before"
