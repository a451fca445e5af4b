"""A pool's META row and the settings that its function runs with, as values."""

import json
from collections.abc import Mapping

from asgwarm.domain.reading import read
from asgwarm.domain.value import value

MOST_SHARDS = 64


@value
class Settings:
    """What the stack gave the function."""

    pool: str
    group: str  # name of the Auto Scaling group
    stack_id: str  # the epoch of every row of this stack
    instances: str  # how the ARN of an instance begins
    hot: int  # instances kept in service, unclaimed
    warm: int  # instances kept in the warm pool
    cap: int  # leased and desired together never exceed it
    max_lease_s: int
    owner_cap: int  # live leases of one user at most; 0 sets no limit
    grace_s: int  # between a lease's end and its reaping
    hook_timeout_s: int
    setup_timeout_s: int
    pool_state: str  # of the warm pool: Stopped or Running
    address_type: str  # "public" or "private"
    os_user: str
    on_delete: str  # "refuse" or "end": live leases when the stack is deleted
    shards: int  # partitions of instance rows; what META says counts
    endpoint: str = ""  # what leads to the addresses, as in `domain.endpoint`
    metrics: str = "no"  # "yes" or "no": whether log lines are metrics


def settings_from(document: str) -> Settings:
    """Read the settings from the JSON that the stack wrote."""
    return Settings(**json.loads(document))


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
    owner_cap: int = 0  # live leases of one user at most; 0 sets no limit
    refresh_at: int = 0  # free instances born before are to be replaced
    seen_at: int = 0  # when all that was ready was last found where it should be
    shards: int = 1  # partitions of instance rows; the stack's first number, for good
    v: int = 1  # version of the pool's rows, by the function that writes them

    @property
    def draining(self) -> bool:
        """Whether the pool is on its way out."""
        return self.pool_mode == "DRAINING"


def meta_from_row(row: Mapping[str, object]) -> Meta | None:
    """Decode a META row of plain Python values; None when it makes no sense."""
    try:
        meta = read(Meta, row)
    except ValueError:
        return None
    return meta if 0 < meta.shards <= MOST_SHARDS else None
