"""How groups and pools get smaller, and end."""

import pytest

from asgwarm.local.autoscaling.effects import (
    TerminateInstance,
)
from asgwarm.local.autoscaling.model import Faults
from asgwarm.local.problem import AwsProblem


def test_a_shrinking_group_spares_the_protected(region):
    """Scale-in picks the oldest unprotected instance of the fullest zone."""
    region.filled(desired=2, pool=0)
    region.call("SetInstanceProtection", InstanceIds=["i-1"], ProtectedFromScaleIn=True)

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


@pytest.mark.parametrize("action", ["DeleteAutoScalingGroup", "DeleteWarmPool"])
def test_a_launch_under_way_is_ended_by_a_forced_deletion(region, action):
    """An instance that EC2 names after the deletion is terminated, not forgotten."""
    region.create(desired=0, pool=1)
    region.now += 5
    region.machine.advance(now=region.now)
    region.machine.call(
        action,
        {"AutoScalingGroupName": "dev-pool", "ForceDelete": True},
        now=region.now,
    )

    region.obey()
    region.pass_time(10)

    assert region.launched == 1
    assert region.instances() == {}
    assert [e for e in region.asked if isinstance(e, TerminateInstance)]


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
