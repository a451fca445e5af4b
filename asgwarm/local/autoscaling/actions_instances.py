"""The API actions on single members: detach, attach, standby, protect, terminate.

Rule: a request about several instances is refused as a whole when one of them cannot.
"""

from collections.abc import Iterable
from typing import Any

from asgwarm.local.autoscaling import path
from asgwarm.local.autoscaling.effects import SetMembership
from asgwarm.local.autoscaling.lifecycle import (
    ENTERING_STANDBY,
    IN_SERVICE,
    PENDING,
    STANDBY,
    WARMED,
    Signal,
    can,
)
from asgwarm.local.autoscaling.model import Activity, Group, Instance
from asgwarm.local.autoscaling.views import activity_view
from asgwarm.local.autoscaling.world import World
from asgwarm.local.problem import invalid

Params = dict[str, Any]
MOST_IDS = 20  # API Reference, DetachInstances and its neighbours


def detach_instances(world: World, params: Params) -> Params:
    """Give instances away: they run on, and no hook is asked.

    Without decrement the group replaces them at once.
    """
    group = world.live_group(params["AutoScalingGroupName"])
    members = _members(group, params, (IN_SERVICE, STANDBY))
    decrement = params["ShouldDecrementDesiredCapacity"]
    serving = sum(1 for member in members if member.state == IN_SERVICE)
    _decrement(group, len(members) if decrement else 0)
    if not decrement:
        _spoil_refill(world, group, serving)
    why = f"was detached{_shrinking(group, decrement)}"
    activities = []
    for member in members:
        activities.append(_begin(world, group, member, "Detaching EC2 instance", why))
        path.step(world, member, Signal.DETACH, world.timings.detach_s)
    world.wake(group)
    return _answer(world, group, activities)


def attach_instances(world: World, params: Params) -> Params:
    """Take running instances in; DesiredCapacity grows by their number."""
    group = world.live_group(params["AutoScalingGroupName"])
    ids = _ids(params)
    for instance_id in ids:
        if world.member(instance_id):
            raise invalid(
                f"Instance {instance_id} is already part of an Auto Scaling group"
            )
    _increment(group, len(ids))
    for instance_id in ids:
        group.instances[instance_id] = _newcomer(world, group, instance_id)
        world.ask(SetMembership(instance_id=instance_id, group=group.name))
    return {}


def enter_standby(world: World, params: Params) -> Params:
    """Put instances aside: members still, neither counted nor health-checked."""
    group = world.live_group(params["AutoScalingGroupName"])
    members = _members(group, params, (IN_SERVICE,))
    decrement = params["ShouldDecrementDesiredCapacity"]
    _decrement(group, len(members) if decrement else 0)
    why = f"was moved to standby{_shrinking(group, decrement)}"
    activities = []
    for member in members:
        what = "Moving EC2 instance to Standby"
        activities.append(_begin(world, group, member, what, why))
        path.step(world, member, Signal.STAND_BY, world.timings.standby_s)
    world.wake(group)
    return _answer(world, group, activities)


def exit_standby(world: World, params: Params) -> Params:
    """Bring instances back; DesiredCapacity grows by their number."""
    group = world.live_group(params["AutoScalingGroupName"])
    members = _members(group, params, (STANDBY,))
    _increment(group, len(members))
    activities = []
    for member in members:
        what = "Moving EC2 instance out of Standby"
        activities.append(
            _begin(world, group, member, what, "was moved out of standby")
        )
        path.step(world, member, Signal.RESUME, world.timings.proceed_s)
    return _answer(world, group, activities)


def set_instance_protection(world: World, params: Params) -> Params:
    """Protect instances from being chosen to shrink the group, or stop to."""
    group = world.live_group(params["AutoScalingGroupName"])
    states = (IN_SERVICE, ENTERING_STANDBY, STANDBY)
    for member in _members(group, params, states, most=50):
        member.protected = params["ProtectedFromScaleIn"]
    return {}


def set_instance_health(world: World, params: Params) -> Params:
    """Say how an instance is; an unhealthy one is replaced."""
    group, member = _managed(world, params["InstanceId"])
    member.healthy = params["HealthStatus"] == "Healthy"
    world.wake(group)
    return {}


