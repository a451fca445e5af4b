"""What the API refuses, and what it takes."""

import pytest

from asgwarm.local.autoscaling.emulated import EMULATED
from asgwarm.local.autoscaling.machine import ACTIONS
from asgwarm.local.autoscaling.model import Faults, Timings
from asgwarm.local.problem import AwsProblem

GONE = {"InstanceIds": ["i-1"], "ShouldDecrementDesiredCapacity": False}


def refusal(region, action, **params):
    """The error of a request that has to fail."""
    with pytest.raises(AwsProblem) as caught:
        region.call(action, **params)
    return caught.value


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"MinSize": 3, "MaxSize": 2}, "Max bound, 2, must be greater"),
        ({"DesiredCapacity": 11}, "Desired capacity:11 must be between"),
        ({"VPCZoneIdentifier": "subnet-z"}, "'subnet-z' does not exist"),
        ({"VPCZoneIdentifier": ""}, "At least one Availability Zone"),
    ],
)
def test_a_group_that_cannot_be_is_refused(region, params, text):
    """Sizes have to fit each other and subnets have to exist."""
    with pytest.raises(AwsProblem, match=text):
        region.create(pool=0, **params)
    assert region.machine.world.groups == {}


def test_a_name_is_taken_once(region):
    """A second group of the same name is refused."""
    region.create(pool=0)

    with pytest.raises(AwsProblem) as caught:
        region.create(pool=0)
    assert caught.value.code == "AlreadyExists"


def test_desired_stays_within_the_bounds(region):
    """SetDesiredCapacity is refused above MaxSize and below MinSize."""
    region.create(pool=0, MinSize=1)

    assert (
        "above max value 10"
        in refusal(region, "SetDesiredCapacity", DesiredCapacity=11).message
    )
    assert (
        "below min value 1"
        in refusal(region, "SetDesiredCapacity", DesiredCapacity=0).message
    )


def test_new_bounds_move_desired_along(region):
    """UpdateAutoScalingGroup without DesiredCapacity keeps it inside the bounds."""
    region.create(desired=5, pool=0)

    region.call("UpdateAutoScalingGroup", MaxSize=2)
    assert region.group().desired == 2

    region.call("UpdateAutoScalingGroup", MinSize=1, MaxSize=10)
    assert region.group().desired == 2


@pytest.mark.parametrize(
    "action", ["DetachInstances", "TerminateInstanceInAutoScalingGroup", "EnterStandby"]
)
def test_min_size_forbids_to_decrement(region, action):
    """Neither action makes the group smaller than MinSize."""
    region.filled(desired=1, pool=0, MinSize=1)

    said = refusal(region, action, **GONE | {"ShouldDecrementDesiredCapacity": True})
    assert "violate group's min size constraint" in said.message
    assert region.states() == {"i-1": "InService"}


def test_detach_needs_a_serving_member(region):
    """AWS's words: not in InService or Standby; not part of the group."""
    region.create(desired=1, pool=0)
    region.pass_time(5)
    text = "The instance i-1 is not in InService or Standby."
    assert refusal(region, "DetachInstances", **GONE).message == text

    region.settle()
    region.call("DetachInstances", **GONE)
    assert refusal(region, "DetachInstances", **GONE).message == text

    region.settle()
    text = "The instance i-1 is not part of Auto Scaling group dev-pool."
    assert refusal(region, "DetachInstances", **GONE).message == text


@pytest.mark.parametrize(
    ("action", "extra"),
    [
        ("DetachInstances", {"ShouldDecrementDesiredCapacity": False}),
        ("EnterStandby", {"ShouldDecrementDesiredCapacity": False}),
        ("ExitStandby", {}),
        ("SetInstanceProtection", {"ProtectedFromScaleIn": True}),
        (
            "TerminateInstanceInAutoScalingGroup",
            {"ShouldDecrementDesiredCapacity": False},
        ),
    ],
)
def test_pool_members_are_out_of_reach(region, action, extra):
    """None of these actions works on a member of the warm pool."""
    region.filled(desired=0, pool=1)

    said = refusal(region, action, InstanceIds=["i-1"], **extra)
    assert said.code == "ValidationError"
    assert region.states() == {"i-1": "Warmed:Stopped"}


def test_one_bad_id_stops_the_whole_request(region):
    """A request about several instances changes all of them or none."""
    region.filled(desired=1, pool=0)

    refusal(region, "DetachInstances", **GONE | {"InstanceIds": ["i-1", "i-77"]})
    assert region.states() == {"i-1": "InService"}


