"""What happened to instances, to people and to programs."""

import io
import json

import pytest

from asgwarm.cli.output import Output
from asgwarm.cli.views.logs import WORDS, Log
from asgwarm.domain.edges import EDGES
from asgwarm.domain.history import Event

CLAIM = Event(
    at=1_769_860_800,
    instance_id="i-0123456789abcdef0",
    edge="claim",
    actor="ada@lab:42",
    why="",
)
EVICT = Event(
    at=1_769_860_860,
    instance_id="i-0123456789abcdef0",
    edge="evict",
    actor="function",
    why="not ready after 241 s; its guest reported nothing",
)


class Screen(io.StringIO):
    """A terminal as a stream."""

    def isatty(self) -> bool:
        """It is one."""
        return True


def _shown(*batches, json=False, screen=None):
    """The lines that batches of events become."""
    out = screen or io.StringIO()
    log = Log(Output(out, io.StringIO(), json=json))
    for batch in batches:
        log.add(batch)
    return out.getvalue().splitlines()


def test_an_event_is_a_line_of_plain_words():
    """When, which instance, what, who, and why; in a pipe nothing is cut."""
    head, claim, evict = _shown([CLAIM, EVICT])

    assert head.split() == ["TIME", "(UTC)", "INSTANCE", "WHAT", "WHO", "WHY"]
    assert claim.split() == [
        *("01-31", "12:00:00", "i-0123456789abcdef0", "leased", "ada@lab"),
    ]
    assert evict.endswith("  not ready after 241 s; its guest reported nothing")


def test_what_comes_later_is_aligned_and_has_no_second_head():
    """A log that is followed is one table."""
    head, claim, evict = _shown([CLAIM], [], [EVICT])

    at = head.index("WHO")
    assert claim[at:].startswith("ada@lab")
    assert evict[at:].startswith("function")


def test_a_log_fits_a_narrow_terminal(monkeypatch):
    """No line is wider than 80 columns, and the reason is what is cut."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")

    *_, evict = _shown([CLAIM, EVICT], screen=Screen())

    assert len(evict) <= 80
    assert "  function  not ready after" in evict
    assert evict.endswith("…")


def test_nothing_new_shows_nothing():
    """Not even a head."""
    assert _shown([], []) == []


def test_an_event_is_a_document():
    """One line each, with the full name of who did it; no reason is null."""
    (line,) = _shown([CLAIM], json=True)

    assert json.loads(line) == {
        "schema": "asgwarm.event/v1",
        "type": "instance",
        "at": "2026-01-31T12:00:00Z",
        "instance_id": "i-0123456789abcdef0",
        "edge": "claim",
        "actor": "ada@lab:42",
        "why": None,
    }


def test_every_change_of_state_has_a_word():
    """No edge that leaves a line in the history is shown by its bare name."""
    moves = {name for name, edge in EDGES.items() if edge.before != edge.after}

    assert moves == WORDS.keys()


@pytest.mark.parametrize("edge", ["teleport", "\x1b[31mred"])
def test_an_unknown_edge_is_shown_as_it_is(edge):
    """A newer function's word is no error, and no escape sequence acts."""
    strange = Event(at=1, instance_id="i-1", edge=edge, actor="function", why="")

    line = _shown([strange])[1]

    assert edge.replace("\x1b", r"\x1b") in line
