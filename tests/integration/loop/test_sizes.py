"""Sizes that change, and the cap over all of them."""

from asgwarm.domain.record import State


def test_the_hot_tier_follows_its_size_up_and_down(make_pool):
    """Up at once by the update itself; down by draining what is ready, nothing else."""
    pool = make_pool(hot=1, warm=0).fill()

    pool.deploy(hot=3)
    assert pool.desired() == 3
    pool.until(pool.is_full)
    lease = pool.claim()
    pool.until(pool.is_full)

    pool.deploy(hot=1)
    pool.until(lambda: pool.desired() == 1 and pool.is_full())

    assert pool.record(lease.instance_id).state is State.LEASED
    pool.until(lambda: len(pool.running()) == 2)
    assert lease.instance_id in pool.running()


def test_leased_and_desired_together_stay_within_the_cap(make_pool):
    """At the cap a claimed instance leaves with decrement; a release raises again."""
    pool = make_pool(hot=2, warm=0, cap=3).fill()
    leases = []

    for free in (2, 1, 0):
        leases.append(pool.claim())
        pool.until(
            lambda free=free: (
                pool.desired() == free and pool.counts()[State.READY] == free
            )
        )
        leased = pool.counts()[State.LEASED]
        assert leased + pool.desired() <= 3
        assert len(pool.running()) <= 3
    pool.release(leases[0])
    pool.until(lambda: leases[0].instance_id not in pool.running())
    pool.fire()

    pool.until(lambda: pool.counts()[State.READY] == 1)
    assert pool.desired() == 1
    assert len(pool.running()) == 3
