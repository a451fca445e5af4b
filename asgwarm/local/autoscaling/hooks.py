"""Lifecycle actions: a hook that was asked, until it answers or its time is up.

Asked by path.py, which puts one Wait per hook on the instance. The instance goes on
when the last hook said CONTINUE; one ABANDON settles it at once.

Rule: every wait ends. A heartbeat gives the full timeout again, but never beyond the
global limit of 48 hours or 100 timeouts; then the hook's default result counts.
"""

from dataclasses import replace

from asgwarm.local.autoscaling import path
from asgwarm.local.autoscaling.model import TERMINATING, Group, Instance, Wait
from asgwarm.local.autoscaling.world import World

CONTINUE = "CONTINUE"
ABANDON = "ABANDON"
_ABANDONED = (
    "Instance failed to complete user's Lifecycle Action: Lifecycle Action with token "
    "{token} was abandoned: {why}"
)
_ANSWERED = "Lifecycle Action Completed with ABANDON Result"
_TIMED_OUT = "Heartbeat Timeout"


def answer(
    world: World, group: Group, instance: Instance, wait: Wait, result: str
) -> None:
    """Somebody answered for a hook, CONTINUE or ABANDON."""
    _settle(world, group, instance, wait, _ANSWERED if result == ABANDON else "")


def expire(world: World, group: Group, instance: Instance, wait: Wait) -> None:
    """Nobody answered in time: the default result counts."""
    abandon = wait.hook.default_result == ABANDON
    _settle(world, group, instance, wait, _TIMED_OUT if abandon else "")


def withdraw(world: World, group: Group, name: str) -> None:
    """The hook is deleted: open actions end, ABANDON for launches, else CONTINUE.

    Source: API Reference, DeleteLifecycleHook.
    """
    for instance in list(group.instances.values()):
        if wait := instance.waits.get(name):
            ending = wait.hook.transition == TERMINATING
            _settle(world, group, instance, wait, "" if ending else _ANSWERED)


def heartbeat(instance: Instance, wait: Wait, now: float) -> None:
    """The hook needs more time: its full timeout again, up to its global limit."""
    limit = wait.started_at + wait.hook.limit_s
    deadline = min(now + wait.hook.timeout_s, limit)
    instance.waits[wait.hook.name] = replace(wait, deadline=deadline)


def _settle(
    world: World, group: Group, instance: Instance, wait: Wait, abandoned: str
) -> None:
    instance.waits.pop(wait.hook.name)
    if not abandoned:
        if not instance.waits:
            path.proceed(world, group, instance)
        return
    instance.waits.clear()
    if wait.hook.transition == TERMINATING:
        path.proceed(world, group, instance)
    else:
        reason = _ABANDONED.format(token=wait.token, why=abandoned)
        path.fail(world, group, instance, reason)
