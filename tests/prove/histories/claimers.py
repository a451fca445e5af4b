"""Several claimants in one process, who empty one pool after the other.

`python claimers.py < JSON`: the settings come on stdin, so that no secret is among the
arguments. Each claimant claims as `asgwarm get` does, with a journal; now and then it
looks at a row, evicts somebody's chance, or keeps what it has.
"""

import asyncio
import json
import random
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asgwarm.clients import AwsSettings, Clients
from asgwarm.clock import now_s
from asgwarm.connect.timings import Timings
from asgwarm.errors import (
    AsgwarmError,
    ClaimContended,
    LeaseLost,
    PoolEmpty,
    UnknownOutcome,
)
from asgwarm.leasing.journal import Journal
from asgwarm.leasing.lease import Lease
from asgwarm.pool import LeasingPool
from asgwarm.registry.leases import Leases
from asgwarm.registry.registry import Registry
from asgwarm.registry.table import ConditionFailed
from tests.prove.histories import history as h

LOOKS, RELEASES, EVICTS = 0.25, 0.8, 0.02  # how often, after a claim


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """What the claimants of a process share."""

    clients: Clients
    journal: Journal
    recorder: h.Recorder
    pools: list[str]


def complain(sentence: str) -> None:
    """Say what went wrong without being an error."""
    sys.stderr.write(sentence + "\n")


async def claimant(who: str, crew: Crew, dice: random.Random) -> None:
    """Claim until all pools are empty; one who finds that tells its neighbours."""
    while crew.pools:
        pool = crew.pools[0]
        outcome, lease = await _claim(who, crew, pool)
        if outcome == h.EMPTY and pool in crew.pools:
            crew.pools.remove(pool)
        if lease is None:
            continue
        if dice.random() < LOOKS:
            await _look(who, crew, lease)
        if dice.random() < EVICTS:
            await _evict(who, crew, pool)
        if dice.random() < RELEASES:
            await _release(who, crew, lease)


async def _claim(who: str, crew: Crew, pool: str) -> tuple[str, Lease | None]:
    asked = crew.recorder.call(who, h.CLAIM, pool=pool)
    user = _user(crew, pool, asked.owner)
    try:
        lease = await user.claim(ttl_s=600, wait_s=0, timings=Timings())
    except AsgwarmError as error:
        outcome = _outcome_of(error)
        crew.recorder.returned(asked, outcome)
        return outcome, None
    crew.recorder.returned(
        asked, h.GRANTED, lease_id=lease.id, instance_id=lease.instance_id
    )
    return h.GRANTED, lease


def _outcome_of(error: AsgwarmError) -> str:
    told = {PoolEmpty: h.EMPTY, ClaimContended: h.CONTENDED, UnknownOutcome: h.UNKNOWN}
    return told.get(type(error), h.FAILED)


async def _look(who: str, crew: Crew, lease: Lease) -> None:
    known = {"pool": lease.pool, "instance_id": lease.instance_id}
    asked = crew.recorder.call(who, h.READ, **known)
    leases = _leases(crew, lease.pool, asked.owner)
    try:
        found = await asyncio.to_thread(leases.again, lease.record)
    except AsgwarmError:
        crew.recorder.returned(asked, h.FAILED)
        return
    if found is None:
        crew.recorder.returned(asked, "")
        return
    seen = found.lease_id or found.last_lease
    crew.recorder.returned(asked, str(found.state), lease_id=seen, gen=found.gen)


async def _release(who: str, crew: Crew, lease: Lease) -> None:
    known = {"instance_id": lease.instance_id, "lease_id": lease.id}
    asked = crew.recorder.call(who, h.RELEASE, pool=lease.pool, **known)
    try:
        await _user(crew, lease.pool, asked.owner).release(lease)
        outcome = h.DONE
    except LeaseLost:
        outcome = h.LOST
    except AsgwarmError:
        outcome = h.FAILED
    crew.recorder.returned(asked, outcome)


async def _evict(who: str, crew: Crew, pool: str) -> None:
    """End a free instance, as the function does to a pool that shrinks."""
    leases = _leases(crew, pool, "evictor")
    try:
        free = await asyncio.to_thread(leases.ready, "0")
    except AsgwarmError:
        return
    for record in free[:1]:
        known = {"pool": pool, "instance_id": record.instance_id}
        asked = crew.recorder.call(who, h.EVICT, **known)
        crew.recorder.returned(asked, await asyncio.to_thread(_end, leases, record))


def _end(leases: Leases, record: Any) -> str:
    from botocore.exceptions import BotoCoreError, ClientError

    known = {"now": now_s(), "why": "shrunk"}
    try:
        leases.registry.move(record.instance_id, record, "evict", **known)
    except ConditionFailed:
        return h.LOST
    except (ClientError, BotoCoreError):
        return h.FAILED
    return h.DONE


def _leases(crew: Crew, pool: str, owner: str) -> Leases:
    return Leases(Registry(crew.clients.dynamodb, pool, owner))


def _user(crew: Crew, pool: str, owner: str) -> LeasingPool:
    return LeasingPool(
        pool, clients=crew.clients, journal=crew.journal, owner=owner, warn=complain
    )


async def work(asked: dict[str, Any]) -> None:
    """Let all claimants of this process work to the end."""
    names = [f"{asked['name']}-{number}" for number in range(asked["count"])]
    executor = ThreadPoolExecutor(len(names))
    asyncio.get_running_loop().set_default_executor(executor)
    crew = Crew(
        clients=Clients(AwsSettings(**asked["settings"])),
        journal=Journal(Path(asked["journal"]), report=complain),
        recorder=h.Recorder(Path(asked["history"])),
        pools=asked["pools"],
    )
    crew.clients.dynamodb.meta  # noqa: B018  # built before threads ask for it
    await asyncio.gather(
        *(claimant(who, crew, random.Random(who)) for who in names)  # noqa: S311
    )
    crew.recorder.close()


if __name__ == "__main__":
    asyncio.run(work(json.loads(sys.stdin.readline())))
