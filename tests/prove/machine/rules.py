"""What each write of the registry needs and does, written down a second time.

The product has one table of edges, from which its requests are made. Here the same
rules stand as plain Python over plain rows, so that a mistake in the one is caught by
the other: on the table, in its expressions, or in what it does with them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

VERSION = 1
ANYWHERE = ("*",)
STATES = {"WARMING", "WARMED", "READY", "LEASED", "DRAINING", "TERMINATED"}
STATES |= {"QUARANTINED"}
TEXTS = (
    *("epoch", "address", "os_user", "host_key", "boot_in", "tier", "setup", "why"),
    *("endpoint", "template"),
    *("lease_id", "lease_owner", "lease_name", "last_lease"),
)
NUMBERS = (
    *("gen", "since", "born_at", "port", "hb", "dur_s"),
    *("hb_seen", "exp_at", "lease_seen_at"),
)
FIELDS: dict[str, type] = {
    **dict.fromkeys(TEXTS, str),
    **dict.fromkeys(NUMBERS, int),
    "history": tuple,
}

Row = dict[str, Any]
Sent = Mapping[str, Any]  # what a write carries, by name
Needs = Callable[[Row, Sent], bool]


@dataclass(frozen=True)
class Rule:
    """One write: where it may start, what else it needs, what it leaves behind.

    `start` is empty where there must be no row, ANYWHERE where the row's own word does
    not count.
    """

    start: tuple[str, ...]
    end: str
    writes: tuple[str, ...] = ()
    drops: tuple[str, ...] = ()
    needs: Needs = lambda row, sent: True

    def permits(self, row: Row | None, sent: Sent) -> bool:
        """Whether the write is applied to *row*."""
        if row is None or not self.start:
            return row is None and not self.start
        fits = row.get("st") in self.start and same(row.get("gen"), sent["gen"])
        return (fits or self.start == ANYWHERE) and self.needs(row, sent)

    def apply(self, row: Row | None, sent: Sent) -> Row:
        """The row after the write."""
        left = {k: v for k, v in (row or {}).items() if k not in self.drops}
        left |= {name: sent[name] for name in self.writes}
        left["updated_by"] = sent["by"]
        if self.start == (self.end,):
            return left
        left |= {"st": self.end, "since": sent["now"]}
        if self.start in ((), ANYWHERE):  # what was there may make no sense
            return left | {"history": (sent["line"],)}
        left["history"] = (*left.get("history", ()), sent["line"])
        left["gen"] += 1
        return left


def makes_sense(row: Row) -> bool:
    """Whether a row is an instance record of this version."""
    if not same(row.get("v"), VERSION) or row.get("st") not in STATES:
        return False
    known = FIELDS
    if row["st"] == "QUARANTINED":
        known = {name: FIELDS[name] for name in ("gen", "epoch", "since", "why")}
    needed = {"gen": None, "epoch": None} | row
    return all(type(needed[n]) is kind for n, kind in known.items() if n in needed)


def same(one: object, other: object) -> bool:
    """Whether two values are equal to DynamoDB, where true is not 1."""
    return type(one) is type(other) and one == other


def _less(one: object, other: int) -> bool:
    return type(one) is int and one < other


def _is_holder(row: Row, sent: Sent) -> bool:
    return same(row.get("lease_id"), sent["last_lease"])


def _may_be_claimed(row: Row, sent: Sent) -> bool:
    known = "host_key" in row and same(row.get("epoch"), sent["epoch"])
    return known and "lease_id" not in row and "last_lease" not in row


def _is_current(row: Row, sent: Sent) -> bool:
    return same(row.get("lease_id"), sent["lease_id"]) and same(
        row.get("hb"), sent["last_hb"]
    )


def _is_unseen(row: Row, sent: Sent) -> bool:
    return same(row.get("hb"), sent["hb_seen"])


def _is_over(row: Row, sent: Sent) -> bool:
    stamped = same(row.get("hb"), sent["hb"]) and same(row.get("hb_seen"), sent["hb"])
    return stamped and _less(row.get("exp_at"), sent["deadline"])


def _is_at_its_maximum(row: Row, sent: Sent) -> bool:
    return _less(row.get("lease_seen_at"), sent["deadline"])


def _is_as_it_was_read(row: Row, sent: Sent) -> bool:
    version = row.get("v")
    is_newer = type(version) in (int, float) and version > sent["v"]
    gen = row.get("gen")
    return not is_newer and (type(gen) is not int or gen == sent["last_gen"])


ENDS_A_LEASE = (("LEASED",), "DRAINING", ("last_lease", "why"), ("lease_id",))
RULES = {
    "register": Rule((), "WARMING", ("gen", "epoch", "v", "born_at")),
    "booted": Rule(
        ("WARMING",),
        "WARMING",
        ("boot_in", "setup"),
        needs=lambda row, sent: "boot_in" not in row,
    ),
    "warmed": Rule(("WARMING",), "WARMED"),
    "leave": Rule(("WARMED",), "WARMING"),
    "ready": Rule(
        ("WARMING",),
        "READY",
        (
            *("ready_key", "host_key", "address", "port"),
            *("os_user", "endpoint", "tier", "setup"),
        ),
    ),
    "claim": Rule(
        ("READY",),
        "LEASED",
        ("lease_id", "lease_owner", "lease_name", "key_fp", "hb", "dur_s"),
        ("ready_key",),
        _may_be_claimed,
    ),
    "renew": Rule(("LEASED",), "LEASED", ("hb", "dur_s"), needs=_is_current),
    "stamp": Rule(
        ("LEASED",), "LEASED", ("hb_seen", "exp_at", "lease_seen_at"), needs=_is_unseen
    ),
    "release": Rule(*ENDS_A_LEASE, _is_holder),
    "expire": Rule(*ENDS_A_LEASE, _is_over),
    "end": Rule(*ENDS_A_LEASE, _is_at_its_maximum),
    "force": Rule(*ENDS_A_LEASE, _is_holder),
    "evict": Rule(("READY", "WARMED"), "DRAINING", ("why",), ("ready_key",)),
    "stuck": Rule(("WARMING",), "DRAINING", ("template", "why")),
    "lost": Rule(
        ("WARMING", "WARMED", "READY", "LEASED", "DRAINING", "QUARANTINED"),
        "TERMINATED",
        ("why", "ttl_at"),
        ("lease_id", "ready_key"),
    ),
    "gone": Rule(("DRAINING",), "TERMINATED", ("ttl_at",)),
    "quarantine": Rule(
        ANYWHERE,
        "QUARANTINED",
        ("gen", "v", "epoch", "why"),
        ("ready_key", *set(FIELDS) - {"gen", "epoch", "since", "why", "history"}),
        _is_as_it_was_read,
    ),
    "discard": Rule(("QUARANTINED",), "DRAINING", ("why",)),
}
