"""Faults: which calls they strike, and what becomes of events."""

import pytest

from asgwarm.local.clock import Clock, Pace
from asgwarm.local.events import Events
from asgwarm.local.faults import FaultTable, Kind, parse


def struck(fault, calls) -> list[bool]:
    """Which of the calls are hit, as a list of booleans."""
    table = FaultTable()
    table.now = parse({"http": [fault]})
    return [table.http(*call) is not None for call in calls]


def test_a_fault_strikes_the_nth_matching_call():
    """Only matching calls are counted."""
    calls = [
        ("dynamodb", "PutItem", "user"),
        ("dynamodb", "Query", "user"),
        ("dynamodb", "PutItem", "user"),
        ("dynamodb", "PutItem", "user"),
    ]
    fault = {"kind": "500", "action": "PutItem", "nth": 2, "count": 1}

    assert struck(fault, calls) == [False, False, True, False]


def test_a_fault_without_a_count_strikes_for_ever():
    """From the nth on."""
    calls = [("sts", "GetCallerIdentity", "user")] * 4
    assert struck({"kind": "503", "nth": 2}, calls) == [False, True, True, True]


def test_a_fault_can_be_for_one_caller_only():
    """The owner of the key is matched as service and action are."""
    calls = [("ec2", "DescribeInstances", who) for who in ("user", "lambda", "i-1")]
    fault = {"kind": "throttle", "service": "ec2", "owner": "l*"}
    assert struck(fault, calls) == [False, True, False]


def test_a_rate_strikes_some():
    """With the same seed always the same ones."""
    calls = [("dynamodb", "PutItem", "user")] * 400
    hits = struck({"kind": "500", "rate": 0.25}, calls)
    assert 60 < sum(hits) < 140
    assert hits == struck({"kind": "500", "rate": 0.25}, calls)


@pytest.mark.parametrize(
    "values",
    [
        {"no_such": 1},
        {"http": [{"kind": "no such"}]},
        {"http": [{"service": "dynamodb"}]},
        {"http": [{"kind": "500", "no_such": 1}]},
        {"events": "scrambled"},
        {"refill": "lukewarm"},
    ],
)
def test_unknown_faults_are_refused(values):
    """A misspelt fault would make a test green that tests nothing."""
    with pytest.raises(ValueError, match=r"no such|not an HTTP|not a valid|one of"):
        parse(values)


def test_kinds_are_the_documented_ones():
    """Tests name them as text."""
    assert {str(kind) for kind in Kind} == {
        "throttle",
        "500",
        "503",
        "denied",
        "expired_token",
        "invalid",
        "not_found",
        "reset_before",
        "reply_lost",
        "cut",
        "garbled",
        "truncated",
        "slow",
        "hold_before",
        "hold_after",
    }


async def emitted(**faults) -> list[tuple[str, float]]:
    """Times at which two events arrive: a lifecycle action and a success."""
    clock, table = Clock(pace=Pace.MANUAL, real=lambda: 0.0), FaultTable()
    table.now = parse(faults)
    seen: list[tuple[str, float]] = []
    events = Events(
        lambda source, kind, detail, resources: seen.append((kind, clock.now())),
        clock=clock,
        faults=table,
    )
    for kind in ("EC2 Instance-launch Lifecycle Action", "EC2 Instance Launch"):
        events.emit("aws.autoscaling", kind, {}, [])

    async def nothing():
        pass

    await clock.advance(100, nothing)
    return [(kind[-6:], when) for kind, when in seen]


async def test_events_get_lost_come_twice_or_late():
    """Only those whose detail type is meant."""
    assert await emitted() == [("Action", 0), ("Launch", 0)]
    assert await emitted(events="lost") == []
    assert await emitted(events="lost", events_like="*Action") == [("Launch", 0)]
    assert await emitted(events="doubled", events_like="*Action") == [
        ("Action", 0),
        ("Action", 0),
        ("Launch", 0),
    ]
    late = await emitted(events="late", events_late_s=30, events_like="*Action")
    assert late == [("Launch", 0), ("Action", 30)]
