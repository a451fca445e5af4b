"""How one instance walks through the table of lifecycle.py.

Launch: RunInstance -> Pending -> the hooks are asked -> Proceed -> InService, or the
same with "Warmed:" and a stop at the end. A resting instance that the group draws
starts again at Pending, so its launch hooks are asked a second time.
End: Terminating -> the hooks are asked -> Proceed -> TerminateInstance -> gone.

Rule 1: this is the only file that changes an instance's state.
Rule 2: an instance that fails on its way in is ended and replaced, and the group waits
longer and longer before it tries again.
"""

from asgwarm.local.autoscaling import events
from asgwarm.local.autoscaling.effects import (
    RunInstance,
    SetMembership,
    StartInstance,
    StopInstance,
    TerminateInstance,
)
from asgwarm.local.autoscaling.lifecycle import (
    IN_SERVICE,
    PENDING_STATES,
    WARMED,
    WARMED_PENDING,
    WARMED_PENDING_PROCEED,
    WARMED_PENDING_STATES,
    Signal,
    can,
    move,
)
from asgwarm.local.autoscaling.model import (
    LAUNCHING,
    TERMINATING,
    Activity,
    Group,
    Instance,
    Launch,
    Place,
    Wait,
)
from asgwarm.local.autoscaling.world import World

GROUP_TAG = "aws:autoscaling:groupName"


def launch(world: World, group: Group, place: Place, cause: str, *, warm: bool) -> None:
    """Ask EC2 for one new instance, for the group or for its warm pool."""
    where = " into warm pool" if warm else ""
    activity = world.begin(group, f"Launching a new EC2 instance{where}", cause, place)
    # What is launched stays of the version of this moment, whatever the group gets.
    template = world.catalog.numbered(group.launch_template)
    attempt = Launch(
        ticket=world.new_id(),
        warm=warm,
        place=place,
        launch_template=template,
        activity=activity,
    )
    group.launches[attempt.ticket] = attempt
    if world.faults.launch_failure:
        refused(world, group, attempt, world.faults.launch_failure)
        return
    tags = {tag.key: tag.value for tag in group.tags.values() if tag.propagate}
    world.ask(
        RunInstance(
            ticket=attempt.ticket,
            group=group.name,
            launch_template=template,
            subnet_id=place.subnet_id,
            zone=place.zone,
            tags={**tags, GROUP_TAG: group.name},
            target=f"{WARMED}{_pool_state(group)}" if warm else IN_SERVICE,
        )
    )


def refused(world: World, group: Group, attempt: Launch, message: str) -> None:
    """EC2 did not launch anything: the activity failed, try again later."""
    del group.launches[attempt.ticket]
    activity = attempt.activity
    reason = f"{message}  Launching EC2 instance failed."
    activity.description += f".  Status Reason: {reason}"
    world.end(activity, "Failed", reason)
    world.ask(events.never_launched(world, group, activity, warm=attempt.warm))
    back_off(world, group)


def back_off(world: World, group: Group) -> None:
    """After a failed launch: the next one waits twice as long as the last one did."""
    timings = world.timings
    delay_s = min(timings.retry_s * 2**group.failures, timings.retry_max_s)
    group.failures = min(group.failures + 1, 32)
    group.retry_at = world.now + delay_s
    world.wake(group)


def launched(world: World, group: Group, attempt: Launch, instance_id: str) -> None:
    """EC2 gave the instance a name: it is a member from now on."""
    del group.launches[attempt.ticket]
    attempt.activity.description += f": {instance_id}"
    attempt.activity.progress = 30
    instance = Instance(
        instance_id=instance_id,
        state=WARMED_PENDING if attempt.warm else "Pending",
        place=attempt.place,
        launch_template=attempt.launch_template,
        launched_at=world.now,
        activity=attempt.activity,
        protected=group.protect_new and not attempt.warm,
    )
    group.instances[instance_id] = instance
    if attempt.canceled:
        world.end(attempt.activity, "Cancelled", "The launch was canceled")
        terminate(world, group, instance, _selected(world, instance), force=True)


def draw(world: World, group: Group, instance: Instance, cause: str) -> None:
    """Take a resting instance out of the warm pool and into the group."""
    was_stopped = instance.ec2 == "stopped"
    instance.activity = world.begin(
        group,
        f"Launching a new EC2 instance from warm pool: {instance.instance_id}",
        cause,
        instance.place,
    )
    instance.origin = "WarmPool"
    instance.protected = group.protect_new
    instance.state = move(instance.state, Signal.LEAVE_POOL)
    if not was_stopped:
        up(world, group, instance)
    elif world.faults.start_failure:
        fail(world, group, instance, world.faults.start_failure)
    else:
        instance.ec2 = "pending"
        world.ask(StartInstance(instance_id=instance.instance_id))


def up(world: World, group: Group, instance: Instance) -> None:
    """The instance runs: ask the launch hooks, or go on when there is none."""
    _ask_hooks(world, group, instance, LAUNCHING)


