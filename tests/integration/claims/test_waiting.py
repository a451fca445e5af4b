"""Those who wait for an instance: counted while they wait, and not a moment longer."""

import asyncio
import re
from contextlib import suppress

import pytest

from asgwarm.clock import now_s
from asgwarm.errors import AccessDenied, PoolEmpty
from asgwarm.leasing.waiting import AGAIN_S, UNTIL_S
from tests.integration.claims.around import Around
from tests.integration.pools import serve

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def dry(own_region):
    """A pool with nothing in it, where who waits gets nothing."""
    return serve(own_region, "dry", hot=0, warm=0, cap=1)


@pytest.fixture
def faults(own_region):
    """Sets the HTTP faults of the region; they end with the test."""
    yield lambda *http: own_region.control.set_faults(http=list(http))
    own_region.control.set_faults()


async def _until(pool, done):
    return await asyncio.to_thread(pool.region.until, done)


@pytest.fixture
async def waiting(dry, user, own_region):
    """A user who waits for a minute; the task ends with the test."""
    own_region.control.set_faults(boot_s=3600)  # what is launched never gets ready
    task = asyncio.create_task(user(dry).claim(wait_s=60))
    yield task
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    own_region.control.set_faults()


async def test_what_a_claim_waited_stands_in_the_history_of_its_instance(
    dry, user, own_region
):
    """`logs` shows it, and the function tells it as a figure."""
    own_region.control.set_faults(boot_s=2)
    ada = user(dry)

    lease = await ada.claim(wait_s=60)
    own_region.control.set_faults()
    (claimed,) = [e for e in await ada.pool.events() if e.edge == "claim"]
    await ada.pool.release(lease)

    said = re.fullmatch(r"waited (\d+) s", claimed.why)
    assert said
    assert 1 <= int(said[1]) < 60


async def test_who_waits_is_counted_for_twenty_seconds_at_a_time(dry, waiting):
    """The row's end is by AWS's clock, and is put off while the waiting goes on."""
    ((key, first),) = (await _until(dry, lambda: dry.waiters())).items()
    again = await _until(dry, lambda: dry.waiters()[key] > first and dry.waiters())

    assert len(key) == 16
    assert abs(first - (now_s() - AGAIN_S + UNTIL_S)) <= 3
    assert again.keys() == {key}
    assert not waiting.done()


async def test_who_is_told_to_stop_is_counted_no_more(dry, waiting):
    """The row is gone when the claim has ended."""
    await _until(dry, lambda: dry.waiters())

    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert dry.waiters() == {}


async def test_who_gives_up_is_counted_no_more(dry, user, own_region):
    """The row was there, and is gone when the claim has failed."""
    own_region.control.set_faults(boot_s=3600)
    claim = asyncio.create_task(user(dry).claim(wait_s=2))
    seen = await _until(dry, lambda: dry.waiters())

    with pytest.raises(PoolEmpty):
        await claim

    assert len(seen) == 1
    assert dry.waiters() == {}


async def test_who_does_not_wait_is_not_counted(dry, user, own_region):
    """Without --wait, and where an instance is ready, no row is put."""
    before = len(_puts(own_region))

    with pytest.raises(PoolEmpty):
        await user(dry).claim(wait_s=0)

    assert len(_puts(own_region)) == before


def _puts(region):
    calls = region.control.requests()
    return [c for c in calls if (c["owner"], c["action"]) == ("user", "PutItem")]


@pytest.mark.parametrize("kind", ["500", "reset_before"])
async def test_who_cannot_be_counted_waits_all_the_same(dry, user, faults, kind):
    """A row that cannot be written is no reason to end."""
    faults({"service": "dynamodb", "action": "PutItem", "owner": "user", "kind": kind})

    with pytest.raises(PoolEmpty):
        await user(dry).claim(wait_s=2)


async def test_who_may_not_be_counted_waits_all_the_same(dry, user):
    """A user without the right to write that row is denied nothing else."""
    ada = user(dry)
    denied = AccessDenied("dynamodb:PutItem is not allowed")

    def deny():
        raise denied

    ada.clients.dynamodb = Around(ada.clients.dynamodb, "put_item", before=deny)

    with pytest.raises(PoolEmpty):
        await ada.claim(wait_s=2)
