"""The events of source aws.autoscaling, in AWS's exact form.

Two families: a lifecycle action asks somebody to complete it, and a launch or
termination says how it ended. Rule: "EC2 Instance Launch Successful" is also sent when
an instance reaches the warm pool, so a reader has to look at Destination.

Source: Auto Scaling User Guide, "EventBridge event reference"; Origin, Destination and
Action on the second family, and StatusCode InProgress there, as recorded on AWS.
"""

import json
from typing import Any

from asgwarm.local.autoscaling.effects import EmitEvent
from asgwarm.local.autoscaling.lifecycle import TERMINATING_STATES, WARMED
from asgwarm.local.autoscaling.model import (
    LAUNCHING,
    Activity,
    Group,
    Instance,
    Place,
    Wait,
)
from asgwarm.local.autoscaling.world import World, iso

_SHORT = {"north": "n", "south": "s", "east": "e", "west": "w", "central": "c"}


def lifecycle_action(group: Group, instance: Instance, wait: Wait) -> EmitEvent:
    """The event with which a hook is asked about *instance*."""
    launching = wait.hook.transition == LAUNCHING
    detail = {
        "LifecycleActionToken": wait.token,
        "AutoScalingGroupName": group.name,
        "LifecycleHookName": wait.hook.name,
        "EC2InstanceId": instance.instance_id,
        "LifecycleTransition": wait.hook.transition,
        **_route(instance),
    }
    if wait.hook.metadata:
        detail["NotificationMetadata"] = wait.hook.metadata
    verb = "launch" if launching else "terminate"
    return EmitEvent(
        detail_type=f"EC2 Instance-{verb} Lifecycle Action",
        detail=detail,
        resources=(group.arn,),
    )


def ended(
    world: World, group: Group, activity: Activity, instance: Instance
) -> EmitEvent:
    """The event that says how the launch or termination of *instance* ended."""
    return _ended(world, group, activity, instance.instance_id, _route(instance))


def never_launched(
    world: World, group: Group, activity: Activity, *, warm: bool
) -> EmitEvent:
    """The event of a launch that EC2 refused: there is no instance."""
    route = _names("EC2", "WarmPool" if warm else "AutoScalingGroup", "Launch")
    return _ended(world, group, activity, "", route)


def details_text(place: Place) -> str:
    """An activity's Details as DescribeScalingActivities has them: JSON text."""
    return json.dumps(_details(place), separators=(",", ":"))


def zone_id(zone: str) -> str:
    """A zone id in AWS's form, such as use1-az1 for us-east-1a.

    AWS shuffles the numbers for every account; here a is always 1.
    """
    area, direction, rest = (*zone.split("-"), "", "")[:3]
    short = "".join(letter for name, letter in _SHORT.items() if name in direction)
    return f"{area}{short}{rest[:-1]}-az{ord(rest[-1:] or 'a') - ord('a') + 1}"


def instance_arn(world: World, instance_id: str) -> str:
    """The ARN of an instance."""
    return f"arn:aws:ec2:{world.region}:{world.account}:instance/{instance_id}"


def _ended(
    world: World,
    group: Group,
    activity: Activity,
    instance_id: str,
    route: dict[str, str],
) -> EmitEvent:
    word = "Successful" if activity.status == "Successful" else "Unsuccessful"
    arns = (instance_arn(world, instance_id),) if instance_id else ()
    detail = _outcome(activity, world.now)
    detail |= {"AutoScalingGroupName": group.name, "EC2InstanceId": instance_id}
    return EmitEvent(
        detail_type=f"EC2 Instance {route['Action']} {word}",
        detail=detail | route,
        resources=(group.arn, *arns),
    )


def _outcome(activity: Activity, now: float) -> dict[str, Any]:
    well = activity.status == "Successful"
    return {
        "StatusCode": "InProgress" if well else "Failed",
        "Description": activity.description,
        "ActivityId": activity.activity_id,
        "RequestId": activity.activity_id,
        "Details": _details(activity.place),
        "StatusMessage": activity.message,
        "StartTime": iso(activity.started_at),
        "EndTime": iso(activity.ended_at or now),
        "Cause": activity.cause,
    }


def _route(instance: Instance) -> dict[str, str]:
    warm = instance.state.startswith(WARMED)
    here = "WarmPool" if warm else "AutoScalingGroup"
    if (
        instance.state in TERMINATING_STATES
        or instance.state.removeprefix(WARMED) == "Terminated"
    ):
        return _names(here, "EC2", "Terminate")
    return _names(instance.origin, here, "Launch")


def _names(origin: str, destination: str, action: str) -> dict[str, str]:
    return {"Origin": origin, "Destination": destination, "Action": action}


def _details(place: Place) -> dict[str, str]:
    details = {
        "Availability Zone": place.zone,
        "Availability Zone ID": zone_id(place.zone),
    }
    return {"Subnet ID": place.subnet_id, **details} if place.subnet_id else details