def terminate_instance_in_auto_scaling_group(world: World, params: Params) -> Params:
    """End members of the group, not of its warm pool; the hooks are asked."""
    ids = [params["InstanceId"]] if "InstanceId" in params else _ids(params, most=100)
    found = [_managed(world, instance_id) for instance_id in ids]
    for group, member in found:
        _check_endable(group, member, params)
    group = found[0][0]
    decrement = params["ShouldDecrementDesiredCapacity"]
    _decrement(group, len(found) if decrement else 0)
    activities = []
    for _, member in found:
        cause = (
            f"At {world.stamp()} instance {member.instance_id} was taken out of "
            f"service in response to a user request{_shrinking(group, decrement)}."
        )
        activities.append(path.terminate(world, group, member, cause))
    world.wake(group)
    shown = [activity_view(group, activity) for activity in activities]
    return {"Activity": shown[0]} if "InstanceId" in params else {"Activities": shown}


def _newcomer(world: World, group: Group, instance_id: str) -> Instance:
    cause = (
        f"At {world.stamp()} an instance was attached in response to a user request, "
        f"increasing the capacity to {group.desired}."
    )
    what = f"Attaching an existing EC2 instance: {instance_id}"
    place = group.places[0]
    return Instance(
        instance_id=instance_id,
        state=PENDING,
        place=place,
        launch_template=group.launch_template,
        launched_at=world.now,
        activity=world.begin(group, what, cause, place),
        ec2="running",
        due=world.now + world.timings.proceed_s,
    )


def _check_endable(group: Group, member: Instance, params: Params) -> None:
    if group.name != params.get("AutoScalingGroupName", group.name):
        raise _stranger(member.instance_id, params["AutoScalingGroupName"])
    if member.state.startswith(WARMED):
        raise invalid(
            f"Instance {member.instance_id} is in a warm pool; this operation cannot "
            "be called on instances in a warm pool."
        )
    if not can(member.state, Signal.END):
        raise invalid(
            f"The instance {member.instance_id} cannot be terminated while it is "
            f"{member.state}."
        )


def _members(
    group: Group, params: Params, states: tuple[str, ...], most: int = MOST_IDS
) -> list[Instance]:
    members = []
    for instance_id in _ids(params, most):
        if instance_id not in group.instances:
            raise _stranger(instance_id, group.name)
        member = group.instances[instance_id]
        if member.state not in states:
            raise invalid(
                f"The instance {instance_id} is not in {' or '.join(states)}."
            )
        members.append(member)
    return members


def _ids(params: Params, most: int = MOST_IDS) -> list[str]:
    ids = list(dict.fromkeys(params.get("InstanceIds", ())))
    if not 1 <= len(ids) <= most:
        raise invalid(f"Between 1 and {most} instance IDs have to be given.")
    return ids


def _managed(world: World, instance_id: str) -> tuple[Group, Instance]:
    found = world.member(instance_id)
    if found is None:
        raise invalid(
            "Instance Id not found - No managed instance found for instance ID: "
            f"{instance_id}"
        )
    return found


def _decrement(group: Group, number: int) -> None:
    if number and group.desired - number < group.min_size:
        raise invalid(
            f"Currently, desiredSize equals minSize ({group.min_size}). Terminating "
            "instance without replacement will violate group's min size constraint. "
            "Either set shouldDecrementDesiredCapacity flag to false or lower group's "
            "min size."
        )
    group.desired -= number


def _increment(group: Group, number: int) -> None:
    if group.desired + number > group.max_size:
        raise invalid(
            f"Group's desired capacity of {group.desired} plus {number} instances "
            f"would exceed its max size of {group.max_size}."
        )
    group.desired += number


def _spoil_refill(world: World, group: Group, number: int) -> None:
    if world.faults.refill == "cold":
        group.cold_refills += number
    elif world.faults.refill == "delayed":
        group.holds += [world.now + world.timings.refill_delay_s] * number


def _begin(
    world: World, group: Group, member: Instance, what: str, why: str
) -> Activity:
    cause = (
        f"At {world.stamp()} instance {member.instance_id} {why} in response to a "
        "user request."
    )
    what = f"{what}: {member.instance_id}"
    member.activity = world.begin(group, what, cause, member.place)
    member.activity.progress = 50
    return member.activity


def _shrinking(group: Group, decrement: bool) -> str:
    if not decrement:
        return ""
    return f", shrinking the capacity to {group.desired}"


def _answer(world: World, group: Group, activities: Iterable[Activity]) -> Params:
    return {"Activities": [activity_view(group, activity) for activity in activities]}


def _stranger(instance_id: str, group: str) -> Exception:
    return invalid(
        f"The instance {instance_id} is not part of Auto Scaling group {group}."
    )
