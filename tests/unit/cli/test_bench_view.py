"""What `bench` says before it starts, and at its end."""

from dataclasses import replace
from decimal import Decimal

import pytest

from asgwarm.bench.figures import Shot
from asgwarm.bench.plan import WAYS, plan
from asgwarm.bench.run import Event, result
from asgwarm.bench.situation import Situation
from asgwarm.cli.views import bench as view
from asgwarm.stack.options import PoolOptions
from asgwarm.stack.price import rate

WHOLE = PoolOptions(pool="dev").filled()
ON_AWS = Situation(
    pool="dev",
    region="us-east-1",
    endpoint=None,
    stack_id="arn:aws:cloudformation:us-east-1:111122223333:stack/asgwarm-dev/uuid",
    group="asgwarm-dev-pool",
    options=WHOLE,
    rate=rate(WHOLE, "us-east-1"),
    leased=0,
    mine=0,
)
SHOTS = {
    "get": [Shot(total_ms=400, phases_ms={"start": 200, "first_byte": 9})],
    "warm": [Shot(total_ms=8_100)],
    "cold": [Shot(total_ms=25_400)],
}


@pytest.fixture
def measured():
    """A result with a verdict, and a way that was left out."""
    return result(SHOTS, {"spare": "no \x1b[1mroom"}, ON_AWS)


def test_the_plan_says_what_it_takes_and_costs_at_most():
    """Before anybody is asked; what is left out has its reason."""
    planned = plan(("get", "warm", "spare"), 20, replace(ON_AWS, leased=8).room)

    assert view.plan_lines(ON_AWS, planned) == [
        "measure pool dev in us-east-1",
        "  ways       get 20 times, spare 20 times",
        "  without    warm: 3 leased at once are needed, and the pool's caps leave "
        "room for 2",
        "  instances  41 used up at most, 1 held all the time",
        "  price      $0.38 at most, within its limits (estimate)",
    ]


def test_a_price_that_is_not_known_is_not_guessed():
    """It says so."""
    unknown = replace(ON_AWS, rate=None)

    lines = view.plan_lines(unknown, plan(("get",), 1, unknown.room))

    assert lines[-1] == "  price      not known for this instance type and region"


def test_a_user_with_few_leases_left_has_room_for_no_more():
    """The smaller of both caps counts."""
    mine = replace(WHOLE, owner_cap=3)
    room = replace(ON_AWS, options=mine, leased=4, mine=1).room

    assert room.free == 2
    assert replace(ON_AWS, options=mine, leased=9, mine=1).room.free == 1
    assert set(plan(WAYS, 1, room).skipped) == {"spare", "warm"}


def test_a_set_up_script_is_waited_for():
    """An instance may take as long as its script may."""
    slow = replace(WHOLE, setup=b"#!/bin/sh", setup_timeout_s=900)

    assert ON_AWS.refill_s == 300
    assert replace(ON_AWS, options=slow).refill_s == 300 + 900


def test_every_way_is_a_row_with_its_phases_below(measured):
    """The fastest first, with its ratio to get."""
    assert [tuple(row.cells) for row in view.rows(measured)] == [
        ("get", "400", "400", "1", "1.00"),
        ("  start", "200", "200", "1", ""),
        ("  first byte", "9", "9", "1", ""),
        ("warm", "8,100", "8,100", "1", "20.25"),
        ("cold", "25,400", "25,400", "1", "63.50"),
    ]


def test_the_verdict_stands_beside_its_conditions(measured):
    """What was measured where; on AWS there is no reservation."""
    on_aws = view.notes(ON_AWS, measured)
    elsewhere = view.notes(replace(ON_AWS, endpoint="http://127.0.0.1:1"), measured)

    assert on_aws[-1].startswith("verdict: a stopped instance is ready 17.3 s sooner")
    assert on_aws[-1].count("$0.64 a month") == 1
    assert "m7i.large, image /aws/service/ami-amazon-linux-latest" in on_aws[2]
    assert not any("not AWS" in line for line in on_aws)
    assert any("not AWS" in line for line in elsewhere)
    assert elsewhere[-1].startswith("verdict there: ")


def test_without_both_times_it_says_what_is_missing():
    """Nothing is concluded from one."""
    found = result({"get": SHOTS["get"]}, {}, ON_AWS)

    assert view.notes(ON_AWS, found)[-1] == f"verdict: {view.NEITHER}"
    assert view.document(ON_AWS, found)["verdict"] is None


def test_the_document_has_whole_milliseconds(measured):
    """And the reasons as they are; JSON escapes them."""
    found = view.document(ON_AWS, measured)

    assert found["schema"] == "asgwarm.bench/v1"
    assert found["ways"]["get"] == {  # type: ignore[index]  # a document
        "n": 1,
        "p50_ms": 400,
        "p95_ms": 400,
        "ratio_to_get": 1.0,
        "phases": {
            "start": {"n": 1, "p50_ms": 200, "p95_ms": 200},
            "first_byte": {"n": 1, "p50_ms": 9, "p95_ms": 9},
        },
    }
    assert found["skipped"] == {"spare": "no \x1b[1mroom"}


def test_an_event_is_a_line_or_a_document():
    """A shot with its time, a way that is left out with its reason."""
    shot = Event(way="get", number=2, of=5, shot=SHOTS["get"][0])
    failed = Event(way="cold", number=1, of=5, why="no \x1b[1mroom")

    assert view.line(shot) == "get 2 of 5: 400 ms"
    assert "\x1b" not in view.line(failed)
    assert view.event_document(shot)["timings"] == {
        "start_ms": 200,
        "first_byte_ms": 9,
    }
    assert view.event_document(failed)["type"] == "skipped"


def test_a_price_is_of_the_pools_own_instances():
    """The dearer the type, the dearer the bench."""
    dear = PoolOptions(pool="dev", instance_type="m7i.4xlarge").filled()
    costly = replace(ON_AWS, options=dear, rate=rate(dear, "us-east-1"))

    cheap_at_most = plan(("get",), 20, ON_AWS.room).at_most
    dear_at_most = plan(("get",), 20, costly.room).at_most
    assert cheap_at_most is not None
    assert dear_at_most is not None
    assert dear_at_most > 7 * cheap_at_most > Decimal(0)
