"""A program that uses a pool, as a type checker sees it; mypy alone reads this.

An ignored error that is none is an error too, so each `ignore` below proves a refusal.
"""

from typing import assert_type

from asgwarm.domain.history import Event
from asgwarm.leasing.holding import Session
from asgwarm.leasing.lease import Lease
from asgwarm.pool import AsyncPool


async def use(pool: AsyncPool) -> None:
    """What a pool and a lease give, and of which type."""
    async with pool.get(ttl_s=3600, wait_s=60, name="web", keep=True) as session:
        assert_type(session, Session)
        assert_type(session.lease, Lease)
        assert_type(await session.run(["make", "test"]), int)
        assert_type(await session.shell(), int)
    status = await pool.status()
    assert_type(status.counts, dict[str, int])
    assert_type(status.why, str | None)
    assert_type(await pool.leases(), list[Lease])
    assert_type(await pool.find("web"), Lease)
    assert_type(await pool.renew(await pool.find("web"), ttl_s=3600), Lease)
    assert_type(await pool.events(), list[Event])
    await pool.release(await pool.find("web"))


async def misuse(pool: AsyncPool, lease: Lease) -> None:
    """What a type checker refuses."""
    pool.get(ttl_s="1h")  # type: ignore[arg-type]  # seconds are numbers
    await pool.release("dev.0123")  # type: ignore[arg-type]  # a lease, no text
    lease.pool = "other"  # type: ignore[misc]  # frozen
    with pool.get():  # type: ignore[attr-defined]  # it is asynchronous
        pass
