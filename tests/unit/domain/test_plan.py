"""What a pool needs as a whole."""

from dataclasses import replace
from typing import Any

from asgwarm.domain.breaker import FAILING_S, PAUSED
from asgwarm.domain.plan import PoolView, plan
from asgwarm.domain.record import State
from tests.unit.domain.make import EARLIER, NOW, TEMPLATE, capacity, group, meta, record

FAILED = [
    record(
        State.TERMINATED,
        instance_id=f"i-{n}",
        template=TEMPLATE,
        why="set-up failed: no space",
    )
    for n in range(3)
]
WHY = f"{PAUSED}3 instances failed within an hour: set-up failed: no space"


def steps(records=(), *, failure="", suspended=("AZRebalance",), trouble="", **changes):
    """The plan of a pool that is as it should be but for what is given.

    That it was seen is left out.
    """
    known: dict[str, Any] = {
        "now": NOW,
        "meta": meta(trouble=trouble, refresh_at=changes.pop("refresh_at", 0)),
        "group": group(suspended=frozenset(suspended)),
        "ec2": {},
        "records": {row.instance_id: row for row in records},
        "malformed": {},
        "capacity": capacity(),
    }
    found = list(plan(PoolView(**known | changes), failure))
    return [step for step in found if step[0] != "seen_at"]


def test_without_a_group_there_is_nothing_to_plan():
    """It does not exist yet, or no more."""
    assert steps(group=None) == []


def test_capacity_that_is_missing_cannot_wait():
    """A hint is enough to raise it; all else is the full pass's."""
    short = capacity(desired=1, target=3)

    assert steps(failure=None, capacity=short) == [("raise", 3)]
    assert steps(failure=None, suspended=(), malformed={"i-1": 3}) == []


def test_zones_are_not_evened_out():
    """That would end healthy instances."""
    assert steps(suspended=()) == [("suspend", "AZRebalance")]


def test_why_the_newest_launch_failed_is_noted():
    """People read it in `status`; what is noted already is not written again."""
    assert steps(failure="no capacity") == [("trouble", "no capacity")]
    assert steps(failure="no capacity", trouble="no capacity") == []
    assert steps(trouble="no capacity") == [("trouble", "")]


def test_a_row_that_makes_no_sense_is_quarantined():
    """By a full pass, not by a hint."""
    assert ("quarantine", "i-1") in steps(malformed={"i-1": None})


def test_three_failures_within_an_hour_pause_launches():
    """Each instance that fails by our own doing costs money; the reason is noted."""
    assert steps(FAILED[:2]) == []
    assert steps(FAILED) == [("trouble", WHY), ("suspend", "Launch")]


def test_the_pause_ends_by_time_or_with_a_refresh():
    """The reason stays noted until launches are seen to have resumed."""
    paused = {"suspended": ("AZRebalance", "Launch"), "trouble": WHY}

    assert steps(FAILED, **paused) == []
    resumed = [("resume", "Launch")]
    assert steps(FAILED, now=NOW + FAILING_S, **paused) == resumed
    assert steps(FAILED, refresh_at=NOW, **paused) == resumed
    assert steps(FAILED, refresh_at=NOW, trouble=WHY) == [("trouble", "")]


def test_the_pause_ends_with_another_launch_template():
    """Failures of the one before do not count, those of the new one do."""
    paused = {"suspended": ("AZRebalance", "Launch"), "trouble": WHY}
    before = [replace(row, template=EARLIER) for row in FAILED]

    assert steps(before, **paused) == [("resume", "Launch")]
    assert steps([*before, *FAILED[:2]]) == []
    assert steps([*before, *FAILED]) == [("trouble", WHY), ("suspend", "Launch")]


def test_a_failure_of_an_unknown_launch_template_counts():
    """Be it the row that names none, or a group of `$Latest`: launches cost money."""
    unknown = [replace(row, template="") for row in FAILED]
    latest = group(template="", suspended=frozenset({"AZRebalance"}))

    assert steps(unknown) == [("trouble", WHY), ("suspend", "Launch")]
    assert steps(FAILED, group=latest) == [("trouble", WHY), ("suspend", "Launch")]


def test_somebody_elses_pause_is_left_alone():
    """An operator may have suspended launches by hand."""
    theirs = {"suspended": ("AZRebalance", "Launch"), "trouble": ""}

    assert steps(**theirs) == []


def test_what_was_given_up_for_other_reasons_is_no_failure():
    """A pool that goes down or is refreshed ends many, and pauses nothing."""
    ended = [
        record(State.TERMINATED, instance_id=f"i-{n}", why="the pool is going down")
        for n in range(9)
    ]

    assert steps(ended) == []


def test_a_pool_that_goes_down_launches_nothing():
    """Each instance would be ended as soon as it is there, without end."""
    down = meta(pool_mode="DRAINING")
    why = f"{PAUSED}the pool goes down"

    assert steps(meta=down) == [("trouble", why), ("suspend", "Launch")]


def test_a_pool_was_seen_when_all_that_is_ready_is_in_service():
    """A row that says ready of another one may be of a backup, and leased since."""
    seen: dict[str, Any] = {
        "now": NOW,
        "meta": meta(),
        "ec2": {},
        "records": {},
        "malformed": {},
    }
    seen["group"] = group()

    for strays, failure, told in [(0, "", True), (1, "", False), (0, None, False)]:
        known = replace(capacity(), strays=strays)
        steps = list(plan(PoolView(**seen, capacity=known), failure))
        assert (("seen_at", NOW) in steps) is told
