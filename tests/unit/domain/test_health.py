"""Why a pool is not full, in one sentence."""

from dataclasses import replace

import pytest

from asgwarm.domain.health import RECENT_S, why_not_full
from asgwarm.domain.record import State
from tests.unit.domain.make import NOW, leased, meta, record

META = meta(warm=1, cap=2)
READY, WARMED = record(State.READY), record(State.WARMED)
GIVEN_UP = record(State.DRAINING, why="not ready after 180 s", since=NOW - 10)


def test_a_full_pool_has_no_reason():
    """Leases beside it change nothing as long as the cap has room."""
    assert why_not_full(META, [READY, WARMED, leased()], NOW) is None


@pytest.mark.parametrize(
    ("records", "changes", "said"),
    [
        ([], {"pool_mode": "DRAINING"}, "the pool is going down"),
        (
            [READY, WARMED],
            {"seen_at": NOW - 720},
            "its function has not compared its rows with the group for 12 minutes",
        ),
        (
            [],
            {"seen_at": 0},
            "its function has not compared its rows with the group yet",
        ),
        ([leased()] * 2 + [WARMED], {}, "2 instances are leased and the cap is 2"),
        ([], {"trouble": "no capacity"}, "instances cannot be launched: no capacity"),
        (
            [GIVEN_UP],
            {},
            "the last instance did not become ready: not ready after 180 s",
        ),
        (
            [record(State.WARMING), record(State.WARMING, since=NOW - 7)],
            {},
            "2 instances are on the way, the first for 120 s",
        ),
        (
            [record(State.WARMING)],
            {},
            "1 instance is on the way, the first for 120 s",
        ),
        ([record(State.DRAINING)], {}, "a used instance is being replaced"),
        (
            [replace(GIVEN_UP, since=NOW - RECENT_S)],
            {},
            "a used instance is being replaced",
        ),
        ([], {}, "the group has not launched an instance yet"),
    ],
)
def test_the_first_reason_that_holds_is_the_one_that_is_said(records, changes, said):
    """What stops everything comes before what only takes time."""
    assert why_not_full(replace(META, **changes), records, NOW) == said
