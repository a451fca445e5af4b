"""Events, streams, schedules and faults reach a real function, in the region's time."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError, HTTPClientError

from asgwarm.local import process
from asgwarm.local.control import Control
from asgwarm.local.info import RegionError

pytestmark = pytest.mark.long


@dataclass
class Heard:
    """A deployed listener: call it for what it has heard since it was deployed."""

    work: Any
    table: Any

    def __call__(self) -> list[dict[str, Any]]:
        self.work.region.control.settle()
        return [one for one in self.work.heard("hear") if "RequestType" not in one]

    def put(self, name: str, **more: Any) -> None:
        """Put an item into its table."""
        self.table.put_item(TableName="hear", Item={"pk": {"S": name}} | more)


@pytest.fixture
def heard(fresh_region, fresh_work, listener) -> Heard:
    """The listener on a region of the test's own."""
    fresh_work.deploy("hear", listener("hear"))
    return Heard(fresh_work, fresh_region.client("dynamodb"))


GO = {"st": {"S": "GO"}}
# How often one process has been called.
COUNTING = """
import itertools, os

numbers = itertools.count(1)

def handler(event, context):
    if event.get("dies"):
        os._exit(1)
    raise ValueError(f"call {next(numbers)}")
"""
# Behind another function: one that dies of its first invocation.
MORTAL = """
import os, pathlib, tempfile

survive = handler

def handler(event, context):
    mark = pathlib.Path(tempfile.gettempdir(), "died")
    if not mark.exists():
        mark.touch()
        os._exit(1)
    survive(event, context)
"""


def test_a_custom_resource_is_answered_by_its_function(region, work, listener):
    """Creation and deletion both reach it, by the one path that needs no signature."""
    name = "custom"
    work.deploy(name, listener(name))
    # It answers before it writes down what it heard.
    (event,) = region.until(
        lambda: [one for one in work.heard(name) if "RequestType" in one]
    )
    assert event["RequestType"] == "Create"
    work.delete(name)


def test_a_custom_resource_whose_function_dies_is_answered_by_the_next_try(
    region, work, listener
):
    """Lambda tries an event again whose function has failed."""
    name = "mortal"
    template = listener(name)
    code = template["Function"]["Properties"]["Code"]
    code["ZipFile"] += MORTAL

    work.deploy(name, template)

    assert region.until(
        lambda: [one for one in work.heard(name) if "RequestType" in one]
    )
    work.delete(name)


def test_what_a_function_has_loaded_outlives_its_exceptions(region, work, listener):
    """The environment is kept, as AWS keeps it; one that dies is replaced."""
    name = "raising"
    template = {k: v for k, v in listener(name).items() if k in ("Role", "Function")}
    template["Function"]["Properties"]["Code"]["ZipFile"] = COUNTING
    work.deploy(name, template)
    client = region.client("lambda")

    def told(**event: bool) -> str:
        answer = client.invoke(FunctionName=name, Payload=json.dumps(event))
        assert answer["FunctionError"]
        return str(json.loads(answer["Payload"].read())["errorMessage"])

    assert [told(), told(), told()] == ["call 1", "call 2", "call 3"]
    assert "died" in told(dies=True)
    assert told() == "call 1"
    work.delete(name)


def test_the_stream_reaches_the_function_filtered(heard):
    """Only the items that the mapping's pattern lets through."""
    heard.put("a", **GO)
    heard.put("b", st={"S": "NO"})

    (event,) = heard()
    (record,) = event["Records"]
    assert record["dynamodb"]["Keys"] == {"pk": {"S": "a"}}
    assert record["dynamodb"]["NewImage"]["st"] == {"S": "GO"}


def test_a_lost_stream_record_is_not_delivered_later(heard, fresh_region):
    """As if it had expired; what is written afterwards arrives."""
    fresh_region.control.set_faults(stream_lost=True)
    heard.put("lost", **GO)
    assert heard() == []
    fresh_region.control.set_faults()
    heard.put("found", **GO)

    (event,) = heard()
    assert [r["dynamodb"]["Keys"]["pk"]["S"] for r in event["Records"]] == ["found"]


def test_the_schedule_follows_the_regions_time(heard, fresh_region):
    """Time that is moved fires it, with that time inside, and once per period."""
    before = fresh_region.control.status()["now"]
    fresh_region.control.advance(150)

    times = [datetime.fromisoformat(one["time"]).timestamp() for one in heard()]
    assert len(times) == 2
    assert times[0] == pytest.approx(before + 60, abs=10)
    assert times[1] - times[0] == pytest.approx(60, abs=1)
    assert fresh_region.control.status()["now"] >= before + 150


def test_the_schedule_fires_on_request(heard, fresh_region):
    """At once, without moving time."""
    assert fresh_region.control.fire_schedule() == 1
    (event,) = heard()
    assert event["detail-type"] == "Scheduled Event"


def test_nobody_else_fires_the_schedule(heard, fresh_region):
    """The base's own scheduler does not run: a day brings a few firings only."""
    fresh_region.control.advance(86_400)
    assert 1 < len(heard()) <= 6


def test_events_of_auto_scaling_reach_the_function(heard, fresh_work, group):
    """From a group that a template made."""
    fresh_work.deploy("group", group("group"))

    kinds = fresh_work.region.until(
        lambda: (
            {
                kind
                for one in heard()
                if (kind := one.get("detail", {}).get("Destination"))
            }
            >= {"WarmPool", "AutoScalingGroup"}
        )
    )
    assert kinds
    assert {one["source"] for one in heard()} == {"aws.autoscaling"}


