"""The API actions on lifecycle hooks and on the actions they hold up."""

from typing import Any

from asgwarm.local.autoscaling import hooks
from asgwarm.local.autoscaling.emulated import HOOK, check_default
from asgwarm.local.autoscaling.model import (
    LAUNCHING,
    TERMINATING,
    Group,
    Hook,
    Instance,
    Wait,
)
from asgwarm.local.autoscaling.world import World
from asgwarm.local.problem import AwsProblem, invalid

Params = dict[str, Any]
MOST_HOOKS = 50  # per group; Auto Scaling User Guide, "Quotas"
SHORTEST_S, LONGEST_S = 30, 7200  # API Reference, PutLifecycleHook.HeartbeatTimeout
DEFAULT_TIMEOUT_S = 3600


def put_lifecycle_hook(world: World, params: Params) -> Params:
    """Create or change a hook; actions that already wait keep what they began with."""
    group = world.live_group(params["AutoScalingGroupName"])
    old = group.hooks.get(params["LifecycleHookName"])
    if old is None and len(group.hooks) >= MOST_HOOKS:
        raise AwsProblem("LimitExceeded", f"A group can have {MOST_HOOKS} hooks")
    kept = _as_params(old) if old else {}
    given = {k: v for k, v in params.items() if k != "AutoScalingGroupName"}
    hook = hook_from({**kept, **given})
    group.hooks[hook.name] = hook
    return {}


def delete_lifecycle_hook(world: World, params: Params) -> Params:
    """Remove a hook; whoever waits for it goes on, or is ended."""
    group = world.live_group(params["AutoScalingGroupName"])
    name = params["LifecycleHookName"]
    if name not in group.hooks:
        raise invalid(f"No Lifecycle Hook found with name: {name}")
    del group.hooks[name]
    hooks.withdraw(world, group, name)
    return {}


def complete_lifecycle_action(world: World, params: Params) -> Params:
    """Answer for a hook, by token or by instance id."""
    result = params["LifecycleActionResult"]
    if result not in {hooks.CONTINUE, hooks.ABANDON}:
        raise invalid(
            f"Value '{result}' at 'lifecycleActionResult' failed to satisfy "
            "constraint: Member must be CONTINUE or ABANDON"
        )
    group, instance, wait = _waiting(world, params)
    hooks.answer(world, group, instance, wait, result)
    return {}


def record_lifecycle_action_heartbeat(world: World, params: Params) -> Params:
    """Give a waiting hook its full timeout again, within its global limit."""
    _, instance, wait = _waiting(world, params)
    hooks.heartbeat(instance, wait, world.now)
    return {}


def hook_from(given: Params) -> Hook:
    """A hook as a request spells it.

    Raises:
        AwsProblem: ValidationError for what AWS refuses, NotImplemented for targets:
            this region tells hooks to EventBridge only.
    """
    for name in given.keys() - HOOK:
        check_default("PutLifecycleHook", name, given[name])
    timeout_s = given.get("HeartbeatTimeout", DEFAULT_TIMEOUT_S)
    transition = given.get("LifecycleTransition", "")
    default = given.get("DefaultResult", hooks.ABANDON)
    if not SHORTEST_S <= timeout_s <= LONGEST_S:
        raise invalid(f"HeartbeatTimeout must be between {SHORTEST_S} and {LONGEST_S}")
    if transition not in {LAUNCHING, TERMINATING}:
        raise invalid(f"{transition!r} is not a valid LifecycleTransition")
    if default not in {hooks.CONTINUE, hooks.ABANDON}:
        raise invalid(f"{default!r} is not a valid DefaultResult")
    return Hook(
        name=given["LifecycleHookName"],
        transition=transition,
        timeout_s=timeout_s,
        default_result=default,
        metadata=given.get("NotificationMetadata", ""),
    )


def _as_params(hook: Hook) -> Params:
    return {
        "LifecycleTransition": hook.transition,
        "HeartbeatTimeout": hook.timeout_s,
        "DefaultResult": hook.default_result,
        "NotificationMetadata": hook.metadata,
    }


def _waiting(world: World, params: Params) -> tuple[Group, Instance, Wait]:
    group = world.group(params["AutoScalingGroupName"])
    name = params["LifecycleHookName"]
    token = params.get("LifecycleActionToken", "")
    instance_id = params.get("InstanceId", "")
    if not token and not instance_id:
        raise invalid("Either LifecycleActionToken or InstanceId has to be given.")
    for instance in group.instances.values():
        wait = instance.waits.get(name)
        if wait is None or (token and wait.token != token):
            continue
        if instance_id in {"", instance.instance_id}:
            return group, instance, wait
    by = f"token {token}" if token else f"instance ID {instance_id}"
    raise invalid(f"No active Lifecycle Action found with {by}")
