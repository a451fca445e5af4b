"""The service between HTTP bodies, a clock that tests move, and a small EC2."""

import asyncio
from urllib.parse import urlencode

import pytest

from asgwarm.local.autoscaling.machine import Machine
from asgwarm.local.autoscaling.model import Timings
from asgwarm.local.autoscaling.service import AutoScalingService
from asgwarm.local.autoscaling.world import FixedCatalog
from asgwarm.local.clock import Clock, Pace
from asgwarm.local.problem import AwsProblem

TIMINGS = Timings(
    scale_delay_s=5, run_s=10, start_s=7, stop_s=3, terminate_s=4, proceed_s=1
)
GROUP = {
    "AutoScalingGroupName": "g",
    "MinSize": 0,
    "MaxSize": 5,
    "LaunchTemplate": {"LaunchTemplateId": "lt-1"},
    "VPCZoneIdentifier": "subnet-a",
}
DELETE = {"AutoScalingGroupName": "g", "ForceDelete": True}


class SmallEc2:
    """Instances that exist or do not, and a note of every order."""

    def __init__(self):
        self.orders = []
        self.refuse = set()
        self.gates = {}

    async def run_instance(self, wanted):
        await self.order("run", f"i-{len(self.orders) + 1}")
        return self.orders[-1][1]

    async def start_instance(self, instance_id):
        await self.order("start", instance_id)

    async def stop_instance(self, instance_id):
        await self.order("stop", instance_id)

    async def terminate_instance(self, instance_id):
        await self.order("terminate", instance_id)

    async def set_membership(self, instance_id, group):
        await self.order(f"member of {group}", instance_id)

    async def order(self, what, instance_id):
        if what in self.gates:
            await self.gates[what].wait()
        self.orders.append((what, instance_id))
        if what in self.refuse:
            raise AwsProblem("Refused", f"cannot {what}")


class Running:
    def __init__(self):
        self.clock = Clock(pace=Pace.MANUAL, real=lambda: 1_780_000_000.0)
        self.ec2 = SmallEc2()
        self.events = []
        catalog = FixedCatalog({"subnet-a": "us-east-1a"})
        self.machine = Machine(catalog=catalog, timings=TIMINGS)
        self.service = AutoScalingService(
            machine=self.machine,
            cloud=self.ec2,
            emit=self.emit,
            clock=self.clock,
        )

    def emit(self, source, detail_type, detail, resources):
        assert source == "aws.autoscaling"
        self.events.append((detail_type, detail["EC2InstanceId"]))

    async def settle(self):
        for _ in range(10):
            await asyncio.sleep(0)

    async def wait(self, seconds):
        await self.clock.advance(seconds, self.settle)

    def states(self):
        return {i.instance_id: i.state for _, i in self.machine.world.members()}


@pytest.fixture
async def running():
    """A service at work, closed afterwards."""
    running = Running()
    yield running
    await running.service.close()


async def test_ec2_takes_its_time_before_the_group_goes_on(running):
    """Scale delay, then run_s, then proceed_s: each passes on the region's clock."""
    await running.service.call("CreateAutoScalingGroup", GROUP | {"DesiredCapacity": 1})

    await running.wait(4)
    assert running.ec2.orders == []
    await running.wait(1)
    assert running.ec2.orders == [("run", "i-1")]
    await running.wait(9)
    assert running.states() == {"i-1": "Pending"}
    await running.wait(1)
    assert running.states() == {"i-1": "Pending:Proceed"}
    await running.wait(1)
    assert running.states() == {"i-1": "InService"}
    assert running.events == [("EC2 Instance Launch Successful", "i-1")]


async def test_a_pool_member_is_stopped_started_and_ended(running):
    """Every wish becomes the matching order to EC2, each answered after its time."""
    await running.service.call("CreateAutoScalingGroup", GROUP)
    await running.service.call(
        "PutWarmPool",
        {"AutoScalingGroupName": "g", "MinSize": 1, "MaxGroupPreparedCapacity": 1},
    )
    await running.wait(30)
    assert running.states() == {"i-1": "Warmed:Stopped"}

    await running.service.call(
        "SetDesiredCapacity", {"AutoScalingGroupName": "g", "DesiredCapacity": 1}
    )
    await running.wait(11)
    assert running.states()["i-1"] == "Pending"
    await running.wait(2)
    assert running.states()["i-1"] == "InService"

    await running.service.call("DeleteAutoScalingGroup", DELETE)
    await running.wait(30)
    about_it = [what for what, name in running.ec2.orders if name == "i-1"]
    assert about_it == ["run", "stop", "start", "terminate"]


async def test_orders_about_one_instance_keep_their_order(running):
    """A termination waits for the start that was ordered before it."""
    await running.service.call("CreateAutoScalingGroup", GROUP)
    await running.service.call(
        "PutWarmPool",
        {"AutoScalingGroupName": "g", "MinSize": 1, "MaxGroupPreparedCapacity": 0},
    )
    await running.wait(30)
    running.ec2.gates["start"] = asyncio.Event()
    await running.service.call(
        "SetDesiredCapacity", {"AutoScalingGroupName": "g", "DesiredCapacity": 1}
    )
    await running.wait(6)
    await running.service.call("DeleteAutoScalingGroup", DELETE)
    await running.settle()
    running.ec2.gates["start"].set()
    await running.wait(30)

    about_it = [what for what, name in running.ec2.orders if name == "i-1"]
    assert about_it == ["run", "stop", "start", "terminate"]
    assert running.machine.world.groups == {}


async def test_what_ec2_refuses_is_a_failed_launch(running):
    """The reason of the refusal reaches the activity."""
    running.ec2.refuse = {"run"}
    await running.service.call("CreateAutoScalingGroup", GROUP | {"DesiredCapacity": 1})
    await running.wait(5)

    answer = await running.service.call("DescribeScalingActivities", {})
    assert answer["Activities"][0]["StatusCode"] == "Failed"
    assert "cannot run" in answer["Activities"][0]["StatusMessage"]


@pytest.mark.parametrize("stopped", [True, False])
async def test_an_instance_that_somebody_ends_is_replaced(running, stopped):
    """Also while its own start is under way: the old answer no longer counts."""
    await running.service.call("CreateAutoScalingGroup", GROUP | {"DesiredCapacity": 1})
    await running.wait(12)
    assert running.states() == {"i-1": "Pending"}

    running.service.instance_gone("i-1", stopped=stopped)
    await running.wait(60)

    assert list(running.states().values()) == ["InService"]
    assert "i-1" not in running.states()


async def test_a_request_gets_xml_and_a_refusal_its_status(running):
    """handle() speaks the query protocol."""
    good = {"Action": "DescribeAutoScalingGroups", "Version": "2011-01-01"}
    status, headers, body = await running.service.handle(urlencode(good).encode())
    assert (status, headers["content-type"]) == (200, "text/xml")
    assert headers["x-amzn-requestid"].encode() in body
    assert b"<AutoScalingGroups></AutoScalingGroups>" in body

    bad = good | {"Action": "StartInstanceRefresh", "AutoScalingGroupName": "g"}
    status, _, body = await running.service.handle(urlencode(bad).encode())
    assert status == 501
    assert b"<Code>NotImplemented</Code>" in body


async def test_after_closing_nothing_happens_any_more(running):
    """close() takes back every timer."""
    await running.service.call("CreateAutoScalingGroup", GROUP | {"DesiredCapacity": 1})
    await running.service.close()

    await running.wait(100)
    assert running.ec2.orders == []