def test_a_group_with_instances_is_not_deleted(region):
    """A plain delete wants an empty group."""
    region.filled(desired=0, pool=1)

    assert refusal(region, "DeleteAutoScalingGroup").code == "ResourceInUse"
    region.call("DeleteWarmPool", ForceDelete=True)
    region.settle()
    region.call("DeleteAutoScalingGroup")
    assert region.machine.world.groups == {}


def test_a_group_that_is_going_away_takes_no_changes(region):
    """During a forced deletion other changes are refused."""
    region.machine.faults = Faults(force_delete_waits_for_hooks=True)
    region.filled(desired=1, pool=0)
    region.call("DeleteAutoScalingGroup", ForceDelete=True)

    said = refusal(region, "SetDesiredCapacity", DesiredCapacity=0)
    assert "pending delete" in said.message


@pytest.mark.parametrize(
    ("action", "params"),
    [
        ("StartInstanceRefresh", {}),
        ("PutScalingPolicy", {"PolicyName": "p"}),
        ("CreateAutoScalingGroup", {"MixedInstancesPolicy": {}}),
        ("UpdateAutoScalingGroup", {"InstanceMaintenancePolicy": {}}),
        ("CreateAutoScalingGroup", {"HealthCheckType": "ELB"}),
        ("PutWarmPool", {"PoolState": "Hibernated"}),
        ("PutWarmPool", {"InstanceReusePolicy": {"ReuseOnScaleIn": True}}),
        ("PutLifecycleHook", {"NotificationTargetARN": "arn:aws:sns:::t"}),
    ],
)
def test_what_is_not_emulated_says_so(region, action, params):
    """Nothing that would change AWS's behaviour is silently ignored."""
    said = refusal(region, action, **params)

    assert (said.code, said.status) == ("NotImplemented", 501)
    assert said.message.startswith("this emulated region does not emulate")


def test_a_default_value_is_no_reason_to_refuse(region):
    """A parameter that says what AWS does anyway is accepted."""
    region.create(
        pool=0,
        HealthCheckType="EC2",
        TerminationPolicies=["Default"],
        DefaultCooldown=0,
    )
    region.call("PutWarmPool", InstanceReusePolicy={"ReuseOnScaleIn": False})


def test_the_table_of_parameters_covers_every_action():
    """Each emulated action says which parameters it takes."""
    assert EMULATED.keys() == ACTIONS.keys()


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_an_unknown_group_is_named(region, action):
    """Every action about a group names the one that it cannot find, or skips it."""
    params = {
        "LifecycleHookName": "launch",
        "LifecycleActionResult": "CONTINUE",
        "InstanceId": "i-1",
        "InstanceIds": ["i-1"],
        "DesiredCapacity": 1,
        "ShouldDecrementDesiredCapacity": False,
        "ProtectedFromScaleIn": True,
        "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING",
        "Tags": [{"ResourceId": "dev-pool", "Key": "k"}],
        "AutoScalingGroupName": "dev-pool",
        "HealthStatus": "Unhealthy",
        "Granularity": "1Minute",
    }
    given = {k: v for k, v in params.items() if k in EMULATED[action]}
    lists = {"Describe", "CreateAu"}
    if action[:8] in lists and "AutoScalingGroupName" not in given:
        assert region.machine.call(action, given, now=0.0)
        return
    if action == "CreateAutoScalingGroup":
        return

    with pytest.raises(AwsProblem) as caught:
        region.machine.call(action, given, now=0.0)
    assert caught.value.code == "ValidationError"
    assert "not found" in caught.value.message


def test_unhealthy_by_request_is_replaced(region):
    """SetInstanceHealth has the same effect as a failed check."""
    region.filled(desired=1, pool=0)

    region.raw("SetInstanceHealth", InstanceId="i-1", HealthStatus="Unhealthy")
    region.settle()

    assert region.states() == {"i-2": "InService"}


def test_time_never_goes_back(region):
    """A call with an earlier time happens at the latest time seen."""
    region.create(pool=0)
    region.machine.advance(now=region.now + 100)

    region.machine.advance(now=region.now)

    assert region.machine.world.now == region.now + 100


@pytest.mark.parametrize("fault", [{"retry_s": 0}, {"run_s": -1}])
def test_durations_that_cannot_be_are_refused(fault):
    """No negative time, and no retry without a pause."""
    with pytest.raises(ValueError, match=r"duration|retry_s"):
        Timings(**fault)
