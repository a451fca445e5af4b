"""What happens to a group: the stories that a user of warm pools relies on."""

import pytest

from asgwarm.local.autoscaling.effects import SetMembership, StopInstance
from asgwarm.local.autoscaling.model import Faults
from asgwarm.local.problem import AwsProblem


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


def test_a_failed_launch_is_said_and_tried_again_later(region):
    """Without capacity: a Failed activity, an event, and twice the wait each time."""
    refusal = "We currently do not have sufficient m7i.large capacity"
    region.machine.faults = Faults(launch_failure=refusal)
    region.create(desired=1, pool=0)

    region.pass_time(5)
    assert region.activities()[0]["StatusCode"] == "Failed"
    assert refusal in region.activities()[0]["StatusMessage"]
    event = region.last_event("EC2 Instance Launch Unsuccessful")
    assert (event["StatusCode"], event["Origin"]) == ("Failed", "EC2")

    region.pass_time(14)
    assert len(region.activities()) == 1
    region.pass_time(1)
    assert len(region.activities()) == 2
    region.pass_time(29)
    assert len(region.activities()) == 2

    region.machine.faults = Faults()
    region.settle()
    assert region.states() == {"i-1": "InService"}


def test_a_warm_instance_that_cannot_start_is_given_up(region):
    """A refused start ends the pool member; a stopped instance reserves no capacity."""
    region.filled(desired=0, pool=1)
    region.machine.faults = Faults(start_failure="insufficient capacity")

    region.call("SetDesiredCapacity", DesiredCapacity=1)
    region.pass_time(6)
    assert region.states()["i-1"] == "Terminating:Wait"
    assert region.activities()[0]["Description"].startswith("Terminating")

    region.machine.faults = Faults()
    region.settle()
    assert list(region.states().values()).count("InService") == 1
    assert "i-1" not in region.states()


def test_what_dies_in_ec2_is_replaced(region):
    """An InService and a warm instance that vanish are both ended and replaced."""
    region.filled(desired=1, pool=1)

    region.machine.instance_terminated("i-1", now=region.now)
    region.machine.instance_terminated("i-2", now=region.now)
    region.settle()

    assert sorted(region.states().values()) == ["InService", "Warmed:Stopped"]
    assert not {"i-1", "i-2"} & region.states().keys()


def test_an_instance_that_stops_by_itself_is_unhealthy(region):
    """Not running is not healthy: the group ends it and launches another."""
    region.filled(desired=1, pool=0)

    region.machine.instance_stopped("i-1", now=region.now)
    region.pass_time(5)

    assert region.instances()["i-1"].healthy is False
    assert region.states()["i-1"] == "Terminating:Wait"


@pytest.mark.parametrize("process", ["HealthCheck", "ReplaceUnhealthy", "Terminate"])
def test_a_suspended_process_leaves_the_dead_alone_until_resumed(region, process):
    """Suspended means undone, and done as soon as it is resumed."""
    region.filled(desired=1, pool=0)
    region.call("SuspendProcesses", ScalingProcesses=[process])

    region.machine.instance_terminated("i-1", now=region.now)
    region.settle()
    assert region.states() == {"i-1": "InService"}

    region.call("ResumeProcesses", ScalingProcesses=[process])
    region.settle()
    assert region.states() == {"i-2": "InService"}


def test_suspended_launch_stops_the_pool_as_well(region):
    """Nothing is launched or started while Launch is suspended."""
    region.create(desired=1, pool=1)
    region.call("SuspendProcesses", ScalingProcesses=["Launch"])

    region.settle()
    assert region.states() == {}

    region.call("ResumeProcesses")
    region.settle()
    assert sorted(region.states().values()) == ["InService", "Warmed:Stopped"]


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


def test_a_shrinking_group_spares_the_protected(region):
    """Scale-in picks the oldest unprotected instance of the fullest zone."""
    region.filled(desired=2, pool=0)
    region.call(
        "SetInstanceProtection", InstanceIds=["i-1"], ProtectedFromScaleIn=True
    )

    region.call("SetDesiredCapacity", DesiredCapacity=1)
    region.settle()
    assert region.states() == {"i-1": "InService"}

    region.call("SetDesiredCapacity", DesiredCapacity=0)
    region.settle()
    assert region.states() == {"i-1": "InService"}


