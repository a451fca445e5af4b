"""DesiredCapacity has one writer at a time, and is only ever raised as a number."""

from concurrent.futures import ThreadPoolExecutor

import pytest


@pytest.fixture(scope="module")
def idle_pool(quick_region, pools_of):
    """A pool that should have two in service, whose group does nothing."""
    quick_region.control.set_faults()
    pool = pools_of(quick_region, [])(hot=2, warm=0).fill()
    pool.autoscaling.suspend_processes(
        AutoScalingGroupName=pool.group_name, ScalingProcesses=["Terminate", "Launch"]
    )
    yield pool
    pool.drop()


@pytest.fixture
def pool(idle_pool):
    """The group was told to have none in service, and nothing hints at it."""
    idle_pool.faults(stream_lost=True, events="lost")
    idle_pool.control.settle()
    _set_desired(idle_pool, 0)
    yield idle_pool
    idle_pool.faults()


def _set_desired(pool, desired):
    pool.autoscaling.set_desired_capacity(
        AutoScalingGroupName=pool.group_name, DesiredCapacity=desired
    )


def _writes(pool, since):
    return [
        call
        for call in pool.control.requests(since)
        if call["action"] == "SetDesiredCapacity" and call["owner"] == "lambda"
    ]


def _now(pool):
    return pool.control.status()["calls"]


def test_two_passes_at_once_raise_it_once(pool):
    """The second one finds the lock taken, or nothing left to do."""
    slow = {"kind": "slow", "action": "SetDesiredCapacity", "delay_s": 0.7}
    pool.faults(stream_lost=True, events="lost", http=[slow])
    began = _now(pool)

    with ThreadPoolExecutor(2) as both:
        errors = list(both.map(lambda _: pool.invoke(), range(2)))

    assert errors == ["", ""]
    assert len(_writes(pool, began)) == 1
    assert pool.desired() == 2


def test_a_writer_that_died_is_waited_out(pool):
    """Its lock holds others off while it could still write, and no longer."""
    now = int(pool.control.status()["now"])
    pool.dynamodb.update_item(
        TableName=pool.table,
        Key={"pk": {"S": pool.registry.meta_pk}, "sk": {"S": "META"}},
        UpdateExpression="SET lock_by = :by, lock_until = :until",
        ExpressionAttributeValues={":by": {"S": "x"}, ":until": {"N": str(now + 90)}},
    )

    pool.fire()
    assert pool.desired() == 0

    pool.control.advance(150)
    assert pool.desired() == 2


def test_a_pass_never_writes_a_smaller_number(pool):
    """What is too much goes instance by instance."""
    _set_desired(pool, 5)
    began = _now(pool)

    assert pool.invoke() == ""

    assert _writes(pool, began) == []
