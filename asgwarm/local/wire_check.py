"""Checks of a request against its model: required, enum, bounds, readable text.

Source of the words: what AWS answers to such requests, "1 validation error detected".
"""

import re
from collections.abc import Iterator
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from asgwarm.local.problem import invalid

# What XML 1.0 cannot carry; AWS refuses it too (the pattern of XmlString).
_UNREADABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def check(shape: StructureShape, params: dict[str, Any]) -> None:
    """Let *params* pass only if it satisfies *shape*.

    Raises:
        AwsProblem: ValidationError, with everything that is wrong.
    """
    faults = list(_faults(shape, params, ""))
    if faults:
        noun = "error" if len(faults) == 1 else "errors"
        raise invalid(f"{len(faults)} validation {noun} detected: {'; '.join(faults)}")


def readable(text: str) -> str:
    """*text*, if an XML document can carry it.

    Raises:
        ValueError: It has a control character.
    """
    if _UNREADABLE.search(text):
        raise ValueError("control characters")
    return text


def legible(text: str) -> str:
    """*text* with a question mark for everything that XML cannot carry."""
    return _UNREADABLE.sub("?", text)


def _faults(shape: Shape, value: Any, where: str) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        yield from _structure(shape, value, where)
        return
    yield from _bounds(shape, value, where)
    if isinstance(shape, ListShape):
        for number, entry in enumerate(value, start=1):
            yield from _faults(shape.member, entry, f"{where}.{number}.member")
    elif isinstance(shape, MapShape):
        for key, inner in value.items():
            yield from _faults(shape.value, inner, f"{where}.{key}")
    elif shape.metadata.get("enum") and value not in shape.metadata["enum"]:
        allowed = ", ".join(shape.metadata["enum"])
        rule = f"Member must satisfy enum value set: [{allowed}]"
        yield _fault(f"'{value}'", where, rule)


def _structure(shape: StructureShape, value: Any, where: str) -> Iterator[str]:
    for name in shape.required_members:
        if name not in value:
            yield _fault("null", _join(where, name), "Member must not be null")
    for name, inner in value.items():
        yield from _faults(shape.members[name], inner, _join(where, name))


def _bounds(shape: Shape, value: Any, where: str) -> Iterator[str]:
    number = shape.type_name in {"integer", "long", "float", "double"}
    if not number and not hasattr(value, "__len__"):
        return
    size = value if number else len(value)
    what = "value" if number else "length"
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low:
        rule = f"Member must have {what} greater than or equal to {low}"
        yield _fault(f"'{value}'", where, rule)
    if high is not None and size > high:
        rule = f"Member must have {what} less than or equal to {high}"
        yield _fault(f"'{value}'", where, rule)


def _fault(value: str, where: str, rule: str) -> str:
    return f"Value {value} at '{where}' failed to satisfy constraint: {rule}"


def _join(where: str, name: str) -> str:
    name = name[:1].lower() + name[1:]
    return f"{where}.{name}" if where else name