@pytest.mark.parametrize(
    ("decrement", "left"), [(True, ["i-2"]), (False, ["i-2", "i-3"])]
)
def test_terminating_one_instance(region, decrement, left):
    """The named instance ends; without decrement another one comes."""
    region.filled(desired=2, pool=0)

    answer = region.raw(
        "TerminateInstanceInAutoScalingGroup",
        InstanceId="i-1",
        ShouldDecrementDesiredCapacity=decrement,
    )
    assert answer["Activity"]["Description"] == "Terminating EC2 instance: i-1"
    region.settle()

    assert list(region.states()) == left


def test_a_pool_shrinks_when_it_is_put_smaller(region):
    """PutWarmPool on an existing pool changes its size both ways."""
    region.filled(desired=0, pool=3)

    region.call("PutWarmPool", MinSize=1, MaxGroupPreparedCapacity=1)
    region.pass_time(6)
    assert sorted(region.states().values()) == [
        "Warmed:Stopped",
        "Warmed:Terminating:Wait",
        "Warmed:Terminating:Wait",
    ]
    event = region.last_event("EC2 Instance-terminate Lifecycle Action")
    assert (event["Origin"], event["Destination"]) == ("WarmPool", "EC2")

    region.settle()
    assert list(region.states().values()) == ["Warmed:Stopped"]


def test_a_running_pool_stops_nobody(region):
    """With PoolState Running the members keep running and are drawn without a start."""
    region.create(desired=0, pool=0)
    region.call(
        "PutWarmPool", MinSize=1, MaxGroupPreparedCapacity=1, PoolState="Running"
    )
    region.settle()
    assert region.states() == {"i-1": "Warmed:Running"}
    assert region.machine.target_lifecycle_state("i-1") == "Warmed:Running"

    region.call("SetDesiredCapacity", DesiredCapacity=1)
    region.settle()
    assert region.states()["i-1"] == "InService"


@pytest.mark.parametrize("waits", [True, False])
def test_a_forced_deletion_ends_everything(region, waits):
    """ForceDelete ends group and pool; whether hooks are waited for is a switch."""
    region.machine.faults = Faults(force_delete_waits_for_hooks=waits)
    region.filled(desired=1, pool=1)
    region.call("SetDesiredCapacity", DesiredCapacity=2)
    region.pass_time(6)

    region.call("DeleteAutoScalingGroup", ForceDelete=True)
    region.pass_time(6)
    if waits:
        assert set(region.states().values()) == {
            "Terminating:Wait",
            "Warmed:Terminating:Wait",
        }
        group = region.raw("DescribeAutoScalingGroups")["AutoScalingGroups"][0]
        assert group["Status"] == "Delete in progress"
        assert group["WarmPoolConfiguration"]["Status"] == "PendingDelete"
        region.settle()

    assert region.raw("DescribeAutoScalingGroups")["AutoScalingGroups"] == []
    assert region.machine.next_due() is None


def test_a_launch_under_way_is_ended_when_its_group_is_deleted(make_region):
    """An instance that EC2 names after the deletion is terminated, not forgotten."""
    region = make_region()
    region.create(desired=1, pool=0)
    region.now += 5
    region.machine.advance(now=region.now)
    region.machine.call(
        "DeleteAutoScalingGroup",
        {"AutoScalingGroupName": "dev-pool", "ForceDelete": True},
        now=region.now,
    )

    region.obey()
    region.pass_time(10)

    assert region.launched == 1
    assert region.machine.world.groups == {}


def test_a_deleted_pool_keeps_the_group(region):
    """DeleteWarmPool refuses a pool with instances, ends it by force, and only it."""
    region.filled(desired=1, pool=1)

    with pytest.raises(AwsProblem) as refusal:
        region.call("DeleteWarmPool")
    assert refusal.value.code == "ResourceInUse"

    region.call("DeleteWarmPool", ForceDelete=True)
    region.settle()
    assert region.states() == {"i-1": "InService"}
    assert region.group().warm_pool is None


@pytest.mark.parametrize(
    ("low", "most", "desired", "size"),
    [(0, None, 3, 7), (0, 5, 3, 2), (0, 2, 3, 0), (2, 2, 3, 2), (4, 5, 3, 4)],
)
def test_the_size_of_a_pool(region, low, most, desired, size):
    """max(MinSize, (MaxGroupPreparedCapacity or MaxSize) - DesiredCapacity)."""
    region.create(desired=desired, pool=0)
    prepared = {} if most is None else {"MaxGroupPreparedCapacity": most}

    region.call("PutWarmPool", MinSize=low, **prepared)
    region.settle()

    group = region.raw("DescribeAutoScalingGroups")["AutoScalingGroups"][0]
    assert group["WarmPoolSize"] == size
