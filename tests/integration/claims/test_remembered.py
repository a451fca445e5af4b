"""A claim of what an earlier one saw ready: sooner, and never wrong for it."""

from dataclasses import replace
from typing import Any

import pytest

from asgwarm.clock import now_s
from asgwarm.connect.timings import Timings
from asgwarm.errors import ConfigError
from asgwarm.leasing.lease import Lease
from asgwarm.leasing.remembered import ReadyLists, Remembered
from asgwarm.pool import LeasingPool
from tests.integration.claims.conftest import User
from tests.integration.pools import Pool, serve


@pytest.fixture(scope="module")
def pool(region):
    """Three instances ready, no warm pool."""
    return serve(region, "memory", hot=3, warm=0, cap=30)


@pytest.fixture
def lists(tmp_path):
    """What is remembered."""
    return ReadyLists(tmp_path / "ready", ())


@pytest.fixture
def ada(user, pool, lists):
    """Somebody who remembers."""
    made = user(pool)
    made.pool = LeasingPool(
        pool.name,
        clients=made.clients,
        journal=made.journal,
        owner="ada@lab:1",
        ready_lists=lists,
    )
    return made


def _calls(pool: Pool, since: int) -> list[str]:
    """What the users called in the table since call number *since*."""
    made = pool.region.control.requests(since)
    return [c["action"] for c in made if c["owner"] == "user"]


def _last_call(pool: Pool) -> int:
    return int(pool.region.control.status()["calls"])


async def _claim(user: User, **options: Any) -> Lease:
    return await user.pool.claim(
        **{"ttl_s": 600, "wait_s": 0, "timings": Timings(), **options}
    )


async def _remembered(pool: Pool, ada: User, lists: ReadyLists) -> Remembered:
    """Let *ada* claim once and give back; what her claim left, put back again."""
    pool.until_ready(3)
    await ada.pool.release(await _claim(ada))
    found = pool.region.until(lambda: lists.take("memory", now_s()))
    assert isinstance(found, Remembered)
    older = replace(found, read_at=found.read_at - 5)
    lists.put("memory", older.meta, older.records, older.read_at)
    return older


async def test_a_remembered_instance_is_claimed_with_one_write(pool, ada, lists):
    """Nothing is read before, and the rest stays remembered, no younger than it is."""
    known = await _remembered(pool, ada, lists)
    since = _last_call(pool)

    lease = await _claim(ada)

    assert _calls(pool, since) == ["UpdateItem"]
    assert pool.leased() == {lease.id: lease.instance_id}
    left = pool.region.until(lambda: lists.take("memory", now_s()))
    rest = {r.instance_id for r in known.records} - {lease.instance_id}
    assert {r.instance_id for r in left.records} == rest
    assert left.read_at == known.read_at
    await ada.pool.release(lease)


async def test_who_remembers_nothing_reads_meta_beside_the_first_page(pool, ada):
    """In a pool of one shard that is all: a short page goes on at the beginning."""
    pool.until_ready(3)
    since = _last_call(pool)

    lease = await _claim(ada)
    await ada.pool.release(lease)

    page = ["GetItem", "Query", "Query"]
    *read, claimed, released = _calls(pool, since)
    assert (sorted(read), claimed, released) == (page, "UpdateItem", "UpdateItem")


async def test_what_others_took_meanwhile_is_not_granted_again(pool, ada, user, lists):
    """Every remembered instance is another user's by now: a new one is found."""
    known = await _remembered(pool, ada, lists)
    bob = user(pool)
    theirs = [await bob.claim() for _ in known.records]

    lease = await _claim(ada, wait_s=20)

    assert lease.instance_id not in {one.instance_id for one in theirs}
    assert len(pool.leased()) == len(theirs) + 1
    for one in (*theirs, lease):
        await bob.pool.release(one, force=True)


async def test_an_address_that_was_remembered_is_not_connected_to(pool, ada, lists):
    """What the table says now counts, not what a file says."""
    known = await _remembered(pool, ada, lists)
    elsewhere = [replace(r, address="127.0.250.9") for r in known.records]
    lists.put("memory", known.meta, elsewhere, known.read_at)

    lease = await _claim(ada)

    assert lease.target.address != "127.0.250.9"
    assert lease.instance_id in {r.instance_id for r in known.records}
    await ada.pool.release(lease)


async def test_a_length_that_was_not_allowed_is_asked_again(pool, ada, lists):
    """The pool's own word decides, not the remembered one."""
    known = await _remembered(pool, ada, lists)

    with pytest.raises(ConfigError):
        await _claim(ada, ttl_s=known.meta.max_lease_s + 1)


async def test_a_remembered_row_of_an_earlier_stack_is_not_claimed(pool, ada, lists):
    """The epoch is part of the claim's condition."""
    known = await _remembered(pool, ada, lists)
    meta = replace(known.meta, epoch="an earlier stack")
    rows = [replace(r, epoch="an earlier stack") for r in known.records]
    lists.put("memory", meta, rows, known.read_at)
    since = _last_call(pool)

    lease = await _claim(ada)

    assert "Query" in _calls(pool, since)
    assert pool.leased() == {lease.id: lease.instance_id}
    await ada.pool.release(lease)
