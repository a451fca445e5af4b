"""An instance's row in the registry, as a value.

Rule 1: a row is decoded strictly. What makes no sense is a MalformedRecord and
is never offered to anybody.
Rule 2: attributes that this version does not know are ignored here and kept in
the table, since every write names the attributes that it changes.
Rule 3: in which partition a row is follows from the instance's id and the pool's number
of shards, and from nothing else.
"""

from binascii import crc32
from collections.abc import Mapping
from enum import StrEnum

from asgwarm.domain.reading import read
from asgwarm.domain.value import value

SCHEMA_VERSION = 1


class State(StrEnum):
    """What asgwarm says of an instance; AWS's own lifecycle state is another thing."""

    WARMING = "WARMING"  # on its way into the warm pool or into service
    WARMED = "WARMED"  # resting in the warm pool
    READY = "READY"  # in service, host key known: may be claimed
    LEASED = "LEASED"  # somebody's, once and never again
    DRAINING = "DRAINING"  # will be terminated
    QUARANTINED = "QUARANTINED"  # the row made no sense; nobody knows who holds it
    TERMINATED = "TERMINATED"  # gone; the row stays as a tombstone


# An instance may still stand behind a row in one of these.
LIVE = tuple(State)[:-1]
# Nobody's, and not to be had yet.
UNREADY = (State.WARMING, State.WARMED)


class MalformedRecord(ValueError):
    """A row that is not an instance record of a version this code knows."""


@value
class Record:
    """One instance row; a field is named like its attribute, only `state` is `st`.

    Times are Unix seconds, by the reconciler's clock but for `since` where a holder
    wrote it. `dur_s` is the holder's wish: the reaper enforces its own limits.
    """

    instance_id: str
    state: State
    gen: int  # grows with every change of state; the fencing number
    epoch: str  # id of the stack that the row belongs to
    pk: str = ""  # the partition that the row is in
    since: int = 0  # when the row entered its state
    born_at: int = 0  # when the row was made, by the function's clock
    address: str = ""  # where SSH answers
    port: int = 22
    os_user: str = ""
    endpoint: str = ""  # what leads to the address, as in `domain.endpoint`
    host_key: str = ""  # "ssh-ed25519 AAAA…", frozen when the row became READY
    boot_in: str = ""  # boot id that the guest reported on the way into the pool
    tier: str = ""  # "warm" or "cold": how the instance came into service
    setup: str = ""  # what became of the set-up script
    lease_id: str = ""
    lease_owner: str = ""
    lease_name: str = ""
    hb: int = 0  # the holder's heartbeat, one more with every renewal
    dur_s: int = 0
    hb_seen: int = 0  # the heartbeat that the reaper stamped exp_at for
    exp_at: int = 0
    lease_seen_at: int = 0  # when the reaper first saw this lease
    last_lease: str = ""
    template: str = ""  # the launch template, of what failed before it was ready
    why: str = ""
    # One line for every change of state: "<unix seconds> <edge> <actor> <why>".
    history: tuple = ()  # type: ignore[type-arg]  # of str; read at run time


def shard_of(instance_id: str, shards: int) -> int:
    """Return which of so many shards an instance's row is in, from 0 on."""
    return crc32(instance_id.encode()) % shards


def record_from_row(row: Mapping[str, object]) -> Record:
    """Decode a row of plain Python values.

    Raises:
        MalformedRecord: A needed attribute is missing, one has the wrong type, the
            version is newer than this code, or the state is unknown.
    """
    key = str(row.get("sk"))
    if not key.startswith("I#i-") or row.get("v") != SCHEMA_VERSION:
        raise MalformedRecord(f"row {key!r} has version {row.get('v')}")
    try:
        return read(Record, {**row, "instance_id": key[2:], "state": row.get("st")})
    except ValueError as error:
        raise MalformedRecord(f"row {key}: {error}") from error
