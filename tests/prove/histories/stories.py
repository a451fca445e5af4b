"""Hand-made histories: some that may be, and many that may not, each by its name."""

from dataclasses import replace

from tests.prove.histories import history as h
from tests.prove.histories.checker import DOUBLE, LOST_LEASE, ODD, STRANDED
from tests.prove.histories.history import History, Operation, Row

A, B = "i-a", "i-b"
FREE = Row(instance_id=A, state="READY")


def op(who, kind, times, outcome="", **known):
    """An operation from one time to another; a time of None is never."""
    called_s, returned_s = times
    known |= {"called_s": called_s, "returned_s": returned_s, "outcome": outcome}
    return Operation(who=who, n=known.pop("n", 1), kind=kind, **known)


def claim(who, times=(0, 1), outcome=h.GRANTED, **known):
    """A claim; a granted one gets the instance A as the claimant's own lease."""
    if outcome == h.GRANTED:
        known = {"instance_id": A, "lease_id": f"one.{who}"} | known
    return op(who, h.CLAIM, times, outcome, **known)


def read(who, times, state, lease_id="", **known):
    """A read of A."""
    known = {"instance_id": A, "lease_id": lease_id, "gen": 3} | known
    return op(who, h.READ, times, state, **known)


def release(who, times=(2, 3), outcome=h.DONE, **known):
    """A release of the claimant's lease of A, after its claim."""
    known = {"n": 2, "instance_id": A, "lease_id": f"one.{who}"} | known
    return op(who, h.RELEASE, times, outcome, **known)


def held(who, n=1, **changes):
    """The row of A as a claim left it."""
    row = Row(
        instance_id=A,
        state="LEASED",
        owner=h.owner_of(who, n),
        lease_id=f"one.{who}",
    )
    return replace(row, **changes)


def ended(who, **changes):
    """The row of A after its lease."""
    return held(who, state="DRAINING", **changes)


def story(*operations, rows=(), **known):
    """A history."""
    return History(operations=list(operations), rows=list(rows), **known)


GOOD = {
    "nothing happened": story(),
    "claimed and kept": story(claim("ada"), rows=[held("ada")]),
    "claimed, seen, given back, seen": story(
        claim("ada"),
        read("bob", (1.5, 1.8), "LEASED", "one.ada"),
        release("ada"),
        read("cid", (4, 5), "DRAINING", "one.ada", gen=4),
        rows=[ended("ada")],
    ),
    "read while it was claimed": story(
        claim("ada"), read("bob", (0.5, 2), "READY"), rows=[held("ada")]
    ),
    "one won, the other had nothing": story(
        claim("ada"),
        claim("bob", (0, 1), h.CONTENDED),
        claim("bob", (2, 3), h.EMPTY, n=2),
        rows=[held("ada")],
    ),
    "nobody knows, and it is written down": story(
        claim("ada", outcome=h.UNKNOWN),
        rows=[held("ada")],
        journal={"one.ada": h.UNKNOWN},
    ),
    "nobody knows, and it was not applied": story(
        claim("ada", outcome=h.UNKNOWN), rows=[FREE]
    ),
    "killed before it heard": story(
        claim("ada", (0, None), ""), rows=[held("ada")], dead={"ada": 9.0}
    ),
    "killed while it looked": story(
        claim("ada"),
        read("bob", (2, None), ""),
        rows=[held("ada")],
        dead={"bob": 9.0},
    ),
    "refused, and still free": story(claim("ada", outcome=h.FAILED), rows=[FREE]),
    "evicted before anybody came": story(
        op("eve", h.EVICT, (0, 1), h.DONE, instance_id=A),
        claim("ada", (2, 3), h.EMPTY),
        rows=[Row(instance_id=A, state="DRAINING")],
    ),
    "released twice at the same time": story(
        claim("ada"),
        release("ada", (2, 4)),
        release("bob", (2, 4), h.LOST, n=1, lease_id="one.ada"),
        rows=[ended("ada")],
    ),
}

