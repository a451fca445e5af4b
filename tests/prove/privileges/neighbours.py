"""What lies beside a request that is granted, and has to be refused.

Of each request that a statement allowed: the same on another pool's thing, with another
value for a key that the statement's condition asks about, and without that key.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tests.prove.privileges.recorded import ACCOUNT
from tests.prove.privileges.simulator import Question

By = tuple[str, str]  # a policy's name, and Sid or number of a statement
OTHER = "other"  # a pool that there is not
# In what the name of a pool stands.
MARKS = ("asgwarm-", "/asgwarm/", "#")
IF_EXISTS = "IfExists"


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """A request that has to be refused, and which statement let the one beside it."""

    by: By
    question: Question


def neighbours(
    asked: Question, by: By, statement: Mapping[str, Any]
) -> Iterator[Neighbour]:
    """Yield the neighbours of a request that *statement* allowed."""
    pool = by[0].partition("/")[0]
    for resource in _elsewhere(asked.resource, pool):
        yield Neighbour(by=by, question=replace(asked, resource=resource))
    for test, keys in statement.get("Condition", {}).items():
        for key in keys:
            if test != "Null" and key in asked.context:
                for context in _otherwise(asked.context, test, key, pool):
                    yield Neighbour(by=by, question=replace(asked, context=context))


def _elsewhere(text: str, pool: str) -> Iterator[str]:
    """A text that names a pool, naming another, and one whose name begins alike."""
    for mark in MARKS:
        for name in (OTHER, f"{pool}2"):
            if (changed := text.replace(f"{mark}{pool}", f"{mark}{name}")) != text:
                yield changed


def _otherwise(
    context: Mapping[str, Any], test: str, key: str, pool: str
) -> Iterator[Mapping[str, Any]]:
    value = context[key]
    if not test.endswith(IF_EXISTS):
        yield {name: said for name, said in context.items() if name != key}
    others = [json.loads(t) for t in _elsewhere(json.dumps(value), pool)]
    if isinstance(value, list):
        others += [["nobody's"], [*value, "nobody's"]]
    elif test.startswith("Numeric"):
        others.append(str(int(value) + 1))
    elif value.startswith("arn:"):
        others.append(value.replace(f":{ACCOUNT}:", ":999999999999:"))
    else:
        others.append(f"not-{value}")
    for other in others:
        yield {**context, key: other}
