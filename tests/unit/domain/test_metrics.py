"""What the function tells CloudWatch."""

from dataclasses import replace

import pytest

from asgwarm.domain.decide import Action, decide
from asgwarm.domain.metrics import embedded, found, happened
from asgwarm.domain.plan import PoolView
from asgwarm.domain.record import State
from tests.unit.domain.make import NOW, capacity, leased, meta, record, settings, view

ON = settings(metrics="yes")


def pool(*states, target=1):
    """One look at a pool with instances in these states."""
    rows = [record(state, instance_id=f"i-{n}") for n, state in enumerate(states)]
    return PoolView(
        now=NOW,
        meta=meta(),
        group=None,
        ec2={},
        records={row.instance_id: row for row in rows},
        malformed={},
        capacity=capacity(target=target),
    )


def test_a_line_with_figures_has_the_embedded_form():
    """Milliseconds, and each metric and dimension is a member beside `_aws`."""
    line = embedded(ON, NOW, {"Ready": 2, "Leased": 3})

    about = line.pop("_aws")
    (directive,) = about["CloudWatchMetrics"]
    assert about["Timestamp"] == NOW * 1000
    assert directive["Namespace"] == "asgwarm"
    assert directive["Dimensions"] == [["Pool"]]
    assert [metric["Name"] for metric in directive["Metrics"]] == ["Ready", "Leased"]
    assert line == {"Pool": "dev", "Ready": 2, "Leased": 3}


def test_a_pool_that_wants_no_metrics_has_none():
    """They cost money; nor is there a metric of nothing."""
    assert embedded(settings(), NOW, {"Ready": 2}) == {}
    assert embedded(ON, NOW, {}) == {}


@pytest.mark.parametrize(("target", "missing"), [(3, 1), (2, 0), (0, 0)])
def test_what_there_is_is_counted_and_what_should_be_is_missed(target, missing):
    """The capacity's target knows who waits, the cap, and a pool that goes down."""
    states = (State.READY, State.READY, State.WARMED, State.LEASED, State.DRAINING)

    assert found(pool(*states, target=target)) == {
        "Ready": 2,
        "Warm": 1,
        "Leased": 1,
        "Missing": missing,
    }


def test_an_instance_s_way_into_service_is_told_in_seconds():
    """From its start, or from leaving the warm pool."""
    arriving = view(record(State.WARMING, since=NOW - 17), "InService")

    assert happened(arriving, "ready", "") == {"RefillSeconds": 17}


@pytest.mark.parametrize(
    ("history", "waited_s"),
    [
        ((f"{NOW} claim me@here:1 waited 12 s",), 12),
        ((f"{NOW} claim me@here:1 ",), 0),
        ((), 0),
        ((f"{NOW} claim me@here:1 waited {'9' * 5_000} s",), 0),
        (("7 claim me@here:1 waited 5 s", "8 claim me@here:1 "), 0),
        ((3, ("waited", 4)), 0),
    ],
)
def test_what_a_claim_waited_is_told_once(history, waited_s):
    """When its lease is first seen; whatever stands there instead is no wait."""
    lease = leased(history=history)
    fresh = replace(lease, lease_seen_at=0)

    assert happened(view(fresh, "InService"), "stamp", "") == {
        "ClaimWaitSeconds": waited_s
    }
    assert happened(view(lease, "InService"), "stamp", "") == {}


@pytest.mark.parametrize(
    ("row", "lifecycle", "told"),
    [
        (leased(exp_at=NOW - 31), "InService", {"ExpiredLeases": 1}),
        (
            leased(lease_seen_at=NOW - 43_300),
            "InService",
            {"ExpiredLeases": 1},
        ),
        (record(State.WARMING, since=NOW - 999), "Pending:Wait", {"AbandonedHooks": 1}),
        (record(State.WARMING, epoch="another"), "Pending:Wait", {}),
        (record(State.DRAINING), "Pending:Wait", {}),
        (None, "Pending:Wait", {}),
    ],
)
def test_what_is_decided_is_told_as_what_it_is(row, lifecycle, told):
    """A launch that failed, and not one that is not wanted any more."""
    seen = view(row, lifecycle)
    action = decide(seen)

    assert isinstance(action, Action)
    assert happened(seen, *action) == told
