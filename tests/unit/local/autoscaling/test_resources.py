"""The CloudFormation handlers against a machine whose time passes while they wait."""

import pytest

from asgwarm.local.autoscaling.resources import (
    handlers,
    pause_off_the_loop,
    physical_name,
)
from asgwarm.local.problem import AwsProblem

GROUP = "AWS::AutoScaling::AutoScalingGroup"
POOL = "AWS::AutoScaling::WarmPool"
HOOK = "AWS::AutoScaling::LifecycleHook"
HOOKS = [
    {
        "LifecycleHookName": "launch",
        "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING",
        "HeartbeatTimeout": "60",
    }
]
PROPS = {
    "AutoScalingGroupName": "dev-pool",
    "MinSize": "0",
    "MaxSize": "5",
    "LaunchTemplate": {"LaunchTemplateId": "lt-1", "Version": 3},
    "VPCZoneIdentifier": ["subnet-a", "subnet-b"],
    "Cooldown": "0",
    "Tags": [
        {"Key": "asgwarm:pool", "Value": "dev", "PropagateAtLaunch": "true"},
        {"Key": "aws:cloudformation:stack-name", "Value": "asgwarm-dev"},
    ],
    "LifecycleHookSpecificationList": HOOKS,
    "MetricsCollection": [{"Granularity": "1Minute", "Metrics": ["GroupMinSize"]}],
}


@pytest.fixture
def stack(region):
    """The handlers; while one waits, time passes and hooks are answered."""

    def pause(_seconds):
        region.pass_time(10)
        region.answer()

    def call(action, params):
        return region.raw(action, **params)

    return handlers(call, pause=pause, patience_s=5)


def test_a_group_is_made_with_its_hooks_tags_and_sizes(region, stack):
    """Template text becomes typed; the hook holds the very first launch."""
    made = stack[GROUP]["create"]("Group", PROPS | {"DesiredCapacity": "1"}, "dev")

    assert made == ("dev-pool", {"AutoScalingGroupARN": region.group().arn})
    region.pass_time(6)
    assert region.states() == {"i-1": "Pending:Wait"}
    wanted = next(effect for effect in region.asked if hasattr(effect, "tags"))
    assert wanted.tags["asgwarm:pool"] == "dev"
    assert wanted.tags["aws:cloudformation:stack-name"] == "asgwarm-dev"
    assert wanted.launch_template["Version"] == "3"
    assert region.group().metrics == {"GroupMinSize"}


def test_without_desired_capacity_a_group_starts_at_its_minimum(region, stack):
    """No DesiredCapacity means MinSize."""
    stack[GROUP]["create"]("Group", PROPS | {"MinSize": "2"}, "dev")

    assert region.group().desired == 2


def test_a_group_without_a_name_gets_a_stable_one(region, stack):
    """STACK-LOGICAL-SUFFIX, the same for the same stack and logical id."""
    props = {k: v for k, v in PROPS.items() if k != "AutoScalingGroupName"}

    name, _ = stack[GROUP]["create"]("Group", props, "dev")

    assert name == physical_name("dev", "Group")
    assert name.startswith("dev-Group-")


@pytest.mark.parametrize(("given", "desired"), [({}, 3), ({"DesiredCapacity": "1"}, 1)])
def test_an_update_keeps_desired_unless_the_template_sets_it(
    region, stack, given, desired
):
    """The template's DesiredCapacity wins only when there is one."""
    stack[GROUP]["create"]("Group", PROPS, "dev")
    region.call("SetDesiredCapacity", DesiredCapacity=3)

    stack[GROUP]["update"]("dev-pool", PROPS, PROPS | {"MaxSize": "4"} | given, "dev")

    assert (region.group().desired, region.group().max_size) == (desired, 4)


