"""A plain deletion of the stack, without the command line."""

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
