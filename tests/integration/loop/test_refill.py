"""Where the instance that replaces a claimed one comes from."""

import pytest

from asgwarm.domain.record import State

pytestmark = pytest.mark.long

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


@pytest.mark.parametrize("refill", ["cold", "delayed"])
def test_the_pool_fills_however_the_group_replaces(pool, refill):
    """From the warm pool or not, at once or later: that is AWS's affair."""
    pool.faults(refill=refill)

    lease = pool.claim()
    pool.until(pool.is_full)

    assert pool.record(lease.instance_id).state is State.LEASED
    assert pool.desired() == 1