BAD = {
    "two hold it at the same time": (
        DOUBLE,
        story(claim("ada"), claim("bob"), rows=[held("ada")]),
    ),
    "two hold it, one after the other": (
        DOUBLE,
        story(claim("ada"), claim("bob", (2, 3)), rows=[held("bob")]),
    ),
    "granted again after it was given back": (
        DOUBLE,
        story(claim("ada"), release("ada"), claim("bob", (4, 5)), rows=[held("bob")]),
    ),
    "granted after somebody saw it draining": (
        DOUBLE,
        story(
            read("bob", (0, 1), "DRAINING", gen=1),
            claim("ada", (2, 3)),
            rows=[held("ada")],
        ),
    ),
    "granted after somebody saw it terminated": (
        DOUBLE,
        story(
            read("bob", (0, 1), "TERMINATED", gen=1),
            claim("ada", (2, 3)),
            rows=[held("ada")],
        ),
    ),
    "granted after somebody saw it leased": (
        DOUBLE,
        story(
            read("bob", (0, 1), "LEASED", "one.cid"),
            claim("ada", (2, 3)),
            rows=[held("ada")],
        ),
    ),
    "granted and evicted": (
        DOUBLE,
        story(
            claim("ada"),
            op("eve", h.EVICT, (0, 2), h.DONE, instance_id=A),
            rows=[held("ada")],
        ),
    ),
    "one lease on two instances": (
        DOUBLE,
        story(
            claim("ada"),
            claim("bob", instance_id=B, lease_id="one.ada"),
            rows=[held("ada"), held("bob", instance_id=B, lease_id="one.ada")],
        ),
    ),
    "granted and not in the row": (LOST_LEASE, story(claim("ada"), rows=[FREE])),
    "granted of no row at all": (LOST_LEASE, story(claim("ada"))),
    "granted and in the row as another's": (
        LOST_LEASE,
        story(claim("ada"), rows=[held("ada", owner="bob@lab:1")]),
    ),
    "granted and not seen afterwards": (
        LOST_LEASE,
        story(claim("ada"), read("bob", (2, 3), "READY"), rows=[held("ada")]),
    ),
    "granted and no row seen afterwards": (
        LOST_LEASE,
        story(claim("ada"), read("bob", (2, 3), ""), rows=[held("ada")]),
    ),
    "another lease seen afterwards": (
        LOST_LEASE,
        story(
            claim("ada"), read("bob", (2, 3), "LEASED", "one.cid"), rows=[held("ada")]
        ),
    ),
    "ended by itself": (
        LOST_LEASE,
        story(claim("ada"), release("ada", outcome=h.LOST), rows=[ended("ada")]),
    ),
    "told that there was nothing, and holds it": (
        STRANDED,
        story(claim("ada", outcome=h.EMPTY), rows=[held("ada")]),
    ),
    "told that others were faster, and holds it": (
        STRANDED,
        story(claim("ada", outcome=h.CONTENDED), rows=[held("ada")]),
    ),
    "told that AWS refused, and holds it": (
        STRANDED,
        story(claim("ada", outcome=h.FAILED), rows=[held("ada")]),
    ),
    "told that nobody knows, and written nowhere": (
        STRANDED,
        story(claim("ada", outcome=h.UNKNOWN), rows=[held("ada")]),
    ),
    "told that nobody knows, and written down as held": (
        STRANDED,
        story(
            claim("ada", outcome=h.UNKNOWN),
            rows=[held("ada")],
            journal={"one.ada": "held"},
        ),
    ),
    "held by nobody who asked": (STRANDED, story(rows=[held("ada")])),
    "one claim holds two": (
        STRANDED,
        story(
            claim("ada"),
            rows=[held("ada"), held("ada", instance_id=B, lease_id="one.ada2")],
        ),
    ),
    "given back and still held": (
        STRANDED,
        story(claim("ada"), release("ada"), rows=[held("ada")]),
    ),
    "seen as held after it was given back": (
        ODD,
        story(
            claim("ada"),
            release("ada"),
            read("bob", (4, 5), "LEASED", "one.ada"),
            rows=[ended("ada")],
        ),
    ),
    "free again, as somebody saw it": (
        ODD,
        story(
            read("bob", (0, 1), "DRAINING", gen=3),
            read("bob", (2, 3), "READY", gen=4, n=2),
            rows=[Row(instance_id=A, state="DRAINING")],
        ),
    ),
    "an older generation, read later": (
        ODD,
        story(
            read("bob", (0, 1), "READY", gen=3),
            read("bob", (2, 3), "READY", gen=2, n=2),
            rows=[FREE],
        ),
    ),
    "seen before it was asked for": (
        ODD,
        story(
            read("bob", (0, 1), "LEASED", "one.ada"),
            claim("ada", (2, 3)),
            rows=[held("ada")],
        ),
    ),
    "sent away while one was free all the time": (
        ODD,
        story(claim("ada", outcome=h.EMPTY), rows=[FREE]),
    ),
    "lost to nobody": (
        ODD,
        story(claim("ada", outcome=h.CONTENDED, instance_id=A), rows=[FREE]),
    ),
    "lives and never heard": (
        ODD,
        story(claim("ada", (0, None), ""), rows=[held("ada")]),
    ),
    "asked after its death": (
        ODD,
        story(claim("ada", (5, 6)), rows=[held("ada")], dead={"ada": 4.0}),
    ),
    "heard before it asked": (ODD, story(claim("ada", (2, 1)), rows=[held("ada")])),
    "did two things at once": (
        ODD,
        story(claim("ada", (0, 3)), release("ada", (2, 4)), rows=[ended("ada")]),
    ),
    "granted nothing": (ODD, story(claim("ada", instance_id="", lease_id=""))),
}
