"""The instance rows of one pool, as the control loop reads and writes them.

Rule: a row is moved along an edge or not at all; ConditionFailed means that
somebody else was first, and that is never an error here.
"""

from typing import Any

from asgwarm.domain.edges import EDGES
from asgwarm.domain.fleet import GuestReport, report_from_row
from asgwarm.domain.record import (
    SCHEMA_VERSION,
    MalformedRecord,
    Record,
    record_from_row,
)
from asgwarm.registry.table import Table

TOMBSTONE_S = 48 * 3600  # EventBridge retries for 24 h, Lambda keeps events for 6 h


def pool_key(pool: str) -> str:
    """Partition of the pool's instance rows; one shard until there are more."""
    return f"POOL#{pool}#0"


class Rows:
    """The instance rows of *pool*."""

    def __init__(self, table: Table, pool: str) -> None:
        self.table = table
        self.key = pool_key(pool)

    def all(self) -> tuple[dict[str, Record], list[str]]:
        """Return the records by instance id, and the sort keys of malformed rows."""
        records, malformed = {}, []
        for row in self.table.query(self.key):
            try:
                record = record_from_row(row)
                records[record.instance_id] = record
            except MalformedRecord:
                malformed.append(row["sk"])
        return records, malformed

    def report(self, instance_arn: str) -> GuestReport | None:
        """Return what the instance's own guest reported, or None."""
        row = self.table.get(instance_arn, "AGENT")
        return report_from_row(row) if row else None

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
        values = {"v": SCHEMA_VERSION, "ttl_at": values["now"] + TOMBSTONE_S, **values}
        gen, sk = record.gen if record else 0, f"I#{instance_id}"
        row = self.table.move(self.key, sk, EDGES[edge], gen=gen, **values)
        return record_from_row(row)
