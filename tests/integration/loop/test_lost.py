"""Without any event and without the stream: the schedule alone is enough."""

import pytest

from asgwarm.domain.record import State
from asgwarm.registry.registry import TOMBSTONE_S

NOTHING_ARRIVES = {"events": "lost", "stream_lost": True}


@pytest.fixture
def pool(pool):
    """A full pool that from now on hears nothing but the schedule."""
    pool.faults(**NOTHING_ARRIVES)
    return pool


def test_the_pool_fills(quick_region, make_pool):
    """Hot instances ready and warm ones resting, three periods after the stack."""
    quick_region.control.set_faults(**NOTHING_ARRIVES)
    pool = make_pool(hot=2, warm=1)

    pool.periods_until(pool.is_full, most=3)

    assert pool.desired() == 2


def test_a_claim_is_detached_and_replaced(pool):
    """One period to detach it, one for the hook of its replacement, one for its row."""
    lease = pool.claim()

    pool.periods_until(lambda: lease.instance_id not in pool.members(), most=1)
    pool.periods_until(pool.is_full, most=4)

    assert pool.record(lease.instance_id).state is State.LEASED


def test_an_expired_lease_is_reaped(pool):
    """Seen within a period, ended within one and its grace after it is over."""
    lease = pool.claim(ttl_s=60)

    passed = pool.periods_until(
        lambda: pool.record(lease.instance_id).state is not State.LEASED, most=4
    )

    assert passed >= 2
    assert pool.record(lease.instance_id).why == "expired"
    pool.periods_until(lambda: lease.instance_id not in pool.running(), most=1)


def test_what_was_given_back_is_terminated_and_its_row_a_tombstone(pool):
    """The row outlives every late event and then goes by itself."""
    lease = pool.claim()
    pool.release(lease)

    pool.periods_until(
        lambda: pool.record(lease.instance_id).state is State.TERMINATED, most=3
    )

    assert lease.instance_id not in pool.running()
    row = pool.registry.get(lease.pk, f"I#{lease.instance_id}")
    assert row["ttl_at"] == row["since"] + TOMBSTONE_S
    pool.periods_until(pool.is_full, most=4)
