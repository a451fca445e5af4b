"""What happens to a group: the stories that a user of warm pools relies on."""

import pytest

from asgwarm.local.autoscaling.effects import (
    RunInstance,
    SetMembership,
    StopInstance,
)
from asgwarm.local.autoscaling.machine import Machine
from asgwarm.local.autoscaling.model import Faults
from asgwarm.local.autoscaling.world import FixedCatalog


class Versions(FixedCatalog):
    """A catalog in which `$Latest` is 3."""

    def __init__(self):
        super().__init__({"subnet-a": "us-east-1a"})

    def numbered(self, wanted):
        return wanted | {"Version": wanted["Version"].replace("$Latest", "3")}


def test_a_new_group_fills_itself_and_its_pool(region):
    """Desired instances become InService, pool members are stopped after their hook."""
    region.create(desired=1, pool=1)

    region.pass_time(6)
    assert region.states() == {"i-1": "Pending:Wait", "i-2": "Warmed:Pending:Wait"}

    region.answer()
    region.pass_time(2)
    assert region.states() == {"i-1": "InService", "i-2": "Warmed:Stopped"}
    assert region.asked.count(StopInstance(instance_id="i-2")) == 1


def test_a_detached_instance_is_replaced_from_the_pool(region):
    """Detach without decrement draws on the pool, and the pool fills up again."""
    region.filled(desired=1, pool=1)

    region.call(
        "DetachInstances", InstanceIds=["i-1"], ShouldDecrementDesiredCapacity=False
    )
    assert region.states()["i-1"] == "Detaching"
    region.settle()

    assert region.states() == {"i-2": "InService", "i-3": "Warmed:Stopped"}
    assert SetMembership(instance_id="i-1", group=None) in region.asked
    said = [activity["Description"] for activity in region.activities()]
    assert "Launching a new EC2 instance from warm pool: i-2" in said
    assert "Launching a new EC2 instance into warm pool: i-3" in said


def test_an_instance_stays_of_the_version_that_its_launch_was_asked_with():
    """In service, in the warm pool, and while EC2 had not answered yet."""
    machine = Machine(catalog=Versions())
    name = {"AutoScalingGroupName": "dev-pool"}

    def update(now, **template):
        machine.call("UpdateAutoScalingGroup", name | template, now=now)

    def launch(now, instance_id):
        machine.advance(now=now)
        (asked,) = [e for e in machine.take_effects() if isinstance(e, RunInstance)]
        update(now, LaunchTemplate={"LaunchTemplateId": "lt-1", "Version": "4"})
        machine.instance_launched(asked.ticket, instance_id, now=now)
        return asked.launch_template["Version"]

    made = {"LaunchTemplate": {"LaunchTemplateId": "lt-1", "Version": "$Latest"}}
    sizes = {"MinSize": 0, "MaxSize": 3, "DesiredCapacity": 1}
    where = {"VPCZoneIdentifier": "subnet-a"}
    machine.call("CreateAutoScalingGroup", {**name, **made, **sizes, **where}, now=1)
    first = launch(2, "i-1")
    sizes = {"MinSize": 1, "MaxGroupPreparedCapacity": 1}
    machine.call("PutWarmPool", name | sizes, now=3)
    second = launch(4, "i-2")

    (group,) = machine.call("DescribeAutoScalingGroups", {}, now=5)["AutoScalingGroups"]
    (serving,) = group["Instances"]
    (resting,) = machine.call("DescribeWarmPool", name, now=5)["Instances"]
    assert (first, second) == ("3", "4")
    assert group["LaunchTemplate"]["Version"] == "4"
    assert serving["LaunchTemplate"]["Version"] == "3"
    assert resting["LaunchTemplate"]["Version"] == "4"


def test_the_launch_hook_is_asked_twice_with_different_tokens(region):
    """A pool member passes its launch hook on the way in and on the way out."""
    region.filled(desired=0, pool=1)

    region.call("SetDesiredCapacity", DesiredCapacity=1)
    region.pass_time(6)

    asked = [e.detail for e in region.events if "launch Lifecycle" in e.detail_type]
    first, second = [detail for detail in asked if detail["EC2InstanceId"] == "i-1"]
    assert (first["Origin"], first["Destination"]) == ("EC2", "WarmPool")
    assert (second["Origin"], second["Destination"]) == ("WarmPool", "AutoScalingGroup")
    assert first["LifecycleActionToken"] != second["LifecycleActionToken"]


def test_an_empty_pool_means_a_cold_launch(region):
    """With nothing at rest in the pool the group launches straight into itself."""
    region.filled(desired=1, pool=0)

    region.call("SetDesiredCapacity", DesiredCapacity=2)
    region.settle()

    assert region.states() == {"i-1": "InService", "i-2": "InService"}
    said = [activity["Description"] for activity in region.activities()]
    assert "Launching a new EC2 instance: i-2" in said


