"""A pool's META row and the settings that its function runs with, as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class PoolState(StrEnum):
    """Whether a pool serves or is on its way out."""

    ACTIVE = "ACTIVE"
    DRAINING = "DRAINING"  # nothing becomes ready any more, what is free is ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the stack gave the function. Durations in seconds."""

    pool: str
    group: str  # name of the Auto Scaling group
    epoch: str  # id of the stack
    hot: int  # instances kept in service, unclaimed
    warm: int  # instances kept in the warm pool
    cap: int  # leased and desired together never exceed it
    max_lease_s: int
    period_s: int  # between two passes of the reconciler
    grace_s: int  # between a lease's end and its reaping
    hook_timeout_s: int
    setup_timeout_s: int
    address_type: str  # "public" or "private"
    os_user: str
    on_delete: str  # "refuse" or "end": live leases when the stack is deleted


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """The pool's row, written by the reconciler and read by everybody."""

    epoch: str
    state: PoolState
    hot: int
    warm: int
    cap: int
    max_lease_s: int
    trouble: str = ""  # what last kept an instance from starting; empty when nothing


class MalformedMeta(ValueError):
    """A META row that makes no sense."""


def meta_from_row(row: Mapping[str, object]) -> Meta:
    """Decode a META row of plain Python values.

    Raises:
        MalformedMeta: A needed attribute is missing or of the wrong type.
    """
    numbers = {}
    for field in ("hot", "warm", "cap", "max_lease_s"):
        value = row.get(field)
        if type(value) is not int:
            raise MalformedMeta(f"attribute {field!r} is {value!r}")
        numbers[field] = value
    epoch, trouble = row.get("epoch"), row.get("trouble", "")
    if not isinstance(epoch, str) or not isinstance(trouble, str):
        raise MalformedMeta(f"attributes epoch and trouble are {epoch!r}, {trouble!r}")
    try:
        state = PoolState(str(row.get("state")))
    except ValueError as error:
        raise MalformedMeta(f"state is {row.get('state')!r}") from error
    return Meta(epoch=epoch, state=state, trouble=trouble, **numbers)