def test_an_update_changes_hooks_tags_and_metrics(region, stack):
    """What the template dropped is gone, what it added is there."""
    stack[GROUP]["create"]("Group", PROPS, "dev")
    hook = HOOKS[0] | {"LifecycleHookName": "other"}
    new = PROPS | {"LifecycleHookSpecificationList": [hook], "MetricsCollection": []}
    new["Tags"] = [{"Key": "b", "Value": "2", "PropagateAtLaunch": False}]

    stack[GROUP]["update"]("dev-pool", PROPS, new, "dev")

    group = region.group()
    assert (set(group.hooks), set(group.tags)) == ({"other"}, {"b"})
    assert group.tags["b"].propagate is False
    assert group.metrics == set()


def test_a_group_is_deleted_when_it_is_empty(region, stack):
    """Sizes to 0, the hooks are asked, then the group goes; never by force."""
    stack[GROUP]["create"]("Group", PROPS | {"DesiredCapacity": 2}, "dev")
    region.settle()

    stack[GROUP]["delete"]("dev-pool", PROPS)

    assert region.machine.world.groups == {}
    stack[GROUP]["delete"]("dev-pool", PROPS)


def test_a_group_that_never_empties_fails_the_deletion(region, stack):
    """A standby member holds the deletion up until patience ends."""
    stack[GROUP]["create"]("Group", PROPS | {"DesiredCapacity": 1}, "dev")
    region.settle()
    region.call(
        "EnterStandby", InstanceIds=["i-1"], ShouldDecrementDesiredCapacity=True
    )

    with pytest.raises(AwsProblem, match="group dev-pool did not stabilize"):
        stack[GROUP]["delete"]("dev-pool", PROPS)


def test_a_pool_is_put_changed_and_deleted_by_force(region, stack):
    """Dropped properties go back to their defaults; deletion waits until it is gone."""
    stack[GROUP]["create"]("Group", PROPS, "dev")
    props = {
        "AutoScalingGroupName": "dev-pool",
        "MinSize": "2",
        "MaxGroupPreparedCapacity": "2",
        "InstanceReusePolicy": {"ReuseOnScaleIn": "false"},
    }
    assert stack[POOL]["create"]("Pool", props, "dev") == ("dev-pool", {})
    region.settle()
    assert list(region.states().values()) == ["Warmed:Stopped"] * 2

    less = {"AutoScalingGroupName": "dev-pool", "MinSize": "1"}
    stack[POOL]["update"]("dev-pool", props, less, "dev")
    assert region.group().warm_pool.max_prepared is None

    stack[POOL]["delete"]("dev-pool", less)
    assert region.group().warm_pool is None
    assert region.states() == {}
    stack[POOL]["delete"]("dev-pool", less)


def test_a_hook_resource_comes_and_goes(region, stack):
    """AWS::AutoScaling::LifecycleHook is put, put again and deleted once."""
    stack[GROUP]["create"]("Group", PROPS, "dev")
    props = {
        "AutoScalingGroupName": "dev-pool",
        "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING",
        "HeartbeatTimeout": "600",
    }

    name, _ = stack[HOOK]["create"]("End", props, "dev")
    new = props | {"DefaultResult": "CONTINUE"}
    assert stack[HOOK]["update"](name, props, new, "dev") == (name, {})
    assert region.group().hooks[name].default_result == "CONTINUE"

    stack[HOOK]["delete"](name, props)
    stack[HOOK]["delete"](name, props)
    assert set(region.group().hooks) == {"launch"}


@pytest.mark.parametrize(
    "props",
    [
        {"NotificationConfigurations": [{"TopicARN": "arn"}]},
        {"MixedInstancesPolicy": {}},
        {"Colour": "red"},
    ],
)
def test_a_property_that_is_not_emulated_fails_the_resource(region, stack, props):
    """The stack says which property it was, and no group is left behind."""
    with pytest.raises(AwsProblem, match=f"does not emulate.*{next(iter(props))}"):
        stack[GROUP]["create"]("Group", PROPS | props, "dev")
    assert region.machine.world.groups == {}


async def test_a_deletion_that_waits_refuses_the_loop():
    """On the region's loop waiting would stop the region, so it is an error."""
    with pytest.raises(RuntimeError, match="region's loop"):
        pause_off_the_loop(0.01)
