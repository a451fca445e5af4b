"""An instance's row in the registry, as a value.

Rule 1: a row is decoded strictly. What makes no sense is a MalformedRecord and
is never offered to anybody.
Rule 2: attributes that this version does not know are ignored here and kept in
the table, since every write names the attributes that it changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

SCHEMA_VERSION = 1


class State(StrEnum):
    """What asgwarm says of an instance; AWS's own lifecycle state is another thing."""

    WARMING = "WARMING"  # on its way into the warm pool or into service
    WARMED = "WARMED"  # resting in the warm pool
    READY = "READY"  # in service, host key known: may be claimed
    LEASED = "LEASED"  # somebody's, once and never again
    DRAINING = "DRAINING"  # will be terminated
    TERMINATED = "TERMINATED"  # gone; the row stays as a tombstone
    QUARANTINED = "QUARANTINED"  # not understood; never offered


class MalformedRecord(ValueError):
    """A row that is not an instance record of a version this code knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One instance row. Times are Unix seconds by the reconciler's clock.

    Only `dur_s` and `max_exp` come from the holder's side, and they are wishes:
    the reaper enforces its own limits.
    """

    instance_id: str
    state: State
    gen: int  # grows with every change of state; the fencing number
    epoch: str  # id of the stack that the row belongs to
    since: int = 0  # when the row entered its state
    az: str = ""
    address: str = ""  # where SSH answers
    port: int = 22
    os_user: str = ""
    host_key: str = ""  # "ssh-ed25519 AAAA…", frozen when the row became READY
    boot_in: str = ""  # boot id that the guest reported on the way into the pool
    tier: str = ""  # "warm" or "cold": how the instance came into service
    setup: str = ""  # what became of the set-up script
    ready_at: int = 0
    lease_id: str = ""
    owner: str = ""
    name: str = ""
    key_fp: str = ""
    hb: int = 0  # the holder's heartbeat, one more with every renewal
    dur_s: int = 0
    hb_seen: int = 0  # the heartbeat that the reaper stamped exp_at for
    exp_at: int = 0
    max_exp: int = 0
    lease_seen_at: int = 0  # when the reaper first saw this lease
    last_lease: str = ""
    evict: bool = False
    why: str = ""

    @property
    def is_live(self) -> bool:
        """Whether an instance may still stand behind the row."""
        return self.state not in (State.TERMINATED, State.QUARANTINED)


# attribute in the table -> (field of Record, type, must it be there)
_ATTRIBUTES: dict[str, tuple[str, type, bool]] = {
    "st": ("state", str, True),
    "gen": ("gen", int, True),
    "epoch": ("epoch", str, True),
    "since": ("since", int, False),
    "az": ("az", str, False),
    "address": ("address", str, False),
    "port": ("port", int, False),
    "os_user": ("os_user", str, False),
    "host_key": ("host_key", str, False),
    "boot_in": ("boot_in", str, False),
    "tier": ("tier", str, False),
    "setup": ("setup", str, False),
    "ready_at": ("ready_at", int, False),
    "lease_id": ("lease_id", str, False),
    "owner": ("owner", str, False),
    "name": ("name", str, False),
    "key_fp": ("key_fp", str, False),
    "hb": ("hb", int, False),
    "dur": ("dur_s", int, False),
    "hb_seen": ("hb_seen", int, False),
    "exp_at": ("exp_at", int, False),
    "max_exp": ("max_exp", int, False),
    "lease_seen_at": ("lease_seen_at", int, False),
    "last_lease": ("last_lease", str, False),
    "evict": ("evict", bool, False),
    "why": ("why", str, False),
}


def record_from_row(row: Mapping[str, object]) -> Record:
    """Decode a row of plain Python values.

    Raises:
        MalformedRecord: A needed attribute is missing, one has the wrong type, the
            version is newer than this code, or the state is unknown.
    """
    key = row.get("sk")
    if not isinstance(key, str) or not key.startswith("I#i-"):
        raise MalformedRecord(f"sort key {key!r} is not an instance's")
    version = row.get("v", SCHEMA_VERSION)
    if not isinstance(version, int) or version > SCHEMA_VERSION:
        raise MalformedRecord(f"schema version {version!r} is not known here")
    fields: dict[str, object] = {"instance_id": key[2:]}
    for attribute, (field, kind, needed) in _ATTRIBUTES.items():
        value = row.get(attribute)
        if value is None and not needed:
            continue
        if type(value) is not kind:
            raise MalformedRecord(f"attribute {attribute!r} is {value!r}")
        fields[field] = value
    try:
        fields["state"] = State(str(fields["state"]))
    except ValueError as error:
        raise MalformedRecord(f"state {row['st']!r} is not known") from error
    return Record(**fields)  # type: ignore[arg-type]  # types checked above
