"""A lease that its holder renews, and that somebody else gives another length."""

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest

from asgwarm.clock import awake_s, monotonic_s, now_s
from asgwarm.connect.beside import Notices
from asgwarm.leasing.renewing import Clocks, Renewal
from tests.integration.pools import serve


@pytest.fixture(scope="module")
def pool(own_region):
    """Two instances ready, no warm pool."""
    return serve(own_region, "held", hot=2, warm=0, cap=30)


@asynccontextmanager
async def _renewed(leases, lease, on_lost: Callable[[], None], **how):
    """Renew a lease in the background for as long as a block lasts."""
    renewal = Renewal(leases, lease, **how)
    task = asyncio.create_task(renewal.run(on_lost))
    yield renewal
    renewal.stop()
    await task


def _never():
    raise AssertionError("the lease was lost")


async def _until_row(pool, lease, done):
    """The lease's row as soon as it is as wanted."""

    def found():
        row = pool.rows()[lease.instance_id]
        return done(int(row["hb"]), int(row["dur_s"])) and row

    return await asyncio.to_thread(pool.region.until, found)


async def test_a_renewal_by_another_process_is_kept(pool, user):
    """The holder's next heartbeat comes with the length that the other asked for."""
    pool.until_ready(1)
    ada = user(pool)
    leases = await ada.pool._leases()
    lease = await ada.claim()
    brief = replace(lease, record=replace(lease.record, dur_s=3))

    async with _renewed(leases, brief, _never):
        await _until_row(pool, lease, lambda hb, dur_s: hb >= 2 and dur_s == 3)
        mine = await asyncio.to_thread(leases.again, lease.record)
        other = await asyncio.to_thread(leases.renew, mine, now=now_s(), dur_s=4)
        await _until_row(pool, lease, lambda hb, _: hb > other.hb + 1)

    assert pool.rows()[lease.instance_id]["dur_s"] == "4"
    await ada.pool.release(lease)


async def test_a_lease_that_was_shortened_is_renewed_in_time(pool, user):
    """Whoever is connected does not lose a lease that was made shorter meanwhile."""
    pool.until_ready(1)
    ada = user(pool)
    leases = await ada.pool._leases()
    lease = await ada.claim()  # for ten minutes: to be renewed in more than three

    async with _renewed(leases, lease, _never, look_s=0.1) as renewal:
        renewed = await ada.pool.renew(lease, ttl_s=60)
        row = await _until_row(pool, lease, lambda hb, _: hb > renewed.record.hb)
        assert 0 < renewal._due_at_s - lease.sent_at_s < 60

    assert row["dur_s"] == "60"
    await ada.pool.release(lease)


async def test_two_holders_of_one_lease_leave_each_other_in_peace(pool, user):
    """Looking at a lease that another session renews makes no heartbeat."""
    pool.until_ready(1)
    ada = user(pool)
    leases = await ada.pool._leases()
    lease = await ada.claim()

    async with (
        _renewed(leases, lease, _never, look_s=0.05),
        _renewed(leases, lease, _never, look_s=0.05),
    ):
        await ada.pool.renew(lease, ttl_s=1200)
        await _until_row(pool, lease, lambda hb, _: hb >= 3)
        before = _reads(pool)
        await asyncio.to_thread(pool.region.until, lambda: _reads(pool) > before + 9)

    assert int(pool.rows()[lease.instance_id]["hb"]) <= 4
    await ada.pool.release(lease)


def _reads(pool):
    calls = pool.region.control.requests()
    return sum((c["owner"], c["action"]) == ("user", "GetItem") for c in calls)


async def test_a_lease_that_ends_is_noticed_by_looking(pool, user):
    """Its holder is told long before the next renewal would be due."""
    pool.until_ready(1)
    ada = user(pool)
    leases = await ada.pool._leases()
    lease, lost = await ada.claim(), asyncio.Event()

    async with _renewed(leases, lease, lost.set, look_s=0.1) as renewal:
        await ada.pool.release(lease)
        await asyncio.wait_for(lost.wait(), 20)

    assert renewal.lost
    assert "it ended: released" in renewal.lost.message


@dataclass
class Laptop:
    """A computer whose clocks a test moves."""

    slept_s: float = 0.0
    late_s: int = 0

    def clocks(self) -> Clocks:
        return Clocks(
            now_s=lambda: now_s() + self.late_s,
            monotonic_s=lambda: monotonic_s() + self.slept_s,
            awake_s=awake_s,
        )


async def test_after_a_sleep_the_lease_is_renewed_before_anything_is_sent(pool, user):
    """Who may send is told so when the renewal was answered; before, at once."""
    pool.until_ready(1)
    ada, laptop = user(pool), Laptop()
    leases = await ada.pool._leases()
    lease = await ada.claim()  # for ten minutes: to be renewed in more than three

    async with _renewed(leases, lease, _never, clocks=laptop.clocks()) as renewal:
        await renewal.sure()
        assert int(pool.rows()[lease.instance_id]["hb"]) == lease.record.hb
        laptop.slept_s = 100

        await asyncio.wait_for(renewal.sure(), 20)

        assert int(pool.rows()[lease.instance_id]["hb"]) == lease.record.hb + 1
    await ada.pool.release(lease)


async def test_who_slept_too_long_sends_nothing(pool, user):
    """The lease has ended meanwhile: that is said, and nobody may send."""
    pool.until_ready(1)
    ada, laptop, lost = user(pool), Laptop(), asyncio.Event()
    leases = await ada.pool._leases()
    lease = await ada.claim()

    async with _renewed(leases, lease, lost.set, clocks=laptop.clocks()) as renewal:
        await ada.pool.release(lease)
        laptop.slept_s = 100
        sending = asyncio.create_task(renewal.sure())

        await asyncio.wait_for(lost.wait(), 20)

        assert not sending.done()
        assert "it ended: released" in renewal.lost.message
        sending.cancel()


async def test_the_last_end_of_a_lease_is_said_twice_before(pool, user):
    """Ten minutes and one minute before the pool's longest time is over."""
    pool.until_ready(1)
    ada, laptop, notices = user(pool), Laptop(), Notices()
    leases = await ada.pool._leases()
    lease = await ada.claim()
    longest_s = (await asyncio.to_thread(leases.meta)).max_lease_s
    how = {"look_s": 0.05, "notices": notices, "clocks": laptop.clocks()}
    said: list[str] = []
    heard = asyncio.Event()

    def hear(sentence: str) -> None:
        said.append(sentence)
        heard.set()

    with notices.heard_by(hear):
        async with _renewed(leases, lease, _never, **how):
            before = _reads(pool)
            laptop.late_s = longest_s - 900
            await asyncio.to_thread(
                pool.region.until, lambda: _reads(pool) > before + 4
            )
            assert said == []
            for left_s in (590, 50):
                heard.clear()
                laptop.late_s = longest_s - left_s
                await asyncio.wait_for(heard.wait(), 20)
            before = _reads(pool)
            await asyncio.to_thread(
                pool.region.until, lambda: _reads(pool) > before + 4
            )

    assert len(said) == 2
    assert said[0].startswith(f"asgwarm: {lease.id} ends for good in 10 minutes: ")
    assert " seconds: " in said[1]
    await ada.pool.release(lease)
