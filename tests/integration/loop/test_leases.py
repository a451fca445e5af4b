"""Leases end by the reaper's clock, and by no other."""

import pytest

from asgwarm.clock import now_s
from asgwarm.domain.record import State


@pytest.fixture(scope="module")
def lone_pool(start_region, pools_of, tmp_path_factory):
    """A pool on a region of its own, whose time moves by hours."""
    with start_region(tmp_path_factory.mktemp("region")) as region:
        yield pools_of(region, [])(warm=0, max_lease_s=3600).fill()


@pytest.fixture
def pool(lone_pool):
    """A full pool without the stream, so that only the region's clock counts."""
    lone_pool.restore()
    lone_pool.faults(stream_lost=True)
    return lone_pool


def _claim(pool, ttl_s):
    """A lease that the reaper has seen just now."""
    lease = pool.claim(ttl_s=ttl_s)
    pool.fire()
    assert pool.record(lease.instance_id).exp_at
    return lease


def test_a_lease_ends_when_its_time_is_over_and_not_before(pool):
    """Counted from when the reaper first saw it."""
    lease = _claim(pool, ttl_s=100)

    pool.control.advance(90)
    assert pool.record(lease.instance_id).state is State.LEASED
    pool.control.advance(100)

    assert pool.record(lease.instance_id).why == "expired"
    assert lease.instance_id not in pool.running()


def test_a_heartbeat_that_comes_after_the_stamp_keeps_the_lease(pool):
    """The next pass stamps it anew instead of ending it."""
    lease = _claim(pool, ttl_s=100)

    pool.control.advance(90)
    pool.leases.renew(pool.record(lease.instance_id), now=now_s())
    pool.control.advance(90)

    assert pool.record(lease.instance_id).state is State.LEASED


def test_the_hard_maximum_ends_a_lease_however_often_it_is_renewed(pool):
    """Renewals carry it to the pool's maximum, an hour here, and no further."""
    lease, lived_s = _claim(pool, ttl_s=3600), 0
    while pool.record(lease.instance_id).state is State.LEASED and lived_s < 10_000:
        pool.leases.renew(pool.record(lease.instance_id), now=now_s())
        pool.fire()
        pool.control.advance(1000)
        lived_s += 1000

    assert lived_s == 4000
    assert "maximum" in pool.record(lease.instance_id).why


def test_what_the_client_wished_is_cut_to_the_pools_maximum(pool):
    """A client that asks for a year gets an hour."""
    lease = _claim(pool, ttl_s=365 * 86_400)

    record = pool.record(lease.instance_id)
    assert record.exp_at - record.lease_seen_at == 3600
