"""The registry's table in memory, behind the calls of boto3's client.

Rule 1: expressions are evaluated as written; there is no method for what the product
means to do, only for what it sends.
Rule 2: an item is never changed, a write puts another in its place; so whoever keeps
one keeps what it was.
"""

from collections.abc import Callable, Iterator
from email.utils import formatdate
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from tests.prove.simulate.expressions import Item, condition, update
from tests.prove.simulate.lines import Line, refusal
from tests.prove.simulate.timeline import Timeline

Watcher = Callable[[str, str, Item | None, Item | None], None]
REGION, KEYS = "us-east-1", "KeyConditionExpression"


class Table:
    """Rows by pk and sk; every change is shown to those who watch."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self.partitions: dict[str, dict[str, Item]] = {}
        self.watchers: list[Watcher] = []
        self.writer: Line | None = None  # whose update it was that is watched

    def rows(self, pk: str) -> dict[str, Item]:
        """The items of a partition by sort key."""
        return self.partitions.setdefault(pk, {})

    def put(self, pk: str, sk: str, after: Item | None) -> None:
        """Put an item into its place, or nothing."""
        rows = self.rows(pk)
        before = rows.get(sk)
        if after is None:
            rows.pop(sk, None)
        else:
            rows[sk] = after
        for watch in self.watchers:
            watch(pk, sk, before, after)

    def expire(self) -> None:
        """Delete what its time to live has passed for."""
        for pk, rows in self.partitions.items():
            for sk, item in list(rows.items()):
                ttl_at = item.get("ttl_at")
                if ttl_at and int(ttl_at["N"]) < self.timeline.now:
                    self.put(pk, sk, None)


class DynamoClient:
    """boto3's client as far as the product uses it, on one process's line."""

    meta = SimpleNamespace(region_name=REGION)

    def __init__(self, table: Table, line: Line) -> None:
        self.table, self.line = table, line

    def get_item(self, **request: Any) -> dict[str, Any]:
        """GetItem."""
        pk, sk = _key(request)

        def do() -> dict[str, Any]:
            found = self.table.rows(pk).get(sk)
            self.line.has_read_meta |= sk == "META" and found is not None
            return self._answer({"Item": found} if found else {})

        _consistent(request)
        return self.line.call(f"get {sk}", do)  # type: ignore[no-any-return]  # do's

    def query(self, **request: Any) -> dict[str, Any]:
        """Query; one page of Limit items, in the order of the sort key."""
        _consistent(request)

        def do() -> dict[str, Any]:
            return self._answer(self._found(request))

        return self.line.call("query", do)  # type: ignore[no-any-return]  # do's

    def _found(self, request: dict[str, Any]) -> dict[str, Any]:
        values, keys = request["ExpressionAttributeValues"], request[KEYS]
        holds = condition(keys)
        order = "ready_key" if request.get("IndexName") else "sk"
        items = list(self.table.rows(values[":pk"]["S"]).values())
        if keys != "pk = :pk":  # which holds for all that is in the partition
            items = [item for item in items if order in item and holds(item, values)]
        if order != "sk":
            items.sort(key=lambda item: item[order]["S"])
        if "FilterExpression" in request:
            passes = condition(request["FilterExpression"])
            items = [item for item in items if passes(item, values)]
        items = items[: request.get("Limit")]
        if request.get("Select") == "COUNT":
            return {"Count": len(items)}
        return {"Items": items, "Count": len(items)}

    def get_paginator(self, action: str) -> SimpleNamespace:
        """A paginator of `query`, whose answers here are one page."""
        if action != "query":
            raise LookupError(action)

        def paginate(**request: Any) -> Iterator[dict[str, Any]]:
            yield self.query(**request)

        return SimpleNamespace(paginate=paginate)

    def update_item(self, **request: Any) -> dict[str, Any]:
        """UpdateItem with its condition; refused without one."""
        pk, sk = _key(request)
        holds = condition(request["ConditionExpression"])
        change = update(request["UpdateExpression"])
        values = request["ExpressionAttributeValues"]

        def do() -> dict[str, Any]:
            before = self.table.rows(pk).get(sk)
            if not holds(before or {}, values):
                raise _condition_failed(before)
            after = change(before or {"pk": {"S": pk}, "sk": {"S": sk}}, values)
            self.table.writer = self.line
            self.table.put(pk, sk, after)
            return self._answer({"Attributes": after})

        return self.line.call(f"update {sk}", do)  # type: ignore[no-any-return]  # do's

    def put_item(self, **request: Any) -> dict[str, Any]:
        """PutItem, of a waiter's own row: the one put without a condition."""
        item = request["Item"]
        pk, sk = item["pk"]["S"], item["sk"]["S"]
        if not pk.startswith("WAIT#"):
            raise self.table.timeline.broken(f"S7: {pk} {sk} put without a condition")

        def do() -> dict[str, Any]:
            self.table.put(pk, sk, dict(item))
            return self._answer({})

        return self.line.call(f"put {sk}", do)  # type: ignore[no-any-return]  # do's

    def delete_item(self, **request: Any) -> dict[str, Any]:
        """DeleteItem, of a waiter's own row."""
        pk, sk = _key(request)
        if not pk.startswith("WAIT#"):
            raise self.table.timeline.broken(f"S7: {pk} {sk} deleted")

        def do() -> dict[str, Any]:
            self.table.put(pk, sk, None)
            return self._answer({})

        return self.line.call(f"delete {sk}", do)  # type: ignore[no-any-return]  # do's

    def _answer(self, answer: dict[str, Any]) -> dict[str, Any]:
        said = _date(int(self.table.timeline.now))
        return {**answer, "ResponseMetadata": {"HTTPHeaders": {"date": said}}}


@lru_cache(maxsize=8)
def _date(moment: int) -> str:
    return formatdate(moment, usegmt=True)


def _key(request: dict[str, Any]) -> tuple[str, str]:
    return request["Key"]["pk"]["S"], request["Key"]["sk"]["S"]


def _consistent(request: dict[str, Any]) -> None:
    if request.get("ConsistentRead") is not True:
        raise AssertionError(f"a read that may be old: {request}")


def _condition_failed(item: Item | None) -> Exception:
    error = refusal("ConditionalCheckFailedException", 400)
    if item is not None:
        error.response["Item"] = item  # type: ignore[typeddict-unknown-key]  # ALL_OLD
    return error
