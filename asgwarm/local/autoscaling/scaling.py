"""What a group does when wish and reality differ.

In this order: end what EC2 no longer runs, grow, shrink, fit the warm pool. Growing
draws on the warm pool first and launches cold when nothing rests there.

Rule 1: level-triggered. It looks at what is, not at what happened, so it may run at
any time and as often as it likes.
Rule 2: an instance counts towards DesiredCapacity from its launch to the moment it
starts to leave (Terminating, Detaching, EnteringStandby); only InService instances are
ended to shrink, so what is on its way in arrives first.
Rule 3: a suspended process does not act, and what it left undone is done on resume.
"""

from collections import Counter

from asgwarm.local.autoscaling import path
from asgwarm.local.autoscaling.lifecycle import (
    ENTERING_STANDBY,
    IN_SERVICE,
    PENDING_STATES,
    RESTING,
    STANDBY,
    WARMED,
    WARMED_PENDING_STATES,
    WARMED_STOPPED,
    Signal,
    can,
)
from asgwarm.local.autoscaling.model import Group, Instance, Place
from asgwarm.local.autoscaling.world import World

_COUNTED = PENDING_STATES | {IN_SERVICE}
_IN_POOL = WARMED_PENDING_STATES | RESTING
_ASIDE = frozenset({STANDBY, ENTERING_STANDBY})


def reconcile(world: World, group: Group) -> None:
    """Compare wish and reality once, and start what is missing or end what is not."""
    group.wake_at = None
    group.holds = [hold for hold in group.holds if hold > world.now]
    _replace_unfit(world, group)
    if not group.deleting:
        _grow(world, group)
        _shrink(world, group)
    _fit_pool(world, group)
    _finish_deletion(world, group)
    for moment in (*group.holds, group.retry_at):
        if moment > world.now:
            world.wake(group, moment)


def counted(group: Group) -> int:
    """How many instances stand for DesiredCapacity now."""
    coming = sum(1 for attempt in group.launches.values() if not attempt.warm)
    return coming + len(_in_states(group, _COUNTED))


def prepared(group: Group) -> int:
    """How many instances the warm pool has or is getting."""
    coming = sum(1 for attempt in group.launches.values() if attempt.warm)
    return coming + len(_in_states(group, _IN_POOL))


def in_pool(group: Group) -> int:
    """How many instances the warm pool still holds, ending ones included."""
    coming = sum(1 for attempt in group.launches.values() if attempt.warm)
    members = group.instances.values()
    return coming + sum(1 for i in members if i.state.startswith(WARMED))


def pool_target(group: Group) -> int:
    """How many instances the warm pool should have.

    max(MinSize, (MaxGroupPreparedCapacity or MaxSize) - DesiredCapacity)

    Source: Auto Scaling User Guide, "Warm pools", "Warm pool size".
    """
    pool = group.warm_pool
    if pool is None or pool.deleting:
        return 0
    most = group.max_size if pool.max_prepared is None else pool.max_prepared
    return max(pool.min_size, most - group.desired)


def end_all(world: World, group: Group, states: frozenset[str], *, force: bool) -> None:
    """End every instance of the group in *states*, for a forced deletion."""
    for instance in _in_states(group, states):
        if can(instance.state, Signal.END):
            cause = _selected(world, instance, "a user request to force its deletion")
            path.terminate(world, group, instance, cause, force=force)
        elif force:
            path.hurry(world, group, instance)


def _replace_unfit(world: World, group: Group) -> None:
    if "HealthCheck" not in group.suspended:
        for instance in group.instances.values():
            instance.healthy = instance.healthy and not _unfit(instance)
    if {"ReplaceUnhealthy", "Terminate"} & group.suspended.keys():
        return
    why = "an EC2 health check indicating it has been terminated or stopped"
    for instance in list(group.instances.values()):
        if instance.healthy or instance.state in _ASIDE:
            continue
        if not can(instance.state, Signal.END):
            continue
        if instance.activity.ended_at is None:
            path.fail(world, group, instance, f"The launch was given up after {why}")
        else:
            cause = _selected(world, instance, why)
            path.terminate(world, group, instance, cause)


def _unfit(instance: Instance) -> bool:
    if instance.state in _ASIDE:  # standby is not health-checked
        return False
    if instance.ec2 == "stopped":
        return instance.state != WARMED_STOPPED
    return instance.ec2 == "terminated"


