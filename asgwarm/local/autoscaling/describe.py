"""The API actions that only look.

Rule: a page that is cut off carries a NextToken; the next page begins after the last
entry of this one, whatever has come or gone before it.
"""

from typing import Any

from asgwarm.local.autoscaling import views
from asgwarm.local.autoscaling.lifecycle import WARMED
from asgwarm.local.autoscaling.world import World
from asgwarm.local.problem import AwsProblem, invalid

Params = dict[str, Any]
PAGE = 50  # entries when MaxRecords is not given; API Reference
LARGEST_PAGE = 100
_TAG_FILTERS = {
    "auto-scaling-group": "ResourceId",
    "key": "Key",
    "value": "Value",
    "propagate-at-launch": "PropagateAtLaunch",
}


def describe_auto_scaling_groups(world: World, params: Params) -> Params:
    """The named groups that exist, or all; a name that does not exist is left out."""
    names = params.get("AutoScalingGroupNames") or list(world.groups)
    filters = params.get("Filters", ())
    for wanted in filters:
        if not wanted["Name"].startswith(("tag:", "tag-key", "tag-value")):
            raise invalid(f"Filter name {wanted['Name']} is not valid")
    shown = [
        views.group_view(world, group, instances=params.get("IncludeInstances", True))
        for group in map(world.groups.get, names)
        if group
        and all(views.matches(group.tags, f["Name"], f["Values"]) for f in filters)
    ]
    return _page("AutoScalingGroups", "AutoScalingGroupName", shown, params)


def describe_auto_scaling_instances(world: World, params: Params) -> Params:
    """The named members that exist, or all; pool members are among them."""
    wanted = params.get("InstanceIds") or [i.instance_id for _, i in world.members()]
    shown = [
        views.managed_view(world, *found)
        for found in map(world.member, wanted)
        if found
    ]
    return _page("AutoScalingInstances", "InstanceId", shown, params)


def describe_warm_pool(world: World, params: Params) -> Params:
    """The pool's configuration and members; a group without a pool has neither."""
    group = world.group(params["AutoScalingGroupName"])
    shown = [
        views.instance_view(world, instance)
        for instance in group.instances.values()
        if instance.state.startswith(WARMED)
    ]
    answer = _page("Instances", "InstanceId", shown, params)
    if group.warm_pool:
        answer["WarmPoolConfiguration"] = views.pool_view(group)
    return answer


def describe_scaling_activities(world: World, params: Params) -> Params:
    """Activities, newest first."""
    groups = list(world.groups.values())
    if "AutoScalingGroupName" in params:
        groups = [world.group(params["AutoScalingGroupName"])]
    wanted = params.get("ActivityIds")
    shown = [
        views.activity_view(group, activity)
        for group in groups
        for activity in group.activities
        if not wanted or activity.activity_id in wanted
    ]
    shown.sort(key=lambda activity: activity["StartTime"], reverse=True)
    return _page("Activities", "ActivityId", shown, params)


def describe_lifecycle_hooks(world: World, params: Params) -> Params:
    """The hooks of a group."""
    group = world.group(params["AutoScalingGroupName"])
    wanted = params.get("LifecycleHookNames") or list(group.hooks)
    shown = [
        views.hook_view(group, hook)
        for hook in group.hooks.values()
        if hook.name in wanted
    ]
    return {"LifecycleHooks": shown}


def describe_tags(world: World, params: Params) -> Params:
    """The tags of all groups, filtered by group, key, value or propagation."""
    shown = [
        views.tag_view(group, tag)
        for group in world.groups.values()
        for tag in group.tags.values()
    ]
    for wanted in params.get("Filters", ()):
        if wanted["Name"] not in _TAG_FILTERS:
            raise invalid(f"Filter name {wanted['Name']} is not valid")
        field = _TAG_FILTERS[wanted["Name"]]
        values = [value.lower() for value in wanted["Values"]]
        shown = [tag for tag in shown if str(tag[field]).lower() in values]
    entries = [{**tag, "_": f"{tag['ResourceId']}/{tag['Key']}"} for tag in shown]
    answer = _page("Tags", "_", entries, params)
    for tag in answer["Tags"]:
        del tag["_"]
    return answer


def _page(name: str, key: str, entries: list[Params], params: Params) -> Params:
    size = params.get("MaxRecords", PAGE)
    if not 1 <= size <= LARGEST_PAGE:
        raise invalid(f"MaxRecords must be between 1 and {LARGEST_PAGE}")
    start = _after(key, entries, params.get("NextToken", ""))
    page = entries[start : start + size]
    if start + size < len(entries):
        return {name: page, "NextToken": f"{start + size}/{page[-1][key]}"}
    return {name: page}


def _after(key: str, entries: list[Params], token: str) -> int:
    if not token:
        return 0
    position, _, last = token.partition("/")
    if not position.isdigit():
        raise AwsProblem("InvalidNextToken", "The NextToken value is not valid.")
    for number, entry in enumerate(entries, start=1):
        if entry[key] == last:
            return number
    return int(position)
