"""`refresh`: new instances for old ones, and none for what somebody holds."""

import pytest

from asgwarm.domain.names import stack_name
from tests.integration.pools import serve

pytestmark = pytest.mark.long


@pytest.fixture
def pool(fresh_region):
    """A pool of one ready and one warm instance."""
    pool = serve(fresh_region, "dev", hot=1, warm=1, cap=6)
    fresh_region.until(lambda: len(pool.in_state("WARMED")) == 1)
    return pool


def _refreshed_at(pool):
    answer = pool.table.get_item(
        TableName=stack_name(pool.name),
        Key={"pk": {"S": f"POOL#{pool.name}"}, "sk": {"S": "META"}},
        ConsistentRead=True,
    )
    return int(answer["Item"]["refresh_at"]["N"])


def test_all_but_the_leased_are_replaced(fresh_home, fresh_region, pool):
    """The answer comes at once; the pool does the rest, and leaves the lease alone."""
    kept = fresh_home.run("get", "dev", "--no-shell", "--json").document
    pool.until_ready()
    fresh_region.until(lambda: len(pool.in_state("WARMED")) == 1)
    before = {i: row for i, row in pool.rows().items() if row["st"] != "TERMINATED"}

    done = fresh_home.run("refresh", "dev", "--json")

    assert done.code == 0
    assert done.document == {
        "schema": "asgwarm.refresh/v1",
        "pool": "dev",
        "replaced": {"ready": 1, "warm": 1, "warming": 0},
        "leased": 1,
        "ended": 0,
    }
    assert _refreshed_at(pool) == 1 + max(int(r["born_at"]) for r in before.values())
    fresh_region.until(lambda: _is_new(fresh_region, pool, before), timeout_s=60)
    assert pool.leased() == {kept["lease_id"]: kept["instance_id"]}
    assert fresh_home.run("connect", kept["lease_id"], "--", "exit 3").code == 3


def _is_new(region, pool, before):
    """Whether as many are free as before, and none of them from before."""
    region.control.fire_schedule()
    free = pool.in_state("READY"), pool.in_state("WARMED")
    return all(len(set(ids) - before.keys()) == len(ids) == 1 for ids in free)


def test_now_ends_what_is_ready_at_once(fresh_home, pool):
    """The ready instance is out of use before the command returns."""
    (ready,) = pool.until_ready()

    done = fresh_home.run("refresh", "dev", "--now")

    row = pool.rows()[ready]
    assert done.code == 0
    assert row["st"] in ("DRAINING", "TERMINATED")
    assert row["why"] == "older than the refresh"
    assert "1 ready ended at once" in done.err
    assert done.err.endswith("next: asgwarm status dev\n")


def test_a_refresh_twice_is_a_refresh(fresh_home, pool):
    """What is already to be replaced is not replaced again."""
    fresh_home.run("refresh", "dev")
    first = _refreshed_at(pool)

    assert fresh_home.run("refresh", "dev").code == 0
    assert _refreshed_at(pool) >= first


def test_a_pool_that_is_not_there_cannot_be_refreshed(fresh_home):
    """Exit code 5."""
    assert fresh_home.run("refresh", "no-such").code == 5
