"""Rows that make no sense: whoever reads one quarantines it, and all of them end."""

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asgwarm.domain.record import MalformedRecord, Record, State, record_from_row
from asgwarm.registry.table import ConditionFailed, decode
from tests.prove.machine.play import START, Play
from tests.prove.machine.rules import FIELDS
from tests.prove.machine.sent import READY, STACK

ONE = "i-0123456789abcdef0"
EXAMPLES = int(os.environ.get("QUARANTINE_EXAMPLES", "60"))
SOUND = {
    "v": {"N": "1"},
    "st": {"S": "READY"},
    "gen": {"N": "3"},
    "epoch": {"S": STACK},
    "ready_key": {"S": READY["ready_key"]},
    "host_key": {"S": READY["host_key"]},
}
STATES = ["WARMING", "WARMED", "READY", "LEASED", "DRAINING", "TERMINATED"]
VALUES: list[dict[str, Any]] = [
    {"S": ""},
    {"S": "22"},
    {"N": "7"},
    {"N": "-1"},
    {"N": "1.5"},
    {"N": "2"},
    {"BOOL": True},
    {"BOOL": False},
    {"NULL": True},
    {"L": []},
    {"L": [{"S": "1 register function "}]},
    {"L": [{"N": "1"}]},
    {"M": {}},
    {"B": b"x"},
    {"SS": ["x"]},
    {"NS": ["1"]},
]
NAMES = sorted({*FIELDS, "v", "st"})
CHANGES = st.dictionaries(
    st.sampled_from(NAMES), st.sampled_from([*VALUES, None]), max_size=3
)
OTHER_TYPE = {str: {"N": "7"}, int: {"S": "7"}, tuple: {"S": "1 register function"}}
WRONG: list[dict[str, Any]] = [
    {"st": None},
    {"st": {"S": "READYISH"}},
    {"st": {"N": "1"}},
    {"v": None},
    {"v": {"N": "0"}},
    {"gen": None},
    {"epoch": None},
    *({name: OTHER_TYPE[kind]} for name, kind in FIELDS.items()),
]


@pytest.fixture(scope="module")
def play(new_play):
    """A registry whose keys nobody else has."""
    return new_play()


def put(play: Any, changes: dict[str, Any]) -> dict[str, Any]:
    """Write a row past all rules: a sound one but for *changes*; its plain values."""
    wanted: dict[str, Any] = SOUND | changes
    item = {n: v for n, v in wanted.items() if v is not None}
    key = {"pk": {"S": play.pk_of(ONE)}, "sk": {"S": f"I#{ONE}"}}
    play.registry.client.put_item(TableName=play.registry.name, Item=item | key)
    return decode(item | key)


def refused(row: dict[str, Any]) -> bool:
    """Whether a row is no record."""
    try:
        record_from_row(row)
    except MalformedRecord:
        return True
    return False


def quarantine(play: Play, last_gen: object) -> Record | None:
    """Try to quarantine the row; what it is then, None when it was refused."""
    values = {"now": START, "gen": START, "last_gen": last_gen, "epoch": STACK}
    try:
        return play.registry.move(ONE, None, "quarantine", **values, why="nonsense")
    except ConditionFailed:
        return None


@settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(CHANGES, st.sampled_from(STATES))
def test_what_is_refused_is_quarantined_and_makes_sense_then(play, changes, state):
    """Whatever is wrong with a row of this version or an older one."""
    row = put(play, {"st": {"S": state}} | changes)
    is_newer = type(row.get("v")) in (int, float) and row["v"] > 1

    if refused(row) and not is_newer:
        record = quarantine(play, row.get("gen"))
        assert record is not None
        assert record.state is State.QUARANTINED
        assert play.registry.sorted_rows() == ({ONE: record}, {})


@pytest.mark.parametrize("changes", WRONG, ids=str)
def test_what_was_quarantined_is_ended(play, changes):
    """Out of quarantine leads one way, whatever the row still has of its nonsense."""
    row = put(play, changes)

    record = quarantine(play, row.get("gen"))
    for edge in ("discard", "gone"):
        record = play.registry.move(ONE, record, edge, now=START + 1, why="over")

    assert record is not None
    assert record.state is State.TERMINATED
    shards = range(play.registry.shards)
    assert [play.leases.ready("0", shard) for shard in shards] == [[] for _ in shards]


def test_a_fraction_is_no_text_and_no_number(play):
    """A port of 1.5 and an address of 1.5 are both nonsense."""
    assert refused(put(play, {"port": {"N": "1.5"}}))
    assert refused(put(play, {"address": {"N": "1.5"}}))


def test_a_row_of_a_newer_version_is_left_alone(play):
    """An old function must not quarantine what a new one has written."""
    put(play, {"v": {"N": "2"}, "st": {"S": "RESERVED"}})

    assert quarantine(play, 3) is None


def test_a_row_that_has_changed_since_is_left_alone(play):
    """Whoever took an edge meanwhile knows more."""
    put(play, {"gen": {"N": "4"}})

    assert quarantine(play, 3) is None