def fail(world: World, group: Group, instance: Instance, message: str) -> None:
    """The launch of this instance failed: end it, and let the group try again."""
    activity = instance.activity
    activity.description += f".  Status Reason: {message}"
    world.end(activity, "Cancelled", message)
    world.ask(events.ended(world, group, activity, instance))
    back_off(world, group)
    terminate(world, group, instance, _selected(world, instance))


def due(world: World, group: Group, instance: Instance) -> None:
    """The time of a step that the instance takes by itself has come."""
    instance.due = None
    if instance.state == WARMED_PENDING_PROCEED:
        rest(world, group, instance)
    elif can(instance.state, Signal.LEFT):
        _leave(world, group, instance)
    else:
        instance.state = move(instance.state, Signal.ARRIVE)
        world.end(instance.activity, "Successful")
        if instance.state == IN_SERVICE:
            _arrived(world, group, instance)


def rest(world: World, group: Group, instance: Instance) -> None:
    """At the end of the way into the pool: stop, or stay running."""
    if _pool_state(group) == "Running":
        instance.state = move(instance.state, Signal.KEPT)
        _arrived(world, group, instance)
    elif instance.ec2 == "stopped":
        stopped(world, group, instance)
    else:
        world.ask(StopInstance(instance_id=instance.instance_id))


def stopped(world: World, group: Group, instance: Instance) -> None:
    """EC2 has stopped it as asked: it rests in the pool."""
    instance.state = move(instance.state, Signal.STOPPED)
    _arrived(world, group, instance)


def terminate(
    world: World, group: Group, instance: Instance, cause: str, *, force: bool = False
) -> Activity:
    """Send the instance to its end; *force* leaves out its hooks."""
    warm = instance.state.startswith(WARMED)
    if instance.activity.ended_at is None:
        world.end(instance.activity, "Cancelled", "The instance is being terminated")
    where = " from warm pool" if warm else ""
    what = f"Terminating EC2 instance{where}: {instance.instance_id}"
    instance.activity = world.begin(group, what, cause, instance.place)
    instance.state = move(instance.state, Signal.END)
    instance.waits.clear()
    instance.due = None
    instance.skip_hooks = force
    _ask_hooks(world, group, instance, TERMINATING)
    return instance.activity


def hurry(world: World, group: Group, instance: Instance) -> None:
    """Force an end that has already begun: no hook holds it up any more."""
    instance.skip_hooks = True
    if instance.waits:
        instance.waits.clear()
        proceed(world, group, instance)


def gone(world: World, group: Group, instance: Instance) -> None:
    """EC2 has terminated it: it leaves the group and its history stays."""
    instance.state = move(instance.state, Signal.GONE)
    world.end(instance.activity, "Successful")
    world.ask(events.ended(world, group, instance.activity, instance))
    del group.instances[instance.instance_id]
    world.wake(group)


def step(world: World, instance: Instance, signal: Signal, after_s: float) -> None:
    """Take a move now, and let the instance take the next one after *after_s*."""
    instance.state = move(instance.state, signal)
    instance.due = world.now + after_s


def proceed(world: World, group: Group, instance: Instance) -> None:
    """No hook holds it up (any more): take the step behind the hooks."""
    instance.state = move(instance.state, Signal.GO)
    instance.activity.status = "InProgress"
    if instance.state in PENDING_STATES | WARMED_PENDING_STATES:
        instance.due = world.now + world.timings.proceed_s
    elif instance.ec2 == "terminated":
        gone(world, group, instance)
    else:
        world.ask(TerminateInstance(instance_id=instance.instance_id))


def _ask_hooks(world: World, group: Group, instance: Instance, transition: str) -> None:
    hooks = [hook for hook in group.hooks.values() if hook.transition == transition]
    if not hooks or instance.skip_hooks:
        proceed(world, group, instance)
        return
    instance.state = move(instance.state, Signal.ASK)
    instance.activity.status = "MidLifecycleAction"
    instance.activity.progress = 60
    for hook in hooks:
        deadline = world.now + hook.timeout_s
        token = world.new_id()
        wait = Wait(token=token, hook=hook, started_at=world.now, deadline=deadline)
        instance.waits[hook.name] = wait
        world.ask(events.lifecycle_action(group, instance, wait))


def _arrived(world: World, group: Group, instance: Instance) -> None:
    if instance.activity.ended_at is None:
        world.end(instance.activity, "Successful")
    if instance.activity.description.startswith("Launching"):
        world.ask(events.ended(world, group, instance.activity, instance))
    group.failures = 0
    group.retry_at = 0.0
    world.wake(group)


def _leave(world: World, group: Group, instance: Instance) -> None:
    instance.state = move(instance.state, Signal.LEFT)
    world.end(instance.activity, "Successful")
    del group.instances[instance.instance_id]
    world.ask(SetMembership(instance_id=instance.instance_id, group=None))
    world.wake(group)


def _pool_state(group: Group) -> str:
    return group.warm_pool.pool_state if group.warm_pool else "Stopped"


def _selected(world: World, instance: Instance) -> str:
    return (
        f"At {world.stamp()} an instance was taken out of service in response to a "
        f"launch failure.  At {world.stamp()} instance {instance.instance_id} was "
        "selected for termination."
    )