@pytest.mark.parametrize(("faults", "count"), [("lost", 0), ("", 1), ("doubled", 2)])
def test_events_get_lost_or_come_twice(heard, fresh_region, fresh_work, faults, count):
    """Best effort, in both directions."""
    fresh_region.control.set_faults(events=faults)
    scaling = fresh_region.client("autoscaling")
    launch_one(fresh_region, scaling)

    successes = [
        one for one in heard() if one["detail-type"] == "EC2 Instance Launch Successful"
    ]
    assert len(successes) == count


def launch_one(region, scaling) -> None:
    """A group with one instance in service."""
    region.client("ec2").create_launch_template(
        LaunchTemplateName="one",
        LaunchTemplateData={"ImageId": "ami-12345678", "InstanceType": "m7i.large"},
    )
    scaling.create_auto_scaling_group(
        AutoScalingGroupName="one",
        MinSize=1,
        MaxSize=1,
        AvailabilityZones=["us-east-1a"],
        LaunchTemplate={"LaunchTemplateName": "one"},
    )

    def in_service():
        answer = scaling.describe_auto_scaling_instances()
        states = [one["LifecycleState"] for one in answer["AutoScalingInstances"]]
        return states == ["InService"]

    region.until(in_service)


def test_a_launch_without_capacity_fails_and_says_so(fresh_region):
    """The activity has EC2's words; with capacity back the group fills up."""
    fresh_region.control.set_faults(no_capacity=True)
    scaling = fresh_region.client("autoscaling")
    with pytest.raises(AssertionError, match="did not happen"):
        region_until = fresh_region.until
        fresh_region.until = lambda done: region_until(done, timeout_s=1)
        launch_one(fresh_region, scaling)
    activities = scaling.describe_scaling_activities()["Activities"]
    assert activities[0]["StatusCode"] == "Failed"
    assert "sufficient" in activities[0]["StatusMessage"]

    fresh_region.control.set_faults()
    fresh_region.control.advance(600)
    states = scaling.describe_auto_scaling_instances()["AutoScalingInstances"]
    assert [one["LifecycleState"] for one in states] == ["InService"]


def test_a_slow_boot_delays_ssh_and_not_ec2(fresh_region, fresh_work):
    """EC2 says running at once, as on AWS."""
    fresh_region.control.set_faults(boot_s=30)
    ec2 = fresh_region.client("ec2")
    ec2.run_instances(ImageId="ami-1", InstanceType="m7i.large", MinCount=1, MaxCount=1)
    fresh_region.control.settle()
    status = fresh_region.control.status()
    assert (status["instances"], status["addresses"]) == ({"running": 1}, {})

    fresh_region.control.advance(31)
    fresh_region.until(lambda: fresh_region.control.status()["addresses"])


@pytest.mark.parametrize(
    ("kind", "error", "performed"),
    [
        ("throttle", ClientError, False),
        ("500", ClientError, False),
        ("503", ClientError, False),
        ("reset_before", HTTPClientError, False),
        ("reply_lost", HTTPClientError, True),
    ],
)
def test_http_faults_strike_one_call(fresh_region, kind, error, performed):
    """Refused or broken off; only a lost reply comes from a call that was performed."""
    sqs = fresh_region.client("sqs")
    fault = {"kind": kind, "service": "sqs", "action": "CreateQueue", "count": 1}
    fresh_region.control.set_faults(http=[fault])

    with pytest.raises(error):
        sqs.create_queue(QueueName="one")
    assert bool(sqs.list_queues().get("QueueUrls")) is performed

    sqs.create_queue(QueueName="two")
    calls = fresh_region.control.requests()
    assert [call["action"] for call in calls] == [
        "CreateQueue",
        "ListQueues",
        "CreateQueue",
    ]


def test_a_slow_call_is_performed(fresh_region):
    """After its delay."""
    fault = {"kind": "slow", "service": "sts", "delay_s": 0.01}
    fresh_region.control.set_faults(http=[fault])
    assert fresh_region.client("sts").get_caller_identity()["Account"]


def test_calls_are_recorded_with_their_caller(heard, fresh_region):
    """The user's, and those of the function, which has a key of its own."""
    heard.put("a", **GO)
    heard()
    calls = {(c["owner"], c["action"]) for c in fresh_region.control.requests()}
    assert {("user", "PutItem"), ("lambda", "PutItem")} <= calls
    last = fresh_region.control.requests()[-1]["n"]
    assert fresh_region.control.requests(last) == []


def test_time_can_stand_still(tmp_path):
    """With pace manual only `advance` moves it."""
    info = process.start(tmp_path / "region", pace="manual")
    try:
        control = Control(info)
        before = control.status()["now"]
        assert control.status()["now"] == before
        assert control.advance(90) == before + 90
    finally:
        process.stop(tmp_path / "region")


def test_durations_can_be_changed(fresh_region):
    """By the names of Auto Scaling's timings; unknown ones are refused."""
    assert fresh_region.control.timings(detach_s=3)["detach_s"] == 3
    with pytest.raises(RegionError, match="no_such"):
        fresh_region.control.timings(no_such=1)
