"""Instances that never arrive, and an AWS that refuses."""

import pytest

from asgwarm.domain.record import State
from asgwarm.local.region import NO_CAPACITY

pytestmark = pytest.mark.long


def _warming(pool):
    """The instance that was drawn to replace a claimed one, not booted yet."""
    pool.claim()
    pool.until(lambda: pool.in_state(State.WARMING))
    return pool.in_state(State.WARMING)[0].instance_id


def test_an_instance_that_never_reports_is_given_up_and_replaced(pool):
    """Within its hook's timeout and a few periods; the row says why."""
    pool.faults(boot_s=100_000)
    silent = _warming(pool)

    pool.periods_until(
        lambda: pool.record(silent).state not in (State.WARMING, State.READY), most=6
    )
    assert "not ready" in pool.record(silent).why

    pool.periods_until(lambda: silent not in pool.running(), most=2)
    pool.restore()
    assert pool.desired() == 1


def test_a_failed_set_up_is_said_and_its_instance_replaced(pool):
    """At once: nobody waits for the hook's timeout."""
    pool.faults(boot_s=100_000)
    broken = _warming(pool)
    report = {
        "boot_id": {"S": "another"},
        "target": {"S": "InService"},
        "phase": {"S": "failed"},
        "host_key": {"S": ""},
        "port": {"N": "22"},
        "setup": {"S": "failed: status 1: no such package"},
    }

    pool.put(pool.arn(broken), "AGENT", report)
    pool.control.settle()

    assert "no such package" in pool.record(broken).why
    assert pool.record(broken).state in (State.DRAINING, State.TERMINATED)
    pool.faults()
    pool.until(lambda: broken not in pool.running())


def test_missing_capacity_is_told_in_awss_words_until_it_is_back(pool):
    """META carries the message; the next launch that succeeds takes it away."""
    pool.faults(no_capacity=True)
    pool.claim()
    pool.until(lambda: pool.outcomes()[0] == "Failed")
    pool.fire()
    assert NO_CAPACITY in pool.registry.meta().trouble

    pool.faults()
    pool.until(pool.is_full)
    pool.fire()

    assert pool.registry.meta().trouble == ""


def test_what_a_throttled_pass_left_undone_the_next_one_does(pool):
    """The pass fails aloud, changes nothing halfway, and is repeated."""
    throttled = {"kind": "throttle", "action": "DetachInstances", "owner": "lambda"}
    pool.faults(stream_lost=True, http=[throttled])
    lease = pool.claim()
    assert pool.invoke() != ""
    assert lease.instance_id in pool.members()

    pool.faults(stream_lost=True)
    pool.fire()

    assert lease.instance_id not in pool.members()
    assert pool.record(lease.instance_id).state is State.LEASED


@pytest.mark.parametrize("state", [State.READY, State.WARMED, State.LEASED])
def test_an_instance_that_somebody_terminates_is_replaced(pool, state):
    """Its row ends, a lease on it too, and the pool is full again."""
    if state is State.LEASED:
        pool.claim()
        pool.until(pool.is_full)
    victim = pool.in_state(state)[0].instance_id

    pool.ec2.terminate_instances(InstanceIds=[victim])
    pool.periods_until(
        lambda: pool.record(victim).state is State.TERMINATED and pool.is_full(), most=6
    )

    assert victim not in pool.running()
    assert pool.desired() == 1
