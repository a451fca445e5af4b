"""Rows put back as they were an hour ago: what was leased since is READY in them.

META comes back with them, and tells when the function last found every ready instance
in the group's service. AWS takes longer to restore a table than claimants believe that;
so they wait for the function, which ends the rows that nobody should have.
"""

import pytest

from asgwarm.domain.record import State
from asgwarm.errors import LeaseLost, PoolEmpty

pytestmark = pytest.mark.long

HOUR_S = 3600


def is_meta(item):
    """Whether an item is the pool's own row."""
    return item["sk"]["S"] == "META"


def aged(item):
    """META as it was an hour ago; any other item as it is."""
    if not is_meta(item):
        return item
    seen_at = int(item["seen_at"]["N"]) - HOUR_S
    return item | {"seen_at": {"N": str(seen_at)}}


@pytest.fixture
def pool(make_pool):
    """A full pool of two."""
    return make_pool(hot=2, warm=0, max_lease_s=86_400).fill()


@pytest.fixture
def used(pool, copy):
    """The pool an hour later: a backup, a lease that lives, one that was given back."""
    backup = copy(pool)
    held, returned = pool.claim(), pool.claim()
    pool.release(returned)
    gone = returned.instance_id
    pool.until(lambda: pool.record(gone).state is State.TERMINATED)
    pool.fill()
    return backup, held, returned


@pytest.fixture
def put_back(pool, used, restore, deaf):
    """The rows of an hour ago, before the function has looked at them."""
    backup, held, returned = used
    deaf(pool)
    restore(pool, [aged(item) for item in backup])
    return held, returned


async def test_no_restored_row_is_granted_before_it_was_compared(put_back, pool, user):
    """Who claims is told why there is nothing, though rows say ready."""
    over = {record.instance_id for record in put_back}
    assert over < {record.instance_id for record in pool.leases.ready("0")}

    with pytest.raises(PoolEmpty, match="has not compared its rows with the group for"):
        await user(pool).claim()


async def test_no_restored_row_is_granted_afterwards(put_back, pool, user):
    """One pass ends them; the next one that finds no other lets claimants in."""
    over = {record.instance_id for record in put_back}
    pool.control.advance(HOUR_S / 30)
    pool.fire()

    assert not over & {record.instance_id for record in pool.leases.ready("0")}
    pool.fire()
    assert (await user(pool).claim()).instance_id not in over


async def test_one_pass_ends_what_was_restored_and_the_pool_serves_on(
    pool, used, restore, user
):
    """Also when nobody closed it: afterwards both rows are over for good."""
    backup, held, returned = used

    restore(pool, backup)
    pool.control.advance(HOUR_S / 30)
    pool.fire()

    over = {held.instance_id, returned.instance_id}
    assert not over & {r.instance_id for r in pool.leases.ready("0")}
    pool.periods_until(
        lambda: {pool.record(i).state for i in over} == {State.TERMINATED}, most=8
    )
    assert not over & pool.running()
    pool.fill()
    assert (await user(pool).claim()).instance_id not in over


def test_a_holder_whose_lease_is_in_no_backup_is_told(pool, used, restore):
    """The lease is lost, and the next heartbeat says so."""
    backup, held, _ = used

    restore(pool, backup)

    with pytest.raises(LeaseLost):
        pool.leases.renew(held, now=held.since)


async def test_a_pool_row_of_an_hour_ago_is_brought_up_to_date(
    make_pool, copy, restore, user
):
    """Sizes are the stack's, not the backup's, from the next pass on."""
    pool = make_pool(hot=1, warm=0, cap=5).fill()
    old = [item for item in copy(pool) if is_meta(item)]
    pool.deploy(hot=0, warm=0, cap=3)

    restore(pool, old)
    pool.fire()

    meta = pool.registry.meta()
    assert meta is not None
    assert (meta.hot, meta.cap) == (0, 3)
    pool.periods_until(lambda: not pool.in_state(State.READY), most=4)
    with pytest.raises(PoolEmpty):
        await user(pool).claim()