def _grow(world: World, group: Group) -> None:
    zone = _zone_to_rebalance(group)
    wanted = group.desired - len(group.holds) + (1 if zone else 0)
    while counted(group) < wanted and _may_launch(world, group):
        before = counted(group)
        cause = (
            f"{group.reason}At {world.stamp()} an instance was started in response to "
            "a difference between desired and actual capacity, increasing the "
            f"capacity from {before} to {before + 1}."
        )
        rested = None if group.cold_refills else _pick_warm(group, zone)
        group.cold_refills = max(0, group.cold_refills - 1)
        if rested:
            path.draw(world, group, rested, cause)
        else:
            place = _pick_place(group, _COUNTED, zone, warm=False)
            path.launch(world, group, place, cause, warm=False)
    if counted(group) >= wanted:
        group.reason = ""


def _shrink(world: World, group: Group) -> None:
    if "Terminate" in group.suspended:
        return
    serving = _in_states(group, frozenset({IN_SERVICE}))
    for _ in range(len(serving) - group.desired):
        victim = _pick_victim(group)
        if victim is None:
            return
        why = "a difference between desired and actual capacity, shrinking the capacity"
        cause = group.reason + _selected(world, victim, why)
        path.terminate(world, group, victim, cause)


def _fit_pool(world: World, group: Group) -> None:
    target = pool_target(group)
    while prepared(group) < target and _may_launch(world, group):
        place = _pick_place(group, _IN_POOL, "", warm=True)
        cause = (
            f"At {world.stamp()} an instance was started in response to a difference "
            "between desired and actual capacity, increasing the capacity from "
            f"{prepared(group)} to {prepared(group) + 1}."
        )
        path.launch(world, group, place, cause, warm=True)
    if "Terminate" in group.suspended or group.deleting:
        return
    resting = _oldest_first(_in_states(group, RESTING))
    for surplus in resting[: max(0, prepared(group) - target)]:
        why = "a difference between desired and actual capacity, shrinking the capacity"
        path.terminate(world, group, surplus, _selected(world, surplus, why))


def _finish_deletion(world: World, group: Group) -> None:
    pool = group.warm_pool
    if pool and pool.deleting and not in_pool(group):
        group.warm_pool = None
    if group.deleting and not group.instances and not group.launches:
        del world.groups[group.name]


def _may_launch(world: World, group: Group) -> bool:
    return "Launch" not in group.suspended and world.now >= group.retry_at


def _in_states(group: Group, states: frozenset[str]) -> list[Instance]:
    return [i for i in group.instances.values() if i.state in states]


def _oldest_first(instances: list[Instance]) -> list[Instance]:
    return sorted(instances, key=lambda instance: instance.launched_at)


def _pick_warm(group: Group, zone: str) -> Instance | None:
    """The oldest resting instance of the emptiest zone; AWS does not say which."""
    filled = _zones(group, _COUNTED)
    resting = [
        instance
        for instance in _oldest_first(_in_states(group, RESTING))
        if instance.healthy and zone in {"", instance.place.zone}
    ]
    return min(resting, key=lambda i: filled[i.place.zone], default=None)


def _pick_place(
    group: Group, states: frozenset[str], zone: str, *, warm: bool
) -> Place:
    """Where the fewest instances are: by zone, then by subnet, then by order."""
    taken = [instance.place for instance in _in_states(group, states)]
    taken += [
        attempt.place for attempt in group.launches.values() if attempt.warm == warm
    ]
    zones = Counter(place.zone for place in taken)
    places = Counter(taken)
    allowed = [place for place in group.places if zone in {"", place.zone}]
    return min(allowed, key=lambda place: (zones[place.zone], places[place]))


def _pick_victim(group: Group) -> Instance | None:
    """The oldest unprotected instance of the fullest zone."""
    filled = _zones(group, frozenset({IN_SERVICE}))
    free = [i for i in _in_states(group, frozenset({IN_SERVICE})) if not i.protected]
    return min(free, key=lambda i: (-filled[i.place.zone], i.launched_at), default=None)


def _zone_to_rebalance(group: Group) -> str:
    """The zone that should get one more because another has two more, or nothing.

    The group then launches there first and ends an instance of the fullest zone
    afterwards, as AZRebalance does; that instance may be one that is in use.
    """
    filled = _zones(group, _COUNTED)
    steady = len(_in_states(group, frozenset({IN_SERVICE}))) == counted(group)
    if "AZRebalance" in group.suspended or not steady:
        return ""
    if counted(group) != group.desired or group.holds:
        return ""
    victim = _pick_victim(group)
    least = min(filled, key=lambda zone: filled[zone])
    if victim is None or filled[victim.place.zone] - filled[least] < 2:
        return ""
    return least


def _zones(group: Group, states: frozenset[str]) -> Counter[str]:
    filled = Counter({place.zone: 0 for place in group.places})
    filled.update(i.place.zone for i in _in_states(group, states))
    return filled


def _selected(world: World, instance: Instance, why: str) -> str:
    return (
        f"At {world.stamp()} an instance was taken out of service in response to "
        f"{why}.  At {world.stamp()} instance {instance.instance_id} was selected "
        "for termination."
    )
