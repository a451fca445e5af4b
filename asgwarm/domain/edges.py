"""The life of an instance, as one table: what may be done to a row, and when.

Rule 1: every change of a row is a line of EDGES, and the registry sends its
condition with it. What is not in the table cannot be written.
Rule 2: an instance is LEASED at most once, and no edge leads back to READY.
Rule 3: every edge is fenced: the row must still have the `gen` that was read, and a
change of state adds one to it. So a guard repeats nothing that only a change of state
could have changed since, but for the claim's, whose writer is no part of the loop. The
`gen` of a row that makes no sense is set to the time: more than any count of changes.
Rule 4: this module does not know who asks nor what time it is.
"""

from dataclasses import fields
from typing import NamedTuple

from asgwarm.domain.record import LIVE, Record


class Edge(NamedTuple):
    """One line of the table.

    Args:
        before: The states that it may start from, as words; empty when the guard
            alone says what it starts from.
        after: The state that it leads to.
        sets: Attributes that it writes, from values of the same names.
        removes: Attributes that it removes.
        guard: What must hold besides the state and the generation. A value in
            capitals stands for itself.
    """

    before: str
    after: str
    sets: str = ""
    removes: str = ""
    guard: str = ""


_ENDS = ("LEASED", "DRAINING", "last_lease why", "lease_id")

EDGES = {
    # An instance without a row. A tombstone is a row: a late event raises no dead.
    "register": Edge(
        "", "WARMING", "gen epoch v born_at", "", "attribute_not_exists(pk)"
    ),
    # The boot that went into the pool is known before the pool stops it.
    "booted": Edge(
        "WARMING", "WARMING", "boot_in setup", "", "attribute_not_exists(boot_in)"
    ),
    "warmed": Edge("WARMING", "WARMED"),
    "leave": Edge("WARMED", "WARMING"),
    # The only way to READY: a row of this stack that never had a lease.
    "ready": Edge(
        "WARMING",
        "READY",
        "ready_key host_key address port os_user endpoint tier setup",
    ),
    # At most one lease, ever.
    "claim": Edge(
        "READY",
        "LEASED",
        "lease_id lease_owner lease_name key_fp hb dur_s",
        "ready_key",
        "epoch = :epoch AND attribute_exists(host_key) "
        "AND attribute_not_exists(lease_id) AND attribute_not_exists(last_lease)",
    ),
    # Only the holder, only from the heartbeat that it wrote last.
    "renew": Edge(
        "LEASED", "LEASED", "hb dur_s", "", "lease_id = :lease_id AND hb = :last_hb"
    ),
    # The reaper's clock starts anew for every heartbeat that it sees change.
    "stamp": Edge(
        "LEASED", "LEASED", "hb_seen exp_at lease_seen_at", "", "hb = :hb_seen"
    ),
    "release": Edge(*_ENDS, "lease_id = :last_lease"),
    # A renewal between reading and writing wins: the heartbeat must still be the
    # one that exp_at was stamped for.
    "expire": Edge(*_ENDS, "hb = :hb AND hb_seen = :hb AND exp_at < :deadline"),
    # The hard maximum by the reaper's clock, however often the lease was renewed.
    "end": Edge(*_ENDS, "lease_seen_at < :deadline"),
    # An operator ends the lease.
    "force": Edge(*_ENDS, "lease_id = :last_lease"),
    # Before anything ends a free instance its row leaves the ready index.
    "evict": Edge("READY WARMED", "DRAINING", "why", "ready_key"),
    "stuck": Edge("WARMING", "DRAINING", "template why"),
    # Only when EC2 itself says so; the tombstone outlives every late event.
    "lost": Edge(" ".join(LIVE), "TERMINATED", "why ttl_at", "lease_id ready_key"),
    "gone": Edge("DRAINING", "TERMINATED", "ttl_at"),
    # A row that makes no sense is never offered. Of a newer version it may make some.
    "quarantine": Edge(
        "",
        "QUARANTINED",
        "gen v epoch why",
        # Nothing stays that could make no sense in a later state either: every
        # attribute of a record between its identity and what is written about it.
        " ".join(["ready_key", *(f.name for f in fields(Record)[6:-2])]),
        "attribute_exists(pk) AND NOT v > :v "
        "AND (NOT attribute_type(gen, :N) OR gen = :last_gen)",
    ),
    # Not before every lease that it may have been has reached its maximum.
    "discard": Edge("QUARANTINED", "DRAINING", "why"),
}
