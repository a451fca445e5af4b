"""Every situation of a row, and every edge: exactly these pairs are a way."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from asgwarm.domain.edges import EDGES
from asgwarm.domain.record import record_from_row
from tests.prove.machine.play import START, Play
from tests.prove.machine.rules import RULES
from tests.prove.machine.sent import OTHER_STACK, READY, STACK, honest

ONE = "i-0123456789abcdef0"
ROW = {"v": 1, "gen": 3, "epoch": STACK, "since": START - 120}
OFFERED = ROW | READY | {"st": "READY"}
HELD = ROW | {"st": "LEASED", "lease_id": "dev.mine", "hb": 4, "dur_s": 600}
STAMPED = HELD | {"hb_seen": 4, "exp_at": START - 1, "lease_seen_at": START - 700}
ENDED = {"last_lease": "dev.mine", "why": "released"}
ENDS = {"release", "force", "lost"}

# situation -> the row, and the edges that lead out of it
SITUATIONS: dict[str, tuple[dict[str, Any] | None, set[str]]] = {
    "no row": (None, {"register"}),
    "warming": (
        ROW | {"st": "WARMING"},
        {"booted", "warmed", "ready", "stuck", "lost"},
    ),
    "warming, its boot known": (
        ROW | {"st": "WARMING", "boot_in": "boot-1"},
        {"warmed", "ready", "stuck", "lost"},
    ),
    "warming, of another stack": (
        ROW | {"st": "WARMING", "epoch": OTHER_STACK},
        {"booted", "warmed", "ready", "stuck", "lost"},
    ),
    "warmed": (ROW | {"st": "WARMED"}, {"leave", "evict", "lost"}),
    "ready": (OFFERED, {"claim", "evict", "lost"}),
    "ready, of another stack": (OFFERED | {"epoch": OTHER_STACK}, {"evict", "lost"}),
    "ready, leased before": (OFFERED | ENDED, {"evict", "lost"}),
    "ready, somebody's": (OFFERED | {"lease_id": "dev.x"}, {"evict", "lost"}),
    "ready, without host key": (
        {k: v for k, v in OFFERED.items() if k != "host_key"},
        {"evict", "lost"},
    ),
    "leased, not seen yet": (HELD, {*ENDS, "renew", "stamp"}),
    "leased, seen, still good": (
        STAMPED | {"exp_at": START + 500, "lease_seen_at": START},
        {*ENDS, "renew", "stamp"},
    ),
    "leased, expired": (STAMPED, {*ENDS, "renew", "stamp", "expire", "end"}),
    "leased, expired this very second": (
        STAMPED | {"exp_at": START, "lease_seen_at": START},
        {*ENDS, "renew", "stamp"},
    ),
    "leased, expired, but renewed and not seen since": (
        STAMPED | {"hb_seen": 3},
        {*ENDS, "renew", "stamp", "end"},
    ),
    "leased, at the maximum": (
        STAMPED | {"exp_at": START + 500},
        {*ENDS, "renew", "stamp", "end"},
    ),
    "quarantined": (
        ROW | {"st": "QUARANTINED", "why": "nonsense"},
        {"lost", "discard"},
    ),
    "no state": (ROW, set()),
    "an unknown state": (ROW | {"st": "READYISH"}, set()),
    "a generation that is no number": (OFFERED | {"gen": "3"}, set()),
    "ready, a port that is no number": (
        OFFERED | {"port": "22"},
        {"claim", "evict", "lost"},
    ),
    "ready, of a newer version": (OFFERED | {"v": 2}, {"claim", "evict", "lost"}),
    "draining": (ROW | {"st": "DRAINING"} | ENDED, {"lost", "gone"}),
    "terminated": (ROW | {"st": "TERMINATED"} | ENDED, set()),
}
CELLS = [
    pytest.param(row, edge, edge in ways, id=f"{situation}: {edge}")
    for situation, (row, ways) in SITUATIONS.items()
    for edge in RULES
    if edge != "quarantine"  # has a file of its own
]
FROM_NOTHING = ("register", "quarantine")  # there is no record to start from
READ_BEFORE = record_from_row(STAMPED | {"sk": f"I#{ONE}"})
Made = Callable[[], Play]


@pytest.fixture
def play(new_play: Made) -> Play:
    """A registry whose keys nobody else has."""
    return new_play()


def take(play: Play, edge: str, **changes: Any) -> bool:
    """Take an edge from what was read last; whether it was taken.

    Where that is nothing, somebody has read a lease before.
    """
    record = play.read(ONE) or replace(READ_BEFORE, pk=play.pk_of(ONE))
    values = honest(edge, record, play.now, 1) | changes
    return play.move(ONE, None if edge in FROM_NOTHING else record, edge, **values)


def test_the_matrix_has_every_edge():
    """A new edge is a new column."""
    assert set(RULES) == set(EDGES)


@pytest.mark.parametrize(("row", "edge", "is_way"), CELLS)
def test_exactly_the_edges_of_the_table_are_ways(play, row, edge, is_way):
    """The right edge from the right row, everything else is refused."""
    if row is not None:
        play.put(ONE, row)

    assert take(play, edge) is is_way

    play.look()


@pytest.mark.parametrize("edge", sorted(set(RULES) - {*FROM_NOTHING}))
@pytest.mark.parametrize("gen", [2, 4, "3"], ids=repr)
def test_what_was_read_at_another_time_is_refused(play, edge, gen):
    """Every edge is fenced by the generation, whatever else is right."""
    situation = next(row for row, ways in SITUATIONS.values() if row and edge in ways)
    play.put(ONE, situation)
    record = play.read(ONE)
    play.put(ONE, situation | {"gen": gen})

    assert not play.move(ONE, record, edge, **honest(edge, record, play.now, 1))


@pytest.mark.parametrize("edge", ["renew", "release", "force"])
def test_nobody_touches_the_lease_of_another(play, edge):
    """Whoever names another lease than the row's is refused."""
    play.put(ONE, STAMPED)

    assert not take(play, edge, lease_id="dev.other", last_lease="dev.other")
    assert take(play, edge)


@pytest.mark.parametrize("edge", ["renew", "stamp", "expire"])
@pytest.mark.parametrize("hb", [3, 5])
def test_a_heartbeat_between_reading_and_writing_wins(play, edge, hb):
    """Another heartbeat than the one that was read refuses the write."""
    play.put(ONE, STAMPED)

    assert not take(play, edge, last_hb=hb, hb_seen=hb, hb=hb)


def test_a_renewal_between_reading_and_reaping_wins(play):
    """What was stamped was the heartbeat before."""
    play.put(ONE, STAMPED)
    read = play.read(ONE)
    play.put(ONE, STAMPED | {"hb": 5})

    assert not play.move(ONE, read, "expire", **honest("expire", read, play.now, 1))


@pytest.mark.parametrize("edge", sorted(set(RULES) - {"quarantine"}))
def test_the_same_write_twice_is_applied_once(play, edge):
    """A doubled request changes nothing, but for a stamp, which is the same again."""
    row = next(row for row, ways in SITUATIONS.values() if edge in ways)
    if row is not None:
        play.put(ONE, row)
    record = play.read(ONE)
    values = honest(edge, record, play.now, 1)
    assert play.move(ONE, record, edge, **values)

    assert play.move(ONE, record, edge, **values) is (edge == "stamp")
    play.look()
