"""What the writes and reads of an instance's life cost, counted as DynamoDB counts.

Rule 1: a write costs a unit for each 1,024 bytes of the larger of what was and what
is; a write whose condition fails costs the same. An entry that comes into a local index
or leaves it is another write, of the entry, on the same partition.
Rule 2: a consistent read costs a unit for each 4,096 bytes, a whole Query together,
and one where there is nothing.
Rule 3: rows are those that the product's own edges make, with names as long as AWS's.
"""

from collections.abc import Mapping
from functools import cache
from math import ceil
from typing import Any

from asgwarm.domain.edges import EDGES
from asgwarm.registry.table import encode, expressions
from tests.prove.simulate.expressions import Item, update

WRITE_BYTES, READ_BYTES = 1_024, 4_096
NOW = 1_800_000_000
LONG = "x" * 17
KNOWN: dict[str, Any] = {
    "v": 1,
    "gen": 0,
    "one": 1,
    "none": (),
    "now": NOW,
    "born_at": NOW,
    "ttl_at": NOW,
    "epoch": "arn:aws:cloudformation:us-east-1:123456789012:stack/asgwarm-dev/"
    + "x" * 36,
    "by": "function",
    "boot_in": "x" * 36,
    "setup": "none",
    "ready_key": "0" * 16,
    "host_key": "ssh-ed25519 " + "A" * 68,
    "address": "203.0.113.250",
    "port": 22,
    "endpoint": "",
    "os_user": "ec2-user",
    "tier": "warm",
    "lease_id": "dev." + "0" * 16,
    "lease_owner": "somebody@a-computer:12345",
    "lease_name": "",
    "key_fp": "SHA256:" + "x" * 43,
    "hb": 1,
    "hb_seen": 1,
    "dur_s": 3_600,
    "exp_at": NOW,
    "lease_seen_at": NOW,
    "last_lease": "dev." + "0" * 16,
    "why": "released",
}
# From launch to tombstone, by way of the warm pool, for a lease that is never renewed.
LIFE = "register booted warmed leave ready claim stamp release gone".split()  # noqa: SIM905


def size_of(item: Item) -> int:
    """Bytes of an item: its names, and its values in UTF-8; a number 1 for 2 digits."""
    return sum(len(name) + _bytes(typed) for name, typed in item.items())


def _bytes(typed: Mapping[str, Any]) -> int:
    ((kind, value),) = typed.items()
    if kind == "L":
        return 3 + sum(1 + _bytes(each) for each in value)
    return len(value) // 2 + 2 if kind == "N" else len(value.encode())


@cache
def life() -> dict[str, tuple[int, int]]:
    """Write units and bytes of the row afterwards, by edge in the order of a life."""
    found: dict[str, tuple[int, int]] = {}
    item: Item = {"pk": {"S": "POOL#dev#12"}, "sk": {"S": f"I#i-{LONG}"}}
    before: Item = {}
    for edge in LIFE:
        change, _ = expressions(EDGES[edge])
        known = KNOWN | {"event": (f"{NOW} {edge} function released",)}
        states = {state: state for state in EDGES[edge].after.split()}
        values = {f":{name}": encode(plain) for name, plain in (known | states).items()}
        after = update(change)(item, values)
        found[edge] = (_write_units(before, after), size_of(after))
        item = before = after
    return found


def _write_units(before: Item, after: Item) -> int:
    row = ceil(max(size_of(before), size_of(after)) / WRITE_BYTES)
    was, will_be = ("ready_key" in each for each in (before, after))
    index = ceil(size_of(before if was else after) / WRITE_BYTES)
    return row + (index if was != will_be else 0)


def claim_units() -> int:
    """Write units of a claim that succeeds."""
    return life()["claim"][0]


def lost_units() -> int:
    """Write units of one that comes too late."""
    return ceil(life()["claim"][1] / WRITE_BYTES)


def other_units() -> int:
    """Write units of everything else in the life of a claimed instance."""
    return sum(units for units, _ in life().values()) - claim_units()


def page_units(rows: int) -> int:
    """Read units of a page of the ready index."""
    return max(1, ceil(rows * life()["ready"][1] / READ_BYTES))
