"""What a command's options are called, and the quick way to read them.

Rule 1: the parser of a library says what is wrong and prints help; loading it takes
longer than a claim. So plain words are read here, and everything else is left to it.
Rule 2: what is read here is what it would have read; where that is not certain,
`read` returns None.
"""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields
from typing import Any, NamedTuple


class Option(NamedTuple):
    """One option; without *names* it is called like its field."""

    names: tuple[str, ...] = ()
    metavar: str | None = None
    help: str = ""
    hidden: bool = False


class Argument(NamedTuple):
    """One word, or several where its type is a list."""

    metavar: str
    help: str


def option(
    *names: str, help: str = "", metavar: str | None = None, hidden: bool = False
) -> Option:
    """Return an option of these *names*."""
    return Option(names, metavar, help, hidden)


def declared(field: "Field[Any]") -> tuple[Any, Option | Argument]:
    """Return a field's type and what it is on the command line."""
    (what,) = field.type.__metadata__  # type: ignore[union-attr]  # Annotated
    return field.type.__origin__, what  # type: ignore[union-attr]


def names_of(field: "Field[Any]", what: Option) -> tuple[str, ...]:
    """Return the words that stand for an option."""
    return what.names or ("--" + field.name.replace("_", "-"),)


SEVERAL = list[str] | None  # the type of an option that may be repeated


def read(groups: Sequence[type[Any]], args: Sequence[str]) -> dict[str, Any] | None:
    """Return the values of the fields of *groups*; None when it takes a real parser.

    Args:
        args: A command's own words.
    """
    known = {name: at for at in _options(groups) for name in at.names}
    values: dict[str, Any] = {}
    positional = []
    rest = list(args)
    while rest:
        word = rest.pop(0)
        name, equals, typed = word.partition("=")
        if not name.startswith("-"):
            positional.append(word)
            continue
        at = known.get(name)
        value = at and _value(at, name, typed if equals else None, rest)
        if at is None or value is None:
            return None
        if at.type == SEVERAL:
            values.setdefault(at.field.name, []).append(value)
        else:
            values[at.field.name] = value  # the last one counts
    return _complete(groups, values, positional)


def _value(at: "_Known", name: str, glued: str | None, rest: list[str]) -> Any:
    """Return an option's value, taken from *rest* where it is no part of its word.

    None where it is not certain what it is.
    """
    if at.type is bool:
        return True if glued is None else None
    if at.type not in (str, str | None, SEVERAL):
        return None
    if glued is not None:
        # `-L=x` is read otherwise, and what may be repeated has short names.
        return glued if name.startswith("--") and at.type != SEVERAL else None
    return rest.pop(0) if rest and not rest[0].startswith("-") else None


class _Known(NamedTuple):
    field: "Field[Any]"
    type: Any
    names: tuple[str, ...]


def _options(groups: Sequence[type[Any]]) -> list[_Known]:
    found = []
    for group in groups:
        for field in fields(group):
            kind, what = declared(field)
            if isinstance(what, Option):
                found.append(_Known(field, kind, names_of(field, what)))
    return found


def _complete(
    groups: Sequence[type[Any]], values: Mapping[str, Any], positional: Sequence[str]
) -> dict[str, Any] | None:
    """Add what was not typed; None where a word is missing, or one too many."""
    complete, left = dict(values), list(positional)
    for group in groups:
        for field in fields(group):
            kind, what = declared(field)
            if isinstance(what, Argument) and left:
                complete[field.name] = left.pop(0) if kind is str else left
                left = left if kind is str else []
            elif field.default is MISSING and field.name not in complete:
                return None
            else:
                complete.setdefault(field.name, field.default)
    return None if left else complete
