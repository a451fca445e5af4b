"""The registry of one pool: its instance rows and its META row.

Rule 1: a row is moved along an edge or not at all; ConditionFailed means that
somebody else was first, and that is never an error here.
Rule 2: META is written by the function from its own environment, so that a pool
deployed without the command line works; the command line only flips `pool_mode`.
Rule 3: instance rows lie in as many partitions as META says, which never changes.
A record that was read is written where it was read; the guests' rows, those who wait
and META have partitions of their own.
"""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from asgwarm.domain.edges import EDGES
from asgwarm.domain.fleet import GuestReport, report_from_row
from asgwarm.domain.meta import MOST_SHARDS, Meta, Settings, meta_from_row
from asgwarm.domain.record import (
    SCHEMA_VERSION,
    MalformedRecord,
    Record,
    record_from_row,
    shard_of,
)
from asgwarm.registry.table import ConditionFailed, Row, Table, expressions

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TOMBSTONE_S = 48 * 3600  # EventBridge retries for 24 h, Lambda keeps events for 6 h
LONGEST_WAIT_S = 60  # a waiter's row that claims more is somebody's mistake
_SIZES = "hot warm cap max_lease_s owner_cap".split()  # noqa: SIM905  # shorter
_SET_SIZES = ", ".join(f"{size} = :{size}" for size in _SIZES)
_OTHER_SIZE = " OR ".join(f"{size} <> :{size}" for size in _SIZES)


class Registry(Table):
    """What is known and written about one pool, as *actor*.

    Attributes:
        shards: How many partitions the instance rows lie in, 0 while META has not
            said so; then rows are looked for wherever there may be some.
    """

    def __init__(self, client: "DynamoDBClient", pool: str, actor: str) -> None:
        super().__init__(client, f"asgwarm-{pool}", actor)
        self.pool, self.meta_pk, self.shards = pool, f"POOL#{pool}", 0

    def rows(self) -> Iterator[Row]:
        """Yield every instance row of every shard."""
        for shard in range(self.shards or MOST_SHARDS):
            yield from self.query(f"{self.meta_pk}#{shard}")

    def records(self) -> dict[str, Record]:
        """Return the records by instance id; rows that make no sense are left out."""
        return self.sorted_rows()[0]

    def sorted_rows(self) -> tuple[dict[str, Record], dict[str, object]]:
        """Return the records by instance id, and `gen` of the rows without sense."""
        records: dict[str, Record] = {}
        malformed: dict[str, object] = {}
        for row in self.rows():
            instance_id = str(row["sk"])[2:]
            try:
                records[instance_id] = record_from_row(row)
            except MalformedRecord:
                malformed[instance_id] = row.get("gen")
        return records, malformed

    def waiters(self, now: int) -> int:
        """Return how many wait for an instance; the dead among them for a while."""
        ends = [row.get("ttl_at") for row in self.query(f"WAIT#{self.pool}")]
        return sum(
            isinstance(end, int) and now <= end <= now + LONGEST_WAIT_S for end in ends
        )

    def report(self, instance_arn: str) -> GuestReport | None:
        """Return what the instance's own guest reported, or None."""
        return report_from_row(self.get(instance_arn, "AGENT") or {})

    def move(
        self, instance_id: str, record: Record | None, edge: str, **values: Any
    ) -> Record:
        """Take an edge from the record that was read; return the record afterwards.

        Args:
            record: None where the edge starts without a row.
            values: `now`, and what the edge sets and guards by.

        Raises:
            ConditionFailed: The row is not as it was read.
        """
        now = values["now"]
        known = {
            "v": SCHEMA_VERSION,
            "born_at": now,
            "ttl_at": now + TOMBSTONE_S,
            "gen": record.gen if record else 0,
            "why": "",
            **values,
        }
        known["event"] = (f"{now} {edge} {self.actor} {known['why']}",)
        pk = (
            record.pk
            if record
            else f"{self.meta_pk}#{shard_of(instance_id, self.shards)}"
        )
        return record_from_row(
            self.write(pk, f"I#{instance_id}", *expressions(EDGES[edge]), **known)
        )

    def meta(self) -> Meta | None:
        """Return META, or None when there is none or it makes no sense."""
        meta = meta_from_row(self.get(self.meta_pk, "META") or {})
        if meta:
            self.shards = meta.shards
        return meta

    def keep_meta(self, settings: Settings) -> None:
        """Make META this stack's, with its sizes.

        A new stack begins a new epoch, with its number of shards; rows of an old one
        are never offered again.
        """
        values = asdict(settings)
        self.write_meta(
            f"SET {_SET_SIZES}, shards = :shards, epoch = :stack_id, "
            "pool_mode = :ACTIVE, trouble = :empty, refresh_at = :zero",
            "attribute_not_exists(pk) OR epoch <> :stack_id",
            **values,
            empty="",
            zero=0,
        )
        self.write_meta(
            f"SET {_SET_SIZES}", f"epoch = :stack_id AND ({_OTHER_SIZE})", **values
        )

    def put_meta(self, epoch: str, attribute: str, value: str | int) -> bool:
        """Change `pool_mode`, `trouble` or a time; whether it was another."""
        return self.write_meta(
            f"SET {attribute} = :value",
            f"epoch = :epoch AND {attribute} <> :value",
            epoch=epoch,
            value=value,
        )

    def lock(self, epoch: str, now: int, until: int) -> bool:
        """Take the right to raise the group's capacity; a dead holder is waited out."""
        return self.write_meta(
            "SET lock_until = :until",
            "epoch = :epoch AND "
            "(attribute_not_exists(lock_until) OR lock_until < :now)",
            epoch=epoch,
            now=now,
            until=until,
        )

    def unlock(self, until: int) -> None:
        """Give that right back, if it is still the one that was taken."""
        self.write_meta("REMOVE lock_until", "lock_until = :until", until=until)

    def write_meta(self, update: str, condition: str, **values: object) -> bool:
        """Write META if the condition holds; whether it did."""
        try:
            self.write(self.meta_pk, "META", update, condition, **values)
        except ConditionFailed:
            return False
        return True
