"""One run: pools, a crowd, and the history that they leave.

Rule: a run ends with everything looked at: every row, the journal, every answer.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import cycle
from math import ceil
from pathlib import Path
from typing import Any

from asgwarm.clients import AwsSettings, Clients
from asgwarm.clock import monotonic_s
from tests.prove.histories import store
from tests.prove.histories.checker import Violation, violations
from tests.prove.histories.crowd import DUELLERS, Crowd
from tests.prove.histories.history import CLAIM, GRANTED, History

TIMEOUT_S = 900.0
SHELF = 250  # ids of one pool
SHARDS = (1, 4)  # of the pools, in turns
SPARE = 1.06  # some ids are evicted, and some go to the killed
_KINDS = ("throttle", "500", "reply_lost", "reset_before")
# One call in ten is struck.
FAULTS = {
    "http": [
        {"kind": kind, "service": "dynamodb", "owner": "user", "rate": 0.026}
        for kind in _KINDS
    ]
}


@dataclass(slots=True, kw_only=True)
class Tally:
    """What a run came to."""

    name: str
    claims: int = 0
    took_s: float = 0.0
    kills: int = 0
    is_race: bool = False  # for one id at a time: says nothing of claims a second
    outcomes: Counter[str] = field(default_factory=Counter)
    found: list[Violation] = field(default_factory=list)

    def __str__(self) -> str:
        kinds = Counter(one.kind for one in self.found)
        told = ", ".join(f"{n} {what}" for what, n in sorted(self.outcomes.items()))
        harm = ", ".join(f"{kinds[kind]} {kind}" for kind in KINDS)
        return (
            f"{self.name}: {self.claims} claims in {self.took_s:.0f} s, {harm}; "
            f"{self.kills} processes killed; told: {told}"
        )


KINDS = ("double", "stranded", "lost", "odd")


@dataclass(slots=True, kw_only=True)
class Place:
    """A store, and where to keep what happens to it."""

    settings: AwsSettings
    folder: Path
    processes: int = 8
    each: int = 8

    def __post_init__(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @property
    def client(self) -> Any:
        """A client of the store."""
        return Clients(self.settings).full_dynamodb


def claims(
    place: Place,
    name: str,
    *,
    count: int,
    kills: int = 0,
    strike: Callable[[], None] = lambda: None,
) -> Tally:
    """Let a crowd claim some *count* ids, of pools that are named after the run.

    Args:
        strike: Called once the pools are there.
    """
    client, pools = place.client, _shelves(place.client, name, ceil(count * SPARE))
    strike()
    crowd = Crowd(
        settings=place.settings, folder=place.folder, pools=pools, each=place.each
    )
    began_s = monotonic_s()
    try:
        for _ in range(place.processes):
            crowd.start()
        killed = crowd.kill_now_and_then(kills=kills, pause_s=1.0)
        crowd.wait(TIMEOUT_S)
    finally:
        crowd.close()
    tally = Tally(name=name, took_s=monotonic_s() - began_s, kills=killed)
    return _judge(tally, crowd, client)


def _shelves(client: Any, name: str, count: int) -> list[str]:
    pools = [f"{name}-{number}" for number in range(ceil(count / SHELF))]
    for pool, shards in zip(pools, cycle(SHARDS), strict=False):
        ids = store.instance_ids(ceil(count / len(pools)))
        store.open_pool(client, pool, shards=shards)
        store.fill(client, pool, ids, shards=shards)
    return pools


def duels(place: Place, name: str, *, rounds: int) -> Tally:
    """Let all want one id at once, *rounds* times; every round has its own id."""
    client, ids = place.client, store.instance_ids(rounds)
    store.open_pool(client, name, shards=max(SHARDS))
    store.fill(client, name, ids, shards=max(SHARDS))
    crowd = Crowd(
        settings=place.settings,
        folder=place.folder,
        pools=[name],
        each=place.each,
        module=DUELLERS,
    )
    began_s = monotonic_s()
    try:
        for _ in range(place.processes):
            crowd.start()
        crowd.duel(name, ids)
        crowd.wait(TIMEOUT_S)
    finally:
        crowd.close()
    tally = Tally(name=name, took_s=monotonic_s() - began_s, is_race=True)
    tally = _judge(tally, crowd, client)
    assert tally.claims == rounds, f"{rounds} rounds had {tally.claims} winners"
    return tally


def history_of(crowd: Crowd, client: Any) -> History:
    """Everything that a crowd left, as it is now."""
    return History(
        operations=crowd.operations(),
        rows=[row for pool in crowd.pools for row in store.rows_of(client, pool)],
        journal=crowd.journaled(),
        dead=crowd.dead,
    )


def _judge(tally: Tally, crowd: Crowd, client: Any) -> Tally:
    history = history_of(crowd, client)
    tally.found = violations(history)
    asked = [one for one in history.operations if one.kind == CLAIM]
    tally.outcomes = Counter(one.outcome or "nothing" for one in asked)
    tally.claims = tally.outcomes[GRANTED]
    return tally
