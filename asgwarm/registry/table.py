"""Requests to the registry's table, and what its answers mean.

Rule 1: no write without a condition, all reads consistent, one request a method.
Rule 2: no attribute has a name that DynamoDB's grammar reserves.
Rule 3: a condition that failed is an answer: it carries the row as it is, from
the reply or, where a table leaves it out, from one consistent read.
"""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from asgwarm.domain.edges import Edge

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Row = dict[str, Any]
_HISTORY = "history = list_append(if_not_exists(history, :none), :event)"


class ConditionFailed(Exception):
    """The row was not as the write wanted it; `row` is how it was, if there is one."""

    def __init__(self, row: Row | None) -> None:
        self.row = row


def encode(value: object) -> dict[str, Any]:
    """Return DynamoDB's form of a plain value: str, int or a tuple of them."""
    if isinstance(value, tuple):
        return {"L": [encode(each) for each in value]}
    return {"N": str(value)} if type(value) in (int, float) else {"S": str(value)}


def decode(item: Mapping[str, Mapping[str, Any]]) -> Row:
    """Return plain values of an item; a fraction fits no field of ours."""
    return {name: _plain(*next(iter(typed.items()))) for name, typed in item.items()}


def _plain(kind: str, value: Any) -> Any:
    if kind == "L":
        return tuple(_plain(*next(iter(each.items()))) for each in value)
    if kind == "N":
        return (int if value.lstrip("-").isdigit() else float)(value)
    return value


def expressions(edge: Edge) -> tuple[str, str]:
    """Return an edge's UpdateExpression and ConditionExpression.

    A change of state leaves a line in the row's own history, in the same write.
    """
    moves = edge.before != edge.after
    # Where no state was known there is no history, or none to be trusted.
    told = _HISTORY if edge.before else "history = :event"
    sets = ["updated_by = :by", *(f"{name} = :{name}" for name in edge.sets.split())]
    sets += [f"st = :{edge.after}", "since = :now", told] if moves else []
    update = "SET " + ", ".join(sets)
    if edge.removes:
        update += " REMOVE " + ", ".join(edge.removes.split())
    if not edge.before:
        return update, edge.guard
    states = " OR ".join(f"st = :{state}" for state in edge.before.split())
    guards = [f"({states})", "gen = :gen", *filter(None, [edge.guard])]
    return update + " ADD gen :one" * moves, " AND ".join(guards)


class Table:
    """One registry table, spoken to as *actor* (written into every row it changes)."""

    def __init__(self, client: "DynamoDBClient", name: str, actor: str) -> None:
        self.client, self.name, self.actor = client, name, actor

    def get(self, pk: str, sk: str) -> Row | None:
        """Return a row by its key, or None."""
        answer = self.client.get_item(
            TableName=self.name,
            Key={"pk": encode(pk), "sk": encode(sk)},
            ConsistentRead=True,
        )
        return decode(answer["Item"]) if "Item" in answer else None

    def query(self, pk: str) -> Iterator[Row]:
        """Yield every row of a partition."""
        for page in self.client.get_paginator("query").paginate(
            TableName=self.name,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": encode(pk)},
            ConsistentRead=True,
        ):
            yield from map(decode, page["Items"])

    def write(
        self, pk: str, sk: str, update: str, condition: str, **values: object
    ) -> Row:
        """Apply a conditional write and return the row as it is afterwards.

        Args:
            values: By the names in the expressions; one in capitals, `:READY` say,
                stands for itself.

        Raises:
            ConditionFailed: The condition did not hold; nothing was changed.
        """
        known = {"one": 1, "by": self.actor, "none": (), **values}
        used = dict.fromkeys(re.findall(r":(\w+)", f"{update} {condition}"))
        try:
            answer = self.client.update_item(
                TableName=self.name,
                Key={"pk": encode(pk), "sk": encode(sk)},
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeValues={
                    f":{n}": encode(n if n.isupper() else known[n]) for n in used
                },
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            old: Any = error.response.get("Item")
            raise ConditionFailed(decode(old) if old else self.get(pk, sk)) from error
        return decode(answer.get("Attributes", {}))
