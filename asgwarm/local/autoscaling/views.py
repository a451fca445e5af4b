"""How groups, instances and activities look in answers: AWS's names and types."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from asgwarm.local.autoscaling import events, scaling
from asgwarm.local.autoscaling.lifecycle import WARMED
from asgwarm.local.autoscaling.model import Activity, Group, Hook, Instance, Tag
from asgwarm.local.autoscaling.world import World

View = dict[str, Any]


def group_view(world: World, group: Group, *, instances: bool = True) -> View:
    """An entry of DescribeAutoScalingGroups; pool members are not among Instances."""
    members = [i for i in group.instances.values() if not i.state.startswith(WARMED)]
    view: View = {
        "AutoScalingGroupName": group.name,
        "AutoScalingGroupARN": group.arn,
        "MinSize": group.min_size,
        "MaxSize": group.max_size,
        "DesiredCapacity": group.desired,
        "CreatedTime": moment(group.created_at),
        "Instances": [instance_view(world, i) for i in members] if instances else [],
        "Tags": [tag_view(group, tag) for tag in group.tags.values()],
        **_settings(group),
    }
    if group.deleting:
        view["Status"] = "Delete in progress"
    if group.warm_pool:
        view["WarmPoolConfiguration"] = pool_view(group)
        view["WarmPoolSize"] = scaling.in_pool(group)
    return view


def _settings(group: Group) -> View:
    subnets = [place.subnet_id for place in group.places if place.subnet_id]
    return {
        "LaunchTemplate": dict(group.launch_template),
        "DefaultCooldown": 300,
        "AvailabilityZones": list(dict.fromkeys(p.zone for p in group.places)),
        "VPCZoneIdentifier": ",".join(subnets),
        "LoadBalancerNames": [],
        "TargetGroupARNs": [],
        "TrafficSources": [],
        "TerminationPolicies": ["Default"],
        "HealthCheckType": "EC2",
        "HealthCheckGracePeriod": 0,
        "NewInstancesProtectedFromScaleIn": group.protect_new,
        "SuspendedProcesses": [
            {"ProcessName": name, "SuspensionReason": reason}
            for name, reason in sorted(group.suspended.items())
        ],
        "EnabledMetrics": [
            {"Metric": name, "Granularity": "1Minute"} for name in sorted(group.metrics)
        ],
        **group.shown,
    }


def pool_view(group: Group) -> View:
    """The WarmPoolConfiguration of a group that has a warm pool, else nothing."""
    pool = group.warm_pool
    if pool is None:
        return {}
    view: View = {"MinSize": pool.min_size, "PoolState": pool.pool_state}
    if pool.max_prepared is not None:
        view["MaxGroupPreparedCapacity"] = pool.max_prepared
    if pool.deleting:
        view["Status"] = "PendingDelete"
    return view


def instance_view(world: World, instance: Instance) -> View:
    """An entry of Instances, in a group or in its warm pool."""
    state = world.faults.shown_states.get(instance.instance_id, instance.state)
    return {
        "InstanceId": instance.instance_id,
        "AvailabilityZone": instance.place.zone,
        "AvailabilityZoneId": events.zone_id(instance.place.zone),
        "LifecycleState": state,
        "HealthStatus": "Healthy" if instance.healthy else "Unhealthy",
        "LaunchTemplate": dict(instance.launch_template),
        "ProtectedFromScaleIn": instance.protected,
    }


def managed_view(world: World, group: Group, instance: Instance) -> View:
    """An entry of DescribeAutoScalingInstances, which spells the health in capitals."""
    view = instance_view(world, instance)
    view["HealthStatus"] = view["HealthStatus"].upper()
    return {**view, "AutoScalingGroupName": group.name}


def activity_view(group: Group, activity: Activity) -> View:
    """An entry of DescribeScalingActivities."""
    view: View = {
        "ActivityId": activity.activity_id,
        "AutoScalingGroupName": group.name,
        "AutoScalingGroupARN": group.arn,
        "Description": activity.description,
        "Cause": activity.cause[:1023],
        "StartTime": moment(activity.started_at),
        "StatusCode": activity.status,
        "Progress": activity.progress,
        "Details": events.details_text(activity.place),
    }
    if activity.message:
        view["StatusMessage"] = activity.message[:255]
    if activity.ended_at is not None:
        view["EndTime"] = moment(activity.ended_at)
    return view


def hook_view(group: Group, hook: Hook) -> View:
    """An entry of DescribeLifecycleHooks."""
    view: View = {
        "LifecycleHookName": hook.name,
        "AutoScalingGroupName": group.name,
        "LifecycleTransition": hook.transition,
        "HeartbeatTimeout": hook.timeout_s,
        "GlobalTimeout": hook.limit_s,
        "DefaultResult": hook.default_result,
    }
    return view | ({"NotificationMetadata": hook.metadata} if hook.metadata else {})


def tag_view(group: Group, tag: Tag) -> View:
    """A tag as describe calls show it."""
    return {
        "ResourceId": group.name,
        "ResourceType": "auto-scaling-group",
        "Key": tag.key,
        "Value": tag.value,
        "PropagateAtLaunch": tag.propagate,
    }


def moment(seconds: float) -> datetime:
    """A Unix time as answers carry it."""
    return datetime.fromtimestamp(seconds, UTC)


def matches(tags: Mapping[str, Tag], name: str, values: list[str]) -> bool:
    """Whether a group's tags pass one filter of DescribeAutoScalingGroups."""
    if name == "tag-key":
        return any(key in values for key in tags)
    if name == "tag-value":
        return any(tag.value in values for tag in tags.values())
    key = name.removeprefix("tag:")
    return key in tags and tags[key].value in values
