"""Ten who come at once to a pool of one: served side by side, not one after another."""

import asyncio

import pytest

from asgwarm.clock import perf_ms
from tests.integration.pools import serve

pytestmark = pytest.mark.long

CROWD = 10
# How long a stopped instance takes to run: long beside the work of emulating ten.
START_S = 12.0


@pytest.fixture(scope="module")
def pool(own_region):
    """One instance ready, and one warm for each who comes."""
    own_region.control.timings(start_s=START_S)
    pool = serve(own_region, "burst", hot=1, warm=CROWD, cap=3 * CROWD)
    _full(pool)
    return pool


def _full(pool):
    """Wait until it is as it was."""

    def is_full():
        resting = len(pool.in_state("WARMED"))
        return len(pool.in_state("READY")) == 1 and resting == CROWD

    pool.region.until(is_full, timeout_s=90)


async def test_those_who_wait_are_served_in_parallel(pool, user, record_property):
    """Ten take at most twice as long as the refill of one, and leave no row behind."""
    ada, *crowd = [user(pool) for _ in range(CROWD + 1)]
    for each in crowd:
        each.clients.dynamodb.meta  # noqa: B018  # made before the clock runs
    began_ms = perf_ms()
    taken = await ada.claim()
    await asyncio.to_thread(pool.until_ready, 1)
    refill_ms = perf_ms() - began_ms
    await ada.pool.release(taken)
    await asyncio.to_thread(_full, pool)

    began_ms = perf_ms()
    leases = await asyncio.gather(*(each.claim(wait_s=90) for each in crowd))
    crowd_ms = perf_ms() - began_ms

    said = f"one refill {refill_ms / 1000:.1f} s, ten waiters {crowd_ms / 1000:.1f} s"
    record_property("figure", said)
    assert len({lease.instance_id for lease in leases}) == CROWD
    assert crowd_ms <= 2 * refill_ms
    assert pool.waiters() == {}


async def test_afterwards_the_pool_is_as_it_was(pool, user):
    """What was started for those who waited is not kept when nobody waits."""
    ada = user(pool)
    for lease in await ada.pool.leases():
        await ada.pool.release(lease, force=True)

    await asyncio.to_thread(_full, pool)
