"""A pool whose rows lie in several shards, and its number of them, which stays."""

import pytest

from asgwarm.domain.record import State, shard_of

pytestmark = pytest.mark.long

SHARDS = 4


def _update(pool, **parameters):
    """Update the stack as CI does; how that ended."""
    kept = pool.cloudformation.describe_stacks(StackName=pool.stack)["Stacks"][0]
    names = [one["ParameterKey"] for one in kept["Parameters"]]
    pool.cloudformation.update_stack(
        StackName=pool.stack,
        UsePreviousTemplate=True,
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[
            {"ParameterKey": name, "ParameterValue": str(parameters[name])}
            if name in parameters
            else {"ParameterKey": name, "UsePreviousValue": True}
            for name in names
        ],
    )
    pool.until(lambda: "IN_PROGRESS" not in pool.status())
    return pool.status()


def test_every_row_lies_where_its_id_says_and_every_one_is_kept(make_pool):
    """Claimed ones are replaced, released and expired ones end, in all shards."""
    pool = make_pool(hot=4, warm=2, cap=30, shards=SHARDS).fill()
    assert pool.registry.meta().shards == SHARDS
    leases = []
    for shard in range(SHARDS):
        for ready in pool.leases.ready("0", shard):
            leases.append(pool.take(ready))
    assert len(leases) == 4

    pool.until(pool.is_full)
    pool.release(leases[0])
    for lease in leases[1:]:
        pool.leases.renew(lease, now=0, dur_s=1)
    pool.periods_until(lambda: not pool.in_state(State.LEASED), most=4)
    pool.until(lambda: not {lease.instance_id for lease in leases} & pool.running())
    pool.periods_until(pool.is_full, most=4)

    records = pool.records()
    assert {i: r.pk for i, r in records.items()} == {
        i: f"{pool.registry.meta_pk}#{shard_of(i, SHARDS)}" for i in records
    }
    assert len({record.pk for record in records.values()}) > 1


def test_another_number_of_shards_is_refused_with_its_reason(make_pool):
    """CloudFormation goes back to what was, and the pool serves on."""
    pool = make_pool(warm=0, shards=SHARDS).fill()

    assert _update(pool, Shards=2, Hot=2) == "UPDATE_ROLLBACK_COMPLETE"

    events = pool.cloudformation.describe_stack_events(StackName=pool.stack)
    reasons = [e.get("ResourceStatusReason", "") for e in events["StackEvents"]]
    assert any(f"Shards stays {SHARDS}" in reason for reason in reasons), reasons
    assert pool.registry.meta().shards == SHARDS
    pool.fire()
    pool.until(lambda: pool.is_full() and pool.claim())
    assert _update(pool, Hot=2) == "UPDATE_COMPLETE"
    pool.until(lambda: pool.counts()[State.READY] == 2)


def test_a_lease_in_any_shard_refuses_the_deletion(make_pool):
    """The guard looks into all of them."""
    pool = make_pool(hot=4, warm=0, cap=30, shards=SHARDS).fill()
    last = max(pool.in_state(State.READY), key=lambda record: record.pk)
    lease = pool.take(last)

    assert pool.delete() == "DELETE_FAILED"

    events = pool.cloudformation.describe_stack_events(StackName=pool.stack)
    reasons = [e.get("ResourceStatusReason", "") for e in events["StackEvents"]]
    assert any(lease.lease_id in reason for reason in reasons)
