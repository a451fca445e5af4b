"""Policies that grant a little more than they should, for the proof to notice.

Each is one of ours with one thing less in it: a key of a condition, or the pool's name
in a resource or in a key of the table. What nobody notices is a condition that no case
and no neighbour of a request is about.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.prove.privileges.neighbours import MARKS, By
from tests.prove.privileges.policies import Document


@dataclass(frozen=True, kw_only=True)
class Weakened:
    """A policy that stands in for another, by whose statement it is weaker."""

    by: By
    what: str
    document: Document

    @property
    def kind(self) -> str:
        """The same for the same policy of every pool."""
        return f"{self.by[0].partition('/')[2]}, {self.by[1]}: {self.what}"


def weakened(documents: Mapping[str, Document]) -> Iterator[Weakened]:
    """Yield every such policy."""
    for name, document in documents.items():
        pool = name.partition("/")[0]
        for number, statement in enumerate(document["Statement"]):
            for what, weaker in (*_without(statement), *_beyond(statement, pool)):
                statements = [*document["Statement"]]
                statements[number] = weaker
                yield Weakened(
                    by=(name, statement.get("Sid", str(number + 1))),
                    what=what,
                    document={**document, "Statement": statements},
                )


def _without(statement: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Leave out one key of a condition."""
    conditions = statement.get("Condition", {})
    for test, keys in conditions.items():
        for key in keys:
            fewer = {k: v for k, v in keys.items() if k != key}
            others = {t: k for t, k in conditions.items() if t != test}
            left = others | ({test: fewer} if fewer else {})
            yield f"without {test} {key}", {**statement, "Condition": left}


def _beyond(statement: Mapping[str, Any], pool: str) -> Iterator[tuple[str, Any]]:
    """Name any pool instead of one, in resources and in keys."""
    conditions = statement.get("Condition", {})
    for mark in MARKS:
        if (wider := _any(statement["Resource"], mark, pool)) != statement["Resource"]:
            yield f"on any {mark}*", {**statement, "Resource": wider}
        for test, keys in conditions.items():
            # In the others a star is a star.
            if test.endswith("Like") and (more := _any(keys, mark, pool)) != keys:
                left = {**conditions, test: more}
                yield f"with any {mark}*", {**statement, "Condition": left}


def _any(part: Any, mark: str, pool: str) -> Any:
    return json.loads(json.dumps(part).replace(f"{mark}{pool}", f"{mark}*"))
