"""What the rows say of the life of their instances."""

import pytest

from asgwarm.domain.history import Event, events_of


def _row(instance_id: str, *lines: object) -> dict[str, object]:
    return {"sk": f"I#{instance_id}", "history": lines}


def _told(rows: list[dict[str, object]]) -> list[tuple[int, str, str]]:
    return [(event.at, event.instance_id, event.edge) for event in events_of(rows)]


def test_a_line_is_time_edge_actor_and_reason():
    """A reason may hold blanks, and may be missing."""
    rows = [_row("i-1", "100 register function ", "160 evict ada@lab:1 one too many")]

    first, second = events_of(rows)

    assert first == Event(
        at=100, instance_id="i-1", edge="register", actor="function", why=""
    )
    assert (second.edge, second.actor, second.why) == (
        *("evict", "ada@lab:1", "one too many"),
    )


def test_events_of_all_instances_stand_in_the_order_of_time():
    """The newest is the last."""
    rows = [
        _row("i-1", "100 register function ", "300 ready function "),
        _row("i-2", "200 register function "),
    ]

    assert [at for at, *_ in _told(rows)] == [100, 200, 300]


def test_an_instance_s_own_events_keep_their_order():
    """A claimant's clock that is late moves no claim before the readiness."""
    rows = [
        _row("i-1", "100 ready function ", "40 claim ada@lab:1 ", "180 end function "),
        _row("i-2", "90 register function "),
    ]

    assert _told(rows) == [
        (90, "i-2", "register"),
        (100, "i-1", "ready"),
        (40, "i-1", "claim"),
        (180, "i-1", "end"),
    ]


@pytest.mark.parametrize(
    "history",
    [None, "100 ready function ", 7, (7,), ("",), ("soon ready function ",), ("1 x",)],
)
def test_what_makes_no_sense_is_left_out(history):
    """A row of whatever kind, or without a history, tells nothing."""
    assert events_of([{"sk": "I#i-1", "history": history}, {}]) == []
