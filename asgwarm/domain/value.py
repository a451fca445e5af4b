"""Values: frozen dataclasses, built by keyword."""

from dataclasses import dataclass, fields
from typing import Any, dataclass_transform


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
