"""A pool's META row and the settings that its function runs with, as values."""

from collections.abc import Mapping
from dataclasses import fields

from asgwarm.domain.value import read, value


@value
class Settings:
    """What the stack gave the function, a variable of its environment each."""

    pool: str
    group: str  # name of the Auto Scaling group
    stack_id: str  # the epoch of every row of this stack
    hot: int  # instances kept in service, unclaimed
    warm: int  # instances kept in the warm pool
    cap: int  # leased and desired together never exceed it
    max_lease_s: int
    grace_s: int  # between a lease's end and its reaping
    hook_timeout_s: int
    setup_timeout_s: int
    pool_state: str  # of the warm pool: Stopped or Running
    address_type: str  # "public" or "private"
    os_user: str
    on_delete: str  # "refuse" or "end": live leases when the stack is deleted


def settings_from(environ: Mapping[str, str]) -> Settings:
    """Read the settings; a variable is named like its field, in capitals."""
    values = {field.name: environ[field.name.upper()] for field in fields(Settings)}
    return Settings(**{k: int(v) if v.isdigit() else v for k, v in values.items()})  # type: ignore[arg-type]  # by name


@value
class Meta:
    """The pool's row, written by the function and read by everybody."""

    epoch: str
    pool_mode: str  # ACTIVE, or DRAINING: nothing becomes ready, what is free is ended
    hot: int
    warm: int
    cap: int
    max_lease_s: int
    trouble: str  # what last kept an instance from starting; empty when nothing

    @property
    def draining(self) -> bool:
        """Whether the pool is on its way out."""
        return self.pool_mode == "DRAINING"


def meta_from_row(row: Mapping[str, object]) -> Meta | None:
    """Decode a META row of plain Python values; None when it makes no sense."""
    try:
        return read(Meta, row)
    except ValueError:
        return None
