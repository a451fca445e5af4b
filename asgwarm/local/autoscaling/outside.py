"""What EC2 says, to a wish of ours or without being asked.

Rule: an answer that fits no wish any more (late, doubled, about a stranger) only
updates what is known of the instance; it never moves it.
"""

from asgwarm.local.autoscaling import path
from asgwarm.local.autoscaling.lifecycle import (
    PENDING,
    TERMINATING_STATES,
    WARMED_PENDING,
    WARMED_PENDING_PROCEED,
    Signal,
    can,
)
from asgwarm.local.autoscaling.model import Group, Launch
from asgwarm.local.autoscaling.world import World


def instance_launched(world: World, ticket: str, instance_id: str) -> None:
    """RunInstances gave the wish *ticket* an instance."""
    if found := _launch(world, ticket):
        path.launched(world, *found, instance_id)


def launch_failed(world: World, ticket: str, message: str) -> None:
    """RunInstances refused the wish *ticket*."""
    if found := _launch(world, ticket):
        path.refused(world, *found, message)


def instance_running(world: World, instance_id: str) -> None:
    """The instance runs, for the first time or again."""
    if found := world.member(instance_id):
        group, instance = found
        if instance.ec2 == "terminated":
            return
        instance.ec2 = "running"
        # One that comes back from standby is pending too, but has a step due.
        if instance.state in {PENDING, WARMED_PENDING} and instance.due is None:
            path.up(world, group, instance)


def start_failed(world: World, instance_id: str, message: str) -> None:
    """StartInstances refused; a warm instance that cannot start is given up."""
    if found := world.member(instance_id):
        group, instance = found
        if instance.ec2 == "terminated":
            return
        instance.ec2 = "stopped"
        if instance.state == PENDING:
            path.fail(world, group, instance, message)


def instance_stopped(world: World, instance_id: str) -> None:
    """The instance stopped, as asked or not."""
    if found := world.member(instance_id):
        group, instance = found
        if instance.ec2 == "terminated":
            return
        instance.ec2 = "stopped"
        if instance.state == WARMED_PENDING_PROCEED and instance.due is None:
            path.stopped(world, group, instance)
        world.wake(group)


def instance_terminated(world: World, instance_id: str) -> None:
    """The instance is gone, as asked or not."""
    if found := world.member(instance_id):
        group, instance = found
        instance.ec2 = "terminated"
        if can(instance.state, Signal.GONE):
            path.gone(world, group, instance)
        elif instance.state not in TERMINATING_STATES:
            world.wake(group)


def _launch(world: World, ticket: str) -> tuple[Group, Launch] | None:
    for group in world.groups.values():
        if ticket in group.launches:
            return group, group.launches[ticket]
    return None
