"""A plain deletion of the stack, without the command line."""

import pytest

from asgwarm.domain.record import State


def test_a_live_lease_refuses_the_deletion_and_the_pool_serves_on(make_pool):
    """The reason names it, nothing is ended; without it nothing is left."""
    pool = make_pool(warm=1).fill()
    lease = pool.claim()
    pool.until(pool.is_full)

    assert pool.delete() == "DELETE_FAILED"

    events = pool.cloudformation.describe_stack_events(StackName=pool.stack)
    reasons = [e.get("ResourceStatusReason", "") for e in events["StackEvents"]]
    assert any(lease.lease_id in reason for reason in reasons)
    assert pool.is_full()
    assert pool.record(lease.instance_id).state is State.LEASED
    second = pool.claim()
    pool.until(pool.is_full)

    pool.release(second)
    pool.release(pool.record(lease.instance_id))

    assert pool.delete() == "DELETE_COMPLETE"
    assert pool.running() == set()


def test_a_stack_that_says_so_ends_its_leases(make_pool):
    """Their instances are detached, and ended all the same; one without a row too."""
    pool = make_pool(warm=1, on_delete="end").fill()
    lease = pool.claim()
    pool.until(pool.is_full)
    tag = {"Key": "asgwarm:stack", "Value": pool.stack_id}
    stray = pool.ec2.run_instances(
        ImageId="ami-12345678",
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": [tag]}],
    )["Instances"][0]["InstanceId"]
    assert {lease.instance_id, stray} <= pool.running()

    assert pool.delete() == "DELETE_COMPLETE"

    assert pool.running() == set()


EVERY_STATE = {
    State.READY,
    State.WARMED,
    State.WARMING,
    State.LEASED,
    State.DRAINING,
}


def _in_every_state(pool):
    """Bring instances of the pool into every state; two leased ones are detached."""
    first, second = pool.claim(), pool.claim()
    pool.until(pool.is_full)
    pool.faults(boot_s=600)
    third = pool.claim()  # replaced by one that never reports
    pool.until(lambda: third.instance_id not in pool.members())
    pool.until(lambda: pool.in_state(State.WARMING))
    pool.faults(boot_s=600, stream_lost=True)
    pool.release(second)  # of which the function is not told
    assert set(pool.counts()) == EVERY_STATE
    assert first.instance_id not in pool.members()
    return [first, third]


@pytest.mark.long
def test_a_refused_deletion_changes_nothing_in_whatever_state(make_pool):
    """Everything stays; when the leases are over the same request leaves nothing."""
    pool = make_pool(hot=2, warm=2, cap=12).fill()
    leases = _in_every_state(pool)
    running, counts = pool.running(), pool.counts()

    assert pool.delete() == "DELETE_FAILED"

    assert pool.counts() == counts
    assert pool.running() == running
    for lease in leases:
        pool.release(pool.record(lease.instance_id))

    assert pool.delete() == "DELETE_COMPLETE"
    assert pool.running() == set()


@pytest.mark.long
def test_a_deletion_that_may_ends_everything_in_whatever_state(make_pool):
    """Also what the group does not know any more, and what never became ready."""
    pool = make_pool(hot=2, warm=2, cap=12, on_delete="end").fill()
    _in_every_state(pool)

    assert pool.delete() == "DELETE_COMPLETE"

    assert pool.running() == set()
