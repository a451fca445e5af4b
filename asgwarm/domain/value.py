"""Values: frozen dataclasses, and strict reading of them from a table's row."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    D = TypeVar("D", bound=DataclassInstance)


@dataclass_transform(frozen_default=True, kw_only_default=True)
def value(cls: type[Any]) -> type[Any]:
    """Make a class a dataclass, built by keyword, that type checkers hold frozen.

    What `dataclass` would compile for each class is shared by all of them here:
    compiling it took a tenth of all that a short-lived command computes.
    """
    made: Any = dataclass(repr=False, eq=False, kw_only=True)(cls)
    made.__repr__, made.__eq__, made.__hash__ = _repr, _eq, _hash
    return made  # type: ignore[no-any-return]  # it is what cls is


def _repr(self: Any) -> str:
    shown = [f"{f.name}={getattr(self, f.name)!r}" for f in fields(self) if f.repr]
    return f"{type(self).__name__}({', '.join(shown)})"


def _eq(self: Any, other: object) -> bool:
    return type(other) is type(self) and vars(self) == vars(other)


def _hash(self: Any) -> int:
    return hash(tuple(vars(self).values()))


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
