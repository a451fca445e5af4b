"""Who asked for instances, and how fast others were ready."""

from asgwarm.domain.demand import Arrival, demand_of
from asgwarm.domain.history import waited, waited_s
from tests.unit.domain.rows import row

FIRST = row(  # launched at first, taken at 1000
    "i-1",
    (0, "register"),
    (50, "ready"),
    (1000, "claim"),
    (1600, "release"),
    (1630, "gone"),
)
SECOND = row(  # out of the warm pool; who gets it asked at 1005
    "i-2",
    (0, "register"),
    (80, "warmed"),
    (1003, "leave"),
    (1023, "ready"),
    (1024, "claim", "waited 19 s"),
)
THIRD = row("i-3", (1004, "register"), (1055, "ready"))


def _demand(*rows, since=0, until=2000):
    return demand_of(rows, since=since, until=until)


def test_who_waited_came_before_they_claimed():
    """The claim's line says how long it was."""
    demand = _demand(FIRST, SECOND)

    assert demand.arrivals == (
        Arrival(at=1000, waited_s=0, held_s=600),
        Arrival(at=1005, waited_s=19, held_s=None),
    )


def test_a_line_of_a_claim_carries_whole_seconds_there_and_back():
    """Whoever waited at all waited a second at least."""
    assert [waited_s(waited(s)) for s in (0.2, 4.4, 61.0)] == [1, 4, 61]
    assert [waited_s(why) for why in ("", "spare", "waited for long")] == [0, 0, 0]


def test_an_instance_that_becomes_ready_answers_the_first_who_came():
    """What was ready before anybody came answers nobody."""
    pace = _demand(FIRST, SECOND, THIRD).pace

    assert pace.warm_s == 1023 - 1000
    assert pace.cold_s == 1055 - 1005


def test_starts_are_measured_by_where_they_began():
    """In the warm pool, or from nothing."""
    pace = _demand(FIRST, SECOND, THIRD).pace

    assert pace.warm_start_s == 20
    assert pace.cold_start_s == (50 + 51) / 2
    assert pace.prepare_s == 80


def test_what_was_not_seen_is_not_known():
    """Nothing stands in for it."""
    pace = _demand(row("i-1", (0, "register"))).pace

    assert (pace.warm_s, pace.cold_s, pace.prepare_s) == (None, None, None)
    assert (pace.warm_start_s, pace.cold_start_s) == (None, None)


def test_leases_that_began_before_the_time_take_room_in_it():
    """Until their end, or still; one that was over before does not."""
    over = row("i-4", (0, "register"), (9, "ready"), (10, "claim"), (20, "release"))
    lasting = row("i-5", (0, "register"), (9, "ready"), (10, "claim"))

    demand = _demand(over, lasting, FIRST, since=1200)

    assert demand.arrivals == ()
    assert sorted(demand.earlier, key=str) == [1600, None]


def test_a_row_without_its_beginning_tells_of_no_start():
    """As one that was quarantined."""
    rows = [row("i-1", (0, "quarantine")), row("i-2", (5, "ready"))]

    assert _demand(*rows).pace.cold_start_s is None
