"""Between the claim and the session: interruptions, instances that are gone, names."""

import asyncio
import threading

import pytest

from asgwarm.connect.keys import SessionKey
from asgwarm.connect.timings import Timings
from asgwarm.errors import GuardRefused, LeaseLost, LeaseNotFound, PoolNotFound
from tests.integration.claims.around import Around
from tests.integration.pools import serve


@pytest.fixture(scope="module")
def pool(own_region):
    """Two instances ready, no warm pool, room for six."""
    return serve(own_region, "dev", hot=2, warm=0, cap=6)


async def test_a_claim_that_is_cancelled_while_it_is_sent_is_given_back(pool, user):
    """The write cannot be called back, so its lease is released."""
    pool.until_ready(1)
    ada = user(pool)
    sent, go_on = threading.Event(), threading.Event()

    def send():
        sent.set()
        go_on.wait(10)

    ada.clients.dynamodb = Around(ada.clients.dynamodb, "update_item", before=send)
    claiming = asyncio.create_task(ada.claim())
    await asyncio.to_thread(sent.wait, 10)

    claiming.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await claiming

    assert pool.leased() == {}
    assert ada.outcomes() == {}
    assert ada.warnings == []


async def test_an_instance_that_is_gone_is_replaced_by_another(own_region, user):
    """Nobody sees that the first one they got did not exist any more."""
    pool = serve(own_region, "gone", hot=1, warm=0, cap=1)
    ada, bob = user(pool), user(pool)
    held = await bob.claim()
    ghost = "i-00000000000000001"
    real = pool.table.get_item(
        TableName="asgwarm-gone", Key=pool.key(held.instance_id)
    )["Item"]
    row = {name: real[name] for name in ("v", "epoch", "port", "os_user")}
    pool.table.put_item(
        TableName="asgwarm-gone",
        Item=pool.key(ghost)
        | row
        | {
            "st": {"S": "READY"},
            "gen": {"N": "1"},
            "since": real["since"],
            "ready_key": {"S": "5"},
            "address": {"S": "127.0.250.1"},
            "host_key": {"S": SessionKey.generate().public_line},
        },
    )
    rooms: list[asyncio.Task[None]] = []

    async def make_room():
        await bob.pool.release(held)
        await asyncio.to_thread(own_region.control.fire_schedule)

    def on_wait(_):
        if not rooms:
            rooms.append(asyncio.create_task(make_room()))

    async with ada.pool.get(wait_s=20, on_wait=on_wait) as session:
        assert session.lease.instance_id not in (ghost, held.instance_id)

    # It was given back, unless the function was first to hear that it is gone.
    assert pool.rows()[ghost]["st"] in ("DRAINING", "TERMINATED")
    assert ghost not in pool.leased().values()
    assert ada.outcomes() == {}
    await asyncio.gather(*rooms)


async def test_names_belong_to_their_users(pool, user):
    """Two users may use one name, and neither ends the other's lease by it."""
    pool.until_ready(2)
    ada, bob = user(pool), user(pool)
    adas = await ada.claim(name="web")
    bobs = await bob.claim(name="web", wait_s=20)

    with pytest.raises(GuardRefused, match="already the name"):
        await ada.claim(name="web")

    assert (await ada.pool.find("web")).id == adas.id
    assert (await bob.pool.find("web")).id == bobs.id
    assert (await ada.pool.find(bobs.id)).id == bobs.id
    await bob.pool.release(bobs)
    assert (await ada.pool.find("web")).id == adas.id
    await ada.pool.release(adas)
    carol = user(pool)
    with pytest.raises(LeaseNotFound):
        await carol.pool.find("web")


async def test_a_pool_that_goes_away_while_somebody_waits_is_said(own_region, user):
    """Waiting ends when there is nothing left to wait for."""
    pool = serve(own_region, "brief", hot=0, warm=0, cap=1)
    ada = user(pool)
    waiting = asyncio.Event()
    claiming = asyncio.create_task(
        ada.claim(wait_s=60, on_wait=lambda _: waiting.set())
    )
    await waiting.wait()

    pool.table.delete_table(TableName="asgwarm-brief")

    with pytest.raises(PoolNotFound):
        await claiming


async def test_nobody_ends_what_somebody_else_holds(pool, user):
    """Another user's lease is refused unless it is insisted upon."""
    pool.until_ready(1)
    ada, bob = user(pool), user(pool)
    lease = await ada.claim()

    with pytest.raises(LeaseLost, match="not yours"):
        await bob.pool.release(await bob.pool.find(lease.id))
    assert pool.leased() == {lease.id: lease.instance_id}

    await bob.pool.release(await bob.pool.find(lease.id), force=True)
    assert pool.leased() == {}


async def test_a_lease_that_was_found_is_renewed_before_anything_else(pool, user):
    """It may be about to end, whoever goes into it again."""
    pool.until_ready(1)
    ada = user(pool)
    lease = await ada.claim()

    async with ada.pool.session(
        await ada.pool.find(lease.id), timings=Timings(), release=True
    ):
        instance = lease.instance_id
        await asyncio.to_thread(
            pool.region.until, lambda: pool.rows()[instance]["hb"] == "2"
        )
