"""Where the instance that replaces a claimed one comes from."""

import pytest

from asgwarm.domain.record import State

COLD = "Launching a new EC2 instance: "
WARM = "Launching a new EC2 instance from warm pool: "


def test_a_claimed_instance_is_replaced_from_the_warm_pool(pool):
    """The scaling activity says so, and the warm pool is full again afterwards."""
    rested = {record.instance_id for record in pool.in_state(State.WARMED)}

    lease = pool.claim()
    pool.until(pool.is_full)

    (ready,) = pool.in_state(State.READY)
    assert ready.instance_id in rested
    assert ready.tier == "warm"
    assert WARM + ready.instance_id in pool.activities()
    assert lease.instance_id not in pool.members()
    assert lease.instance_id in pool.running()
    assert pool.desired() == 1


def test_a_pool_without_warm_instances_launches_cold(make_pool):
    """Slower, and no different for whoever holds the lease."""
    pool = make_pool(warm=0).fill()

    pool.claim()
    pool.until(pool.is_full)

    (ready,) = pool.in_state(State.READY)
    assert ready.tier == "cold"
    assert COLD + ready.instance_id in pool.activities()


def test_a_drained_warm_pool_does_not_keep_the_group_from_refilling(make_pool):
    """Three claims on two warm instances: the last replacement is a cold one."""
    pool = make_pool(hot=3, warm=2).fill()
    pool.faults(no_capacity=True)
    leases = [pool.claim() for _ in range(3)]
    pool.control.settle()

    pool.faults()
    pool.until(pool.is_full)

    assert len({lease.instance_id for lease in leases}) == 3
    assert pool.counts()[State.LEASED] == 3
    assert pool.desired() == 3


@pytest.mark.parametrize("refill", ["cold", "delayed"])
def test_the_pool_fills_however_the_group_replaces(pool, refill):
    """Whether and when a detached instance is replaced from the pool is AWS's affair."""
    pool.faults(refill=refill)

    lease = pool.claim()
    pool.until(pool.is_full)

    assert pool.record(lease.instance_id).state is State.LEASED
    assert pool.desired() == 1
