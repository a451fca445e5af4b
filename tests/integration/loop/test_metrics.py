"""Figures in the log of the deployed function, in the embedded metric format."""

import json

from asgwarm.clock import now_s
from asgwarm.domain.record import State
from asgwarm.registry.leases import Wish


def told(pool):
    """The values of each metric in the pool's log, oldest first."""
    logs = pool.region.client("logs")
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=f"/asgwarm/{pool.name}"
    )
    found: dict[str, list[int]] = {}
    for event in (event for page in pages for event in page["events"]):
        if not event["message"].startswith('{"do"'):
            continue
        line = json.loads(event["message"])
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
            assert directive["Namespace"] == "asgwarm"
            assert [[line[n] for n in d] for d in directive["Dimensions"]] == [
                [pool.name]
            ]
            for metric in directive["Metrics"]:
                found.setdefault(metric["Name"], []).append(line[metric["Name"]])
    return found


def _claim(pool, waited_s):
    wish = Wish(
        lease_id=f"{pool.name}.a",
        lease_owner="me@here:1",
        lease_name="",
        dur_s=60,
        why=f"waited {waited_s} s",
    )
    (ready,) = pool.leases.ready("0")
    return pool.leases.claim(ready, wish, key_fp="SHA256:x", now=now_s())


def test_a_pool_that_asks_for_metrics_tells_them(make_pool):
    """What there is once a pass, and a refill, a claim and an expiry as they come."""
    pool = make_pool(warm=0, metrics="yes").fill()

    lease = _claim(pool, waited_s=12)
    pool.until(lambda: pool.record(lease.instance_id).lease_seen_at)
    pool.fill()
    pool.fire()
    figures = told(pool)

    assert figures["Ready"][-1] == 1
    assert figures["Leased"][-1] == 1
    assert figures["Missing"][-1] == 0
    assert 1 in figures["Missing"]
    assert figures["ClaimWaitSeconds"] == [12]
    assert len(figures["RefillSeconds"]) == 2

    pool.control.advance(200)
    pool.control.settle()

    assert pool.record(lease.instance_id).state is not State.LEASED
    assert told(pool)["ExpiredLeases"] == [1]


def test_a_pool_that_asks_for_none_tells_none(pool):
    """That is what a new pool does."""
    pool.fire()

    assert told(pool) == {}
