"""Two pools in one region: what happens to one is nothing to the other."""

import pytest

from asgwarm.domain.record import State
from asgwarm.errors import LeaseNotFound
from tests.integration.loop.pool import Pool

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def made(quick_region, pools_of):
    """Two pools, for all these tests; the last one deletes one of them."""
    both: list[Pool] = []
    make = pools_of(quick_region, both)
    for _ in range(2):
        make(hot=1, warm=1)
    yield both
    for pool in both:
        pool.drop()


@pytest.fixture
def pools(made):
    """Two full pools without leases."""
    for pool in made:
        pool.restore()
    return made


def seen(pool):
    """All that there is of a pool."""
    return pool.records(), pool.members(), pool.running(), pool.activities()


def test_a_lease_in_one_pool_leaves_the_other_as_it_is(pools):
    """Claimed, detached, refilled, released, terminated: next door nothing moves."""
    mine, theirs = pools
    before = seen(theirs)

    lease = mine.claim()
    mine.until(lambda: lease.instance_id not in mine.members())
    mine.release(lease)
    mine.until(lambda: mine.record(lease.instance_id).state is State.TERMINATED)

    assert seen(theirs) == before


def test_the_instance_of_another_pool_is_nobody_here(pools):
    """Whoever names it to the function gets no row for it and ends nothing."""
    mine, theirs = pools
    (theirs_id,) = [record.instance_id for record in theirs.in_state(State.READY)]
    before = seen(theirs)
    detail = {"AutoScalingGroupName": mine.group_name, "EC2InstanceId": theirs_id}
    keys = {"pk": {"S": f"POOL#{theirs.name}#0"}, "sk": {"S": f"I#{theirs_id}"}}

    for event in (
        {"detail-type": "EC2 Instance Launch Successful", "detail": detail},
        {"Records": [{"dynamodb": {"Keys": keys}}]},
    ):
        assert mine.invoke(event) == ""

    assert theirs_id not in mine.records()
    assert seen(theirs) == before


async def test_a_lease_is_found_in_its_own_pool_only(pools, user):
    """Not even its holder reaches it through another pool."""
    mine, theirs = pools
    lease = await user(mine).claim()

    with pytest.raises(LeaseNotFound):
        await user(theirs).pool.find(lease.id)


def test_deleting_one_pool_leaves_the_other_serving(pools):
    """Its instances run, its leases live, and it still refills."""
    mine, theirs = pools
    lease = theirs.claim()
    theirs.until(lambda: lease.instance_id not in theirs.members())

    assert mine.delete() == "DELETE_COMPLETE"

    assert theirs.record(lease.instance_id).state is State.LEASED
    assert lease.instance_id in theirs.running()
    theirs.fill()
