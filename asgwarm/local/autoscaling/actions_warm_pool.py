"""The API actions on a warm pool: put and delete."""

from typing import Any

from asgwarm.local.autoscaling import scaling
from asgwarm.local.autoscaling.lifecycle import STATES, WARMED
from asgwarm.local.autoscaling.model import Group, WarmPool
from asgwarm.local.autoscaling.world import World
from asgwarm.local.problem import AwsProblem, invalid

Params = dict[str, Any]
_POOL_STATES = frozenset(state for state in STATES if state.startswith(WARMED))
_UNSET = -1  # the value of MaxGroupPreparedCapacity that takes it back


def put_warm_pool(world: World, params: Params) -> Params:
    """Create the pool, or change what is given; it then grows or shrinks to fit."""
    group = world.live_group(params["AutoScalingGroupName"])
    pool = group.warm_pool or WarmPool()
    if pool.deleting:
        raise invalid(
            f"The warm pool of AutoScalingGroup {group.name} is pending delete"
        )
    most = params.get("MaxGroupPreparedCapacity", pool.max_prepared)
    group.warm_pool = WarmPool(
        min_size=params.get("MinSize", pool.min_size),
        max_prepared=None if most == _UNSET else most,
        pool_state=params.get("PoolState", pool.pool_state),
    )
    world.wake(group)
    return {}


def delete_warm_pool(world: World, params: Params) -> Params:
    """Only an empty pool, or with ForceDelete its instances as well."""
    group = world.live_group(params["AutoScalingGroupName"])
    if group.warm_pool is None:
        raise invalid(f"No warm pool found for AutoScalingGroup {group.name}")
    held = scaling.in_pool(group)
    if held and not params.get("ForceDelete", False):
        raise AwsProblem(
            "ResourceInUse",
            "You cannot delete a warm pool while there are instances still in it.",
        )
    give_up_pool(world, group)
    return {}


def give_up_pool(world: World, group: Group) -> None:
    """Let the pool end with everything in it; it is gone when the last one is."""
    pool = group.warm_pool
    if pool is None:
        return
    if not scaling.in_pool(group):
        group.warm_pool = None
        return
    group.warm_pool = WarmPool(
        min_size=pool.min_size,
        max_prepared=pool.max_prepared,
        pool_state=pool.pool_state,
        deleting=True,
    )
    for attempt in group.launches.values():
        attempt.canceled = attempt.canceled or attempt.warm
    force = not world.faults.force_delete_waits_for_hooks
    scaling.end_all(world, group, _POOL_STATES, force=force)
    world.wake(group)
