"""The API actions on a whole group: create, update, size, suspend, delete."""

from collections.abc import Mapping
from typing import Any

from asgwarm.local.autoscaling import scaling
from asgwarm.local.autoscaling.actions_hooks import hook_from
from asgwarm.local.autoscaling.actions_tags import tag_from
from asgwarm.local.autoscaling.actions_warm_pool import give_up_pool
from asgwarm.local.autoscaling.emulated import SHOWN
from asgwarm.local.autoscaling.lifecycle import STATES, WARMED
from asgwarm.local.autoscaling.model import Group, Place
from asgwarm.local.autoscaling.world import World
from asgwarm.local.problem import AwsProblem, invalid

Params = dict[str, Any]
PROCESSES = (
    "Launch",
    "Terminate",
    "AddToLoadBalancer",
    "AlarmNotification",
    "AZRebalance",
    "HealthCheck",
    "InstanceRefresh",
    "ReplaceUnhealthy",
    "ScheduledActions",
)
_GROUP_METRICS = (
    "MinSize",
    "MaxSize",
    "DesiredCapacity",
    "InServiceInstances",
    "PendingInstances",
    "StandbyInstances",
    "TerminatingInstances",
    "TotalInstances",
)
_POOL_METRICS = ("Desired", "Warmed", "Pending", "Terminating", "Total")
METRICS = (
    *(f"Group{name}" for name in _GROUP_METRICS),
    *(f"WarmPool{name}Capacity" for name in _POOL_METRICS),
    "GroupAndWarmPoolDesiredCapacity",
    "GroupAndWarmPoolTotalCapacity",
)


def create_auto_scaling_group(world: World, params: Params) -> Params:
    """A new group; its hooks are there before its first launch."""
    name = params["AutoScalingGroupName"]
    if name in world.groups:
        raise AwsProblem(
            "AlreadyExists",
            "AutoScalingGroup by this name already exists - "
            f"A group with the name {name} already exists",
        )
    group = _group_from(world, params)
    _check_sizes(group.min_size, group.max_size, group.desired)
    world.groups[name] = group
    _want(world, group, group.desired, "created an AutoScalingGroup", before=0)
    return {}


def update_auto_scaling_group(world: World, params: Params) -> Params:
    """Change what is given; DesiredCapacity follows bounds that would exclude it."""
    group = world.live_group(params["AutoScalingGroupName"])
    low = params.get("MinSize", group.min_size)
    high = params.get("MaxSize", group.max_size)
    desired = params.get("DesiredCapacity", min(max(group.desired, low), high))
    _check_sizes(low, high, desired)
    template = group.launch_template
    if "LaunchTemplate" in params:
        template = _template(world, params)
    if {"VPCZoneIdentifier", "AvailabilityZones"} & params.keys():
        group.places = _places(world, params)
    group.launch_template = template
    group.min_size, group.max_size = low, high
    protect = params.get("NewInstancesProtectedFromScaleIn", group.protect_new)
    group.protect_new = protect
    group.shown.update({key: params[key] for key in SHOWN & params.keys()})
    _want(world, group, desired, "update of AutoScalingGroup constraints")
    return {}


def set_desired_capacity(world: World, params: Params) -> Params:
    """An absolute number, within the bounds."""
    group = world.live_group(params["AutoScalingGroupName"])
    desired = params["DesiredCapacity"]
    text = f"New SetDesiredCapacity value {desired} is "
    if desired > group.max_size:
        raise invalid(
            f"{text}above max value {group.max_size} for the AutoScalingGroup."
        )
    if desired < group.min_size:
        raise invalid(
            f"{text}below min value {group.min_size} for the AutoScalingGroup."
        )
    _want(world, group, desired, "explicitly set group desired capacity")
    return {}


def delete_auto_scaling_group(world: World, params: Params) -> Params:
    """Only an empty group, or with ForceDelete everything in it as well."""
    group = world.live_group(params["AutoScalingGroupName"])
    if not params.get("ForceDelete", False):
        _check_empty(group)
    group.deleting = True
    group.min_size = group.max_size = group.desired = 0
    for attempt in group.launches.values():
        attempt.canceled = True
    give_up_pool(world, group)
    in_group = frozenset(s for s in STATES if not s.startswith(WARMED))
    force = not world.faults.force_delete_waits_for_hooks
    scaling.end_all(world, group, in_group, force=force)
    if group.instances or group.launches:
        world.wake(group)
    else:
        del world.groups[group.name]
    return {}


