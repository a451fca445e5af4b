"""Strict reading of values from a table's row."""

from collections.abc import Mapping
from dataclasses import fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    D = TypeVar("D", bound=DataclassInstance)


def read(cls: "type[D]", row: Mapping[str, Any]) -> "D":
    """Return a *cls* with the values of a row; what the row has beyond is ignored.

    Raises:
        ValueError: A value is missing or of another type than its field.
    """
    values = {}
    for field in fields(cls):
        found, kind = row.get(field.name, field.default), field.type
        plain = str if issubclass(kind, StrEnum) else kind  # type: ignore[arg-type]  # no quoted types here
        if type(found) is not plain:
            raise ValueError(f"{field.name} is {found!r}")
        values[field.name] = kind(found)  # type: ignore[operator]  # as above
    return cls(**values)
