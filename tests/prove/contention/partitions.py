"""What a partition of DynamoDB serves in a second, and how a pool's rows lie on some.

Rule 1: a partition serves WRITES write units and READS read units a second, and saves
up what it does in SAVED_S; what is beyond is throttled.
Rule 2: each shard is a partition key; keys share partitions where there are fewer of
these, as in a table that has not split yet. META's key is one more.
Rule 3: a claim is decided when it arrives, one after the other.
"""

import random
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from asgwarm.connect.keys import SessionKey
from asgwarm.domain.meta import Meta
from asgwarm.domain.record import Record, State, shard_of
from asgwarm.registry.leases import PAGE, Taken
from tests.prove.contention import writes
from tests.prove.contention.virtual import Throttled

WRITES, READS = 1_000.0, 3_000.0  # units a second; DynamoDB Developer Guide, partitions
SAVED_S = 0.2
ANY = 1e12
Clock = Callable[[], float]


class Meter:
    """Units of one kind that a partition still has; it begins with none saved up."""

    def __init__(self, per_s: float, now: Clock) -> None:
        self._per_s, self._now = per_s, now
        self._left, self._at_s = 0.0, now()

    def take(self, units: int) -> None:
        """Take units.

        Raises:
            Throttled: There are not enough.
        """
        if self._refilled() < units:
            raise Throttled
        self._left -= units

    def owe(self, units: int) -> None:
        """Take units that somebody asks for until they are there."""
        self._left = self._refilled() - units

    def _refilled(self) -> float:
        passed_s, self._at_s = self._now() - self._at_s, self._now()
        most = self._per_s * SAVED_S
        self._left = min(most, self._left + passed_s * self._per_s)
        return self._left


@dataclass(kw_only=True)
class Table:
    """The ready index of a pool, its META, and the partitions below them.

    Args:
        partitions: How many the shards lie on; as many as there are shards if 0.
        lives: Whether what else is written of a claimed instance counts, too.
        keeps: Whether a new instance is ready for each that is claimed.
        is_limited: Whether a partition serves no more than it does.
    """

    shards: int
    ready: int
    now: Clock
    dice: random.Random
    meta_row: Meta
    partitions: int = 0
    lives: bool = False
    keeps: bool = True
    is_limited: bool = True
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        count = self.partitions or self.shards
        writes_per_s, reads_per_s = (WRITES, READS) if self.is_limited else (ANY, ANY)
        meters = [
            (Meter(writes_per_s, self.now), Meter(reads_per_s, self.now))
            for _ in range(count)
        ]
        self._meters = [meters[shard % count] for shard in range(self.shards)]
        self._meta_reads = Meter(reads_per_s, self.now)
        self._host_key = SessionKey.generate().public_line
        self._index: list[list[tuple[str, Record]]] = [[] for _ in range(self.shards)]
        self._key: dict[str, str] = {}  # of what is ready, by instance id
        for _ in range(self.ready):
            self.add()

    def add(self) -> None:
        """Make one more instance ready."""
        instance_id = f"i-{self.dice.getrandbits(68):017x}"
        shard, key = shard_of(instance_id, self.shards), self.dice.getrandbits(64)
        record = Record(
            instance_id=instance_id,
            state=State.READY,
            gen=2,
            epoch=self.meta_row.epoch,
            address="203.0.113.7",
            os_user="ec2-user",
            host_key=self._host_key,
        )
        self._key[instance_id] = f"{key:016x}"
        insort(self._index[shard], (f"{key:016x}", record), key=lambda pair: pair[0])

    def meta(self) -> Meta:
        """META."""
        self._meta_reads.take(1)
        self.counts["META read"] += 1
        return self.meta_row

    def page(self, start: str, shard: int) -> list[Record]:
        """A page of a shard's index."""
        found = self.peek(start, shard)
        self._meters[shard][1].take(writes.page_units(len(found)))
        self.counts["page read"] += 1
        return found

    def peek(self, start: str, shard: int) -> list[Record]:
        """A page as it is now, for nothing."""
        rows = self._index[shard]
        at = bisect_left(rows, start, key=lambda pair: pair[0])
        return [record for _, record in rows[at : at + PAGE]]

    def claim(self, record: Record) -> Record:
        """Take an instance out of the index.

        Raises:
            Taken: It is not there any more.
        """
        shard = shard_of(record.instance_id, self.shards)
        free, meter = record.instance_id in self._key, self._meters[shard][0]
        meter.take(writes.claim_units() if free else writes.lost_units())
        if not free:
            self.counts["lost"] += 1
            raise Taken
        rows, key = self._index[shard], self._key.pop(record.instance_id)
        del rows[bisect_left(rows, key, key=lambda pair: pair[0])]
        self.counts["won"] += 1
        if self.lives:
            meter.owe(writes.other_units())
        if self.keeps:
            self.add()
        return record
