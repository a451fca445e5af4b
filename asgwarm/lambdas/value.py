"""Values as the function has them: what stands in its text for `domain.value`.

Rule: nothing in the function prints, compares or hashes a value, so that a dataclass
without all that does.
"""

from dataclasses import dataclass
from typing import Any, dataclass_transform


@dataclass_transform(frozen_default=True, kw_only_default=True)
def value(cls: type[Any]) -> type[Any]:
    """Make a class a dataclass, built by keyword, that type checkers hold frozen."""
    return dataclass(repr=False, eq=False, kw_only=True)(cls)