def test_a_detach_with_decrement_is_not_replaced(region):
    """With decrement the group gets smaller by that very instance."""
    region.filled(desired=2, pool=0)

    region.call(
        "DetachInstances", InstanceIds=["i-1"], ShouldDecrementDesiredCapacity=True
    )
    region.settle()

    assert region.states() == {"i-2": "InService"}
    assert region.group().desired == 1


@pytest.mark.parametrize(
    ("refill", "after_ten_s", "description"),
    [
        ("warm", True, "Launching a new EC2 instance from warm pool: i-2"),
        ("cold", True, "Launching a new EC2 instance: i-3"),
        ("delayed", False, ""),
    ],
)
def test_the_refill_can_be_warm_cold_or_delayed(
    region, refill, after_ten_s, description
):
    """The switch for tests says how a detached instance is replaced."""
    region.filled(desired=1, pool=1)
    region.machine.faults = Faults(refill=refill)

    region.call(
        "DetachInstances", InstanceIds=["i-1"], ShouldDecrementDesiredCapacity=False
    )
    region.pass_time(10)

    said = [activity["Description"] for activity in region.activities()]
    launches = [text for text in said if text.startswith("Launching")][:-2]
    assert bool(launches) is after_ten_s
    assert description in [*launches, ""]
    region.settle()
    assert list(region.states().values()).count("InService") == 1


def test_only_the_replacement_is_spoiled(region):
    """After a cold replacement the group draws on its pool again."""
    region.filled(desired=1, pool=1)
    region.machine.faults = Faults(refill="cold")
    region.call(
        "DetachInstances", InstanceIds=["i-1"], ShouldDecrementDesiredCapacity=False
    )
    region.settle()

    region.call("SetDesiredCapacity", DesiredCapacity=2)
    region.settle()

    assert region.states()["i-2"] == "InService"


def test_standby_is_a_member_that_does_not_count(region):
    """EnterStandby without decrement is replaced; ExitStandby raises desired."""
    region.filled(desired=1, pool=0)

    region.call(
        "EnterStandby", InstanceIds=["i-1"], ShouldDecrementDesiredCapacity=False
    )
    region.settle()
    assert region.states() == {"i-1": "Standby", "i-2": "InService"}

    region.machine.instance_stopped("i-1", now=region.now)
    region.settle()
    assert region.states()["i-1"] == "Standby"

    region.machine.instance_running("i-1", now=region.now)
    region.call("ExitStandby", InstanceIds=["i-1"])
    region.machine.instance_running("i-1", now=region.now)
    assert region.states()["i-1"] == "Pending"
    region.settle()
    assert region.states() == {"i-1": "InService", "i-2": "InService"}
    assert region.group().desired == 2


def test_an_attached_instance_raises_desired(region):
    """AttachInstances takes a running instance in without any hook."""
    region.filled(desired=1, pool=0)

    region.call("AttachInstances", InstanceIds=["i-99"])
    region.pass_time(2)

    assert region.states()["i-99"] == "InService"
    assert region.group().desired == 2
    assert SetMembership(instance_id="i-99", group="dev-pool") in region.asked


def test_new_instances_go_where_the_fewest_are(region):
    """Launches are spread over the zones."""
    region.filled(desired=4, pool=0, VPCZoneIdentifier="subnet-a,subnet-b")

    zones = [i.place.zone for i in region.instances().values()]
    assert sorted(zones) == ["us-east-1a"] * 2 + ["us-east-1b"] * 2


@pytest.mark.parametrize("suspended", [True, False])
def test_rebalancing_ends_an_instance_that_did_nothing_wrong(region, suspended):
    """AZRebalance launches in the empty zone, then ends one in the full zone."""
    region.filled(desired=4, pool=0, VPCZoneIdentifier="subnet-a,subnet-b")
    if suspended:
        region.call("SuspendProcesses", ScalingProcesses=["AZRebalance"])
    gone = [n for n, i in region.instances().items() if i.place.zone.endswith("b")]
    region.call(
        "DetachInstances", InstanceIds=gone, ShouldDecrementDesiredCapacity=True
    )

    region.settle()

    zones = sorted(i.place.zone for i in region.instances().values())
    assert len(zones) == 2
    assert (zones[0] == zones[1]) is suspended


def test_a_long_jump_leaves_nothing_out(region):
    """What was due on the way happens at its own time, not at the end of the jump."""
    region.create(desired=1, pool=0)
    region.call(
        "PutLifecycleHook", LifecycleHookName="launch", DefaultResult="CONTINUE"
    )
    region.pass_time(5)

    region.machine.advance(now=region.now + 100_000)

    activity = region.activities()[0]
    took = activity["EndTime"] - activity["StartTime"]
    assert took.total_seconds() == 601
