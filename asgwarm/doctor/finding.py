"""What a check finds, and what a check is.

Rule 1: a finding says what is wrong, its cause, and a command to type next.
Rule 2: a check that cannot be made is a finding itself. Checks that fail for one and
the same reason make one finding, which names them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from asgwarm.domain.value import value
from asgwarm.errors import (
    AccessDenied,
    AsgwarmError,
    CredentialsMissing,
    GuardRefused,
    PoolNotFound,
    RegionDown,
    ResourceMissing,
    StackFailed,
    Unavailable,
)

if TYPE_CHECKING:
    from asgwarm.doctor.facts import Facts

_NAMED = 5  # of so many things a finding gives the names
_REASONS: tuple[tuple[type[AsgwarmError], str], ...] = (
    (CredentialsMissing, "credentials"),
    (AccessDenied, "denied"),
    (RegionDown, "no-answer"),
    (Unavailable, "no-answer"),
    (PoolNotFound, "no-pool"),
    (GuardRefused, "foreign-stack"),
    (StackFailed, "stack-broken"),
    (ResourceMissing, "part-missing"),
)
# They are not about the permission or the network of whoever looks.
_IN_THE_WAY = ("credentials", "no-pool", "foreign-stack", "stack-broken")


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"  # somebody is kept from working, or pays for nothing
    WARNING = "warning"  # nobody is yet
    UNKNOWN = "unknown"  # it could not be looked at


@value
class Finding:
    """One thing that is wrong. `id` keeps its meaning within a version."""

    id: str
    severity: Severity
    what: str
    cause: str
    next: str  # a command to type
    check: str = ""  # who found it; several names where it kept several from looking


@value
class Check:
    """One group of checks: what it asks AWS, what is wrong with that, its one line."""

    name: str
    look: "Callable[[Facts], Any]"
    judge: Callable[[Any], Iterable[Finding]]
    said: Callable[[Any], str]


def error(id_: str, what: str, *, cause: str, next_: str) -> Finding:
    """Return a finding that keeps somebody from working, or costs money."""
    return Finding(id=id_, severity=Severity.ERROR, what=what, cause=cause, next=next_)


def warning(id_: str, what: str, *, cause: str, next_: str) -> Finding:
    """Return a finding that will, or may."""
    kind = Severity.WARNING
    return Finding(id=id_, severity=kind, what=what, cause=cause, next=next_)


def not_made(failed: Sequence[tuple[str, AsgwarmError]]) -> Iterator[Finding]:
    """Yield a finding for each reason that kept checks, by name, from looking."""
    checks: dict[tuple[str, str], list[str]] = {}
    first: dict[tuple[str, str], AsgwarmError] = {}
    for name, reason in failed:
        id_ = _id_of(reason)
        # Each service has words of its own for credentials that are wrong.
        key = (id_, "" if id_ == "credentials" else reason.message)
        checks.setdefault(key, []).append(name)
        first.setdefault(key, reason)
    for key, names in checks.items():
        is_wrong = key[0] in _IN_THE_WAY
        yield Finding(
            id=key[0],
            severity=Severity.ERROR if is_wrong else Severity.UNKNOWN,
            what=f"not looked at: {', '.join(names)}",
            cause=first[key].message,
            next=first[key].hint,
            check=", ".join(names),
        )


def named(things: Iterable[str]) -> str:
    """Return the first few names, and how many more there are."""
    found = sorted(things)
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return ", ".join(found[:_NAMED]) + more


def _id_of(reason: AsgwarmError) -> str:
    found = (id_ for kind, id_ in _REASONS if isinstance(reason, kind))
    return next(found, "not-checked")
