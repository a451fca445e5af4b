"""A lease while somebody uses it: renewed, lost, ended by others."""

import asyncio
import json
from dataclasses import replace
from functools import partial

import pytest

from asgwarm.connect.timings import Timings
from asgwarm.leasing.approaching import approach
from asgwarm.leasing.holding import hold
from asgwarm.leasing.journal import Journal
from asgwarm.pool import LeasingPool
from tests.integration.pools import clients_of, serve

pytestmark = pytest.mark.long


async def test_a_session_longer_than_its_ttl_lives(own_region, own_pool):
    """Each renewal that the reaper sees starts the lease's time anew."""
    region, clients = own_region, clients_of(own_region)
    own_pool.until_ready()
    pool = LeasingPool(
        own_pool.name,
        clients=clients,
        journal=Journal(region.info.state_dir / "leases", report=list[str]().append),
        owner="ada@lab:1",
    )
    lease = await pool.claim(ttl_s=60, wait_s=5, timings=Timings())
    brief = replace(lease, record=replace(lease.record, dur_s=3))

    begun = approach(brief, clients, Timings())
    async with hold(await pool._leases(), brief, begun) as session:
        for step in range(3):
            renewed = partial(_is_renewed, own_pool, lease, step + 2)
            await asyncio.to_thread(region.until, renewed)
            await asyncio.to_thread(region.control.fire_schedule)
            await asyncio.to_thread(region.control.advance, 25)
        said = await session.conn.run("echo alive", check=True)

    assert said.stdout == "alive\n"
    assert lease.id in own_pool.leased()
    region.control.advance(200)
    region.until(lambda: lease.id not in own_pool.leased())
    assert own_pool.rows()[lease.instance_id]["why"] == "expired"


def _is_renewed(pool, lease, hb):
    return int(pool.rows()[lease.instance_id]["hb"]) >= hb


def test_a_lease_that_the_reaper_ends_is_said(own_home, own_region, own_pool, tmp_path):
    """The connection ends with the instance, and the exit code is 6."""
    own_pool.until_ready()
    started = tmp_path / "started"
    process = own_home.start(
        *("get", own_pool.name, "--ttl", "60s", "--json"),
        *("--", f"touch {started}; exec sleep 1000"),
    )
    own_region.until(started.exists)

    own_region.control.advance(400)

    assert process.wait(20) == 6
    error = process.stderr.read()
    assert b'"code": "LEASE_LOST"' in error
    assert b"it ended: expired" in error
    assert error.count(b"\n") == 1
    assert own_home.journal() == {}


def test_a_lease_that_an_operator_ends_is_said(fresh_home, fresh_region, tmp_path):
    """`down --force` ends the session of whoever was in, who is told why."""
    pool = serve(fresh_region, "dev", hot=1, warm=0, cap=2)
    started = tmp_path / "started"
    process = fresh_home.start("get", "dev", "--", f"touch {started}; exec sleep 1000")
    fresh_region.until(started.exists)
    ((lease_id, instance_id),) = pool.leased().items()
    owner = pool.rows()[instance_id]["lease_owner"]

    down = fresh_home.run("down", "dev", "--force", "--json")

    assert process.wait(20) == 6
    assert b"the pool is taken down" in process.stderr.read()
    assert down.code == 0
    *events, result = map(json.loads, down.out.splitlines())
    assert result == {
        "schema": "asgwarm.down/v1",
        "type": "result",
        "pool": "dev",
        "leftovers": [],
    }
    assert f"ends lease {lease_id} of {owner}" in [e.get("message") for e in events]