def suspend_processes(world: World, params: Params) -> Params:
    """Let the named processes rest, or all of them when none is named."""
    group = world.live_group(params["AutoScalingGroupName"])
    for process in _processes(params):
        group.suspended[process] = f"User suspended at {world.stamp()}"
    return {}


def resume_processes(world: World, params: Params) -> Params:
    """Let the named processes act again; what they left undone is done now."""
    group = world.live_group(params["AutoScalingGroupName"])
    for process in _processes(params):
        group.suspended.pop(process, None)
    world.wake(group)
    return {}


def enable_metrics_collection(world: World, params: Params) -> Params:
    """Remember which metrics were asked for; none is published."""
    group = world.live_group(params["AutoScalingGroupName"])
    group.metrics.update(params.get("Metrics") or METRICS)
    return {}


def disable_metrics_collection(world: World, params: Params) -> Params:
    """Forget the metrics that were asked for, or all of them."""
    group = world.live_group(params["AutoScalingGroupName"])
    group.metrics.difference_update(params.get("Metrics") or METRICS)
    return {}


def _group_from(world: World, params: Params) -> Group:
    low: int = params["MinSize"]
    tags = [tag_from(given) for given in params.get("Tags", ())]
    given_hooks = params.get("LifecycleHookSpecificationList", ())
    hooks = [hook_from(given) for given in given_hooks]
    return Group(
        name=params["AutoScalingGroupName"],
        arn=_arn(world, params["AutoScalingGroupName"]),
        min_size=low,
        max_size=params["MaxSize"],
        desired=params.get("DesiredCapacity", low),
        launch_template=_template(world, params),
        places=_places(world, params),
        created_at=world.now,
        protect_new=params.get("NewInstancesProtectedFromScaleIn", False),
        shown={key: params[key] for key in SHOWN & params.keys()},
        tags={tag.key: tag for tag in tags},
        hooks={hook.name: hook for hook in hooks},
    )


def _want(
    world: World, group: Group, desired: int, why: str, before: int | None = None
) -> None:
    old = group.desired if before is None else before
    group.desired = desired
    if old != desired:
        group.reason = (
            f"At {world.stamp()} a user request {why} changing the desired capacity "
            f"from {old} to {desired}.  "
        )
    world.wake(group)


def _check_sizes(low: int, high: int, desired: int) -> None:
    if low > high:
        raise invalid(
            f"Max bound, {high}, must be greater than or equal to min bound, {low}"
        )
    if not low <= desired <= high:
        raise invalid(
            f"Desired capacity:{desired} must be between the specified min "
            f"size:{low} and max size:{high}"
        )


def _check_empty(group: Group) -> None:
    if group.instances:
        raise AwsProblem(
            "ResourceInUse",
            "You cannot delete an AutoScalingGroup while there are instances or "
            "pending Spot instance request(s) still in the group.",
        )
    if group.launches:
        raise AwsProblem(
            "ScalingActivityInProgress",
            "You cannot delete an AutoScalingGroup while there are scaling activities "
            "in progress for that group.",
        )


def _template(world: World, params: Mapping[str, Any]) -> dict[str, str]:
    if "LaunchTemplate" not in params:
        raise invalid(
            "Valid requests must contain either LaunchTemplate, "
            "LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter."
        )
    return world.catalog.launch_template(params["LaunchTemplate"])


def _places(world: World, params: Mapping[str, Any]) -> tuple[Place, ...]:
    subnets = [s.strip() for s in params.get("VPCZoneIdentifier", "").split(",")]
    places = [
        Place(subnet_id=subnet, zone=world.catalog.zone_of(subnet))
        for subnet in subnets
        if subnet
    ]
    zones = params.get("AvailabilityZones", ())
    places = places or [Place(subnet_id="", zone=zone) for zone in zones]
    if not places:
        raise invalid("At least one Availability Zone or VPC Subnet is required.")
    return tuple(places)


def _processes(params: Params) -> tuple[str, ...]:
    named = tuple(params.get("ScalingProcesses") or PROCESSES)
    unknown = [name for name in named if name not in PROCESSES]
    if unknown:
        raise invalid(f"{unknown[0]} is not a valid process type")
    return named


def _arn(world: World, name: str) -> str:
    return (
        f"arn:aws:autoscaling:{world.region}:{world.account}:autoScalingGroup:"
        f"{world.new_id()}:autoScalingGroupName/{name}"
    )
