"""A registry table in memory, behind DynamoDB's five actions on rows.

Rule 1: expressions are evaluated as they were sent.
Rule 2: an action is applied between two awaits, so that a condition and its write are
one thing, whoever asks meanwhile.
"""

from collections.abc import Callable
from typing import Any

from tests.prove.simulate.expressions import Item, condition, update

Answer = dict[str, Any]


class Refused(Exception):
    """An action that is answered with an error."""

    def __init__(self, code: str, message: str, item: Item | None = None) -> None:
        super().__init__(message)
        self.code, self.item = code, item


class Rows:
    """Items by partition key and sort key; *on_write* is called after every change."""

    def __init__(self, on_write: Callable[[], None] = lambda: None) -> None:
        self.on_write = on_write
        self._partitions: dict[str, dict[str, Item]] = {}

    def answer(self, action: str, request: dict[str, Any]) -> Answer:
        """Apply an action.

        Raises:
            Refused: The condition does not hold, or there is no such action here.
        """
        actions = {
            "GetItem": self._get,
            "Query": self._query,
            "UpdateItem": self._update,
            "PutItem": self._put,
            "DeleteItem": self._delete,
        }
        if action not in actions:
            raise Refused("UnknownOperationException", f"no {action} here")
        return actions[action](request)

    def _partition(self, pk: str) -> dict[str, Item]:
        return self._partitions.setdefault(pk, {})

    def _get(self, request: dict[str, Any]) -> Answer:
        pk, sk = _key(request["Key"])
        item = self._partition(pk).get(sk)
        return {"Item": item} if item else {}

    def _query(self, request: dict[str, Any]) -> Answer:
        order = "ready_key" if request.get("IndexName") else "sk"
        values = request["ExpressionAttributeValues"]
        holds = condition(request["KeyConditionExpression"])
        found = [
            item
            for item in self._partition(values[":pk"]["S"]).values()
            if order in item and holds(item, values)
        ]
        found.sort(key=lambda item: str(item[order]["S"]))
        found = found[: request.get("Limit")]
        return {"Items": found, "Count": len(found), "ScannedCount": len(found)}

    def _update(self, request: dict[str, Any]) -> Answer:
        pk, sk = _key(request["Key"])
        before = self._partition(pk).get(sk)
        values = request["ExpressionAttributeValues"]
        _check(request, before)
        change = update(request["UpdateExpression"])
        after = change(before or dict(request["Key"]), values)
        self._partition(pk)[sk] = after
        self.on_write()
        return {"Attributes": after} if request.get("ReturnValues") else {}

    def _put(self, request: dict[str, Any]) -> Answer:
        pk, sk = _key(request["Item"])
        _check(request, self._partition(pk).get(sk))
        self._partition(pk)[sk] = request["Item"]
        self.on_write()
        return {}

    def _delete(self, request: dict[str, Any]) -> Answer:
        pk, sk = _key(request["Key"])
        _check(request, self._partition(pk).get(sk))
        self._partition(pk).pop(sk, None)
        self.on_write()
        return {}


def _key(item: Item) -> tuple[str, str]:
    return str(item["pk"]["S"]), str(item["sk"]["S"])


def _check(request: dict[str, Any], before: Item | None) -> None:
    text = request.get("ConditionExpression")
    values = request.get("ExpressionAttributeValues", {})
    if text and not condition(text)(before or {}, values):
        shown = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
        raise Refused(
            "ConditionalCheckFailedException",
            "The conditional request failed",
            before if shown else None,
        )
