"""One pool's rows on the real table, and beside them what they should be.

Rule: every write goes through the product's own registry; its outcome and the row that
it answers are compared with the model at once, and the three promises of the protocol
with what the table itself has answered.
"""

from typing import Any

from asgwarm.domain.record import (
    MalformedRecord,
    Record,
    record_from_row,
    shard_of,
)
from asgwarm.registry.leases import Leases
from asgwarm.registry.registry import TOMBSTONE_S, Registry
from asgwarm.registry.table import ConditionFailed, encode
from tests.prove.machine.rules import RULES, VERSION, Row

START = 1_800_000_000


class Heard(Registry):
    """A registry that keeps the row of its last answer, and counts its writes."""

    answer: Row | None = None
    writes: int = 0

    def write(
        self, pk: str, sk: str, update: str, condition: str, **values: object
    ) -> Row:
        """Write as a registry does."""
        self.answer, self.writes = None, self.writes + 1
        self.answer = super().write(pk, sk, update, condition, **values)
        return self.answer


class Play:
    """The rows of a pool, as they are and as they should be.

    Attributes:
        rows: The rows as they should be, by instance id.
        seen: What somebody may have read of an instance at some time, oldest first;
            None is that there was no row.
    """

    def __init__(self, client: Any, table: str, pool: str, shards: int) -> None:
        self.registry = Heard(client, pool, "function")
        self.registry.name, self.registry.shards = table, shards
        self.leases = Leases(self.registry)
        self.now = START
        self.rows: dict[str, Row] = {}
        self.seen: dict[str, list[Record | None]] = {}
        self.claimed: set[str] = set()
        self.was_ready: set[str] = set()

    def pk_of(self, instance_id: str) -> str:
        """The partition that the row of an instance belongs in."""
        shard = shard_of(instance_id, self.registry.shards)
        return f"{self.registry.meta_pk}#{shard}"

    def move(
        self, instance_id: str, record: Record | None, edge: str, **values: Any
    ) -> bool:
        """Take an edge; whether it was taken, as the model said before."""
        row, rule = self.rows.get(instance_id), RULES[edge]
        sent = {"v": VERSION, "ttl_at": self.now + TOMBSTONE_S, "by": "function"}
        sent |= {"now": self.now, "born_at": self.now}
        sent |= {"gen": record.gen if record else 0, **values}
        sent["line"] = f"{self.now} {edge} function {values['why']}"
        permitted = rule.permits(row, sent)
        try:
            self.registry.move(instance_id, record, edge, now=self.now, **values)
        except ConditionFailed as failed:
            assert not permitted, f"{edge} was refused on {row}"
            assert failed.row == row
            return False
        except MalformedRecord:
            assert permitted, f"{edge} was answered with nonsense on {row}"
        assert permitted, f"{edge} was applied to {row}"
        self.expect(instance_id, rule.apply(row, sent))
        found, expected = self.registry.answer, self.rows[instance_id]
        assert found == expected, f"{edge} left {found}, not {expected}"
        return True

    def expect(self, instance_id: str, row: Row) -> None:
        """Take *row* for what the table should have now, and note it as read."""
        key = {"pk": self.pk_of(instance_id), "sk": f"I#{instance_id}"}
        before = self.rows.get(instance_id)
        self.rows[instance_id] = key | row
        self.note(instance_id)
        self._keeps_the_promises(instance_id, before, self.rows[instance_id])

    def note(self, instance_id: str) -> None:
        """Remember the row as somebody may have read it; nonsense is never used."""
        row = self.rows.get(instance_id)
        try:
            record = record_from_row(row) if row else None
        except MalformedRecord:
            return
        self.seen.setdefault(instance_id, [None]).append(record)

    def read(self, instance_id: str, age: int = 0) -> Record | None:
        """The record as it was read last, or *age* changes before."""
        seen = self.seen.get(instance_id, [None])
        return seen[-1 - min(age, len(seen) - 1)]

    def put(self, instance_id: str, row: Row) -> None:
        """Write a whole row past all rules."""
        key = {"pk": self.pk_of(instance_id), "sk": f"I#{instance_id}"}
        self.rows[instance_id] = row | key
        item = {name: encode(value) for name, value in (row | key).items()}
        self.registry.client.put_item(TableName=self.registry.name, Item=item)
        self.note(instance_id)

    def drop(self, instance_id: str) -> None:
        """Delete a row, as DynamoDB does when its time is over."""
        key = {
            "pk": encode(self.pk_of(instance_id)),
            "sk": encode(f"I#{instance_id}"),
        }
        self.registry.client.delete_item(TableName=self.registry.name, Key=key)
        del self.rows[instance_id]
        self.note(instance_id)

    def look(self) -> None:
        """Compare all rows with the model, and what is listed of each shard."""
        assert {row["sk"][2:]: row for row in self.registry.rows()} == self.rows
        offered = sorted(
            (row for row in self.rows.values() if "ready_key" in row),
            key=lambda row: row["ready_key"],
        )
        for shard in range(self.registry.shards):
            pk = f"{self.registry.meta_pk}#{shard}"
            assert self.leases.ready("0", shard) == [
                record
                for row in offered
                if row["pk"] == pk and (record := well_formed(row))
            ]

    def _keeps_the_promises(
        self, instance_id: str, before: Row | None, after: Row
    ) -> None:
        was, now = (before or {}).get("st"), after["st"]
        if now == "LEASED" != was:
            assert instance_id not in self.claimed, "it was leased before"
            self.claimed.add(instance_id)
        if now == "READY" != was:
            assert was == "WARMING", f"it was {was} and became ready"
            assert instance_id not in self.was_ready, "it was ready before"
            self.was_ready.add(instance_id)
        fenced_by = (before or {}).get("gen")
        # A quarantine sets the time, which two of one second share.
        if was != now != "QUARANTINED" and type(fenced_by) is int:
            assert after["gen"] > fenced_by


def well_formed(row: Row) -> Record | None:
    """The record in a row, None in nonsense."""
    try:
        return record_from_row(row)
    except MalformedRecord:
        return None
