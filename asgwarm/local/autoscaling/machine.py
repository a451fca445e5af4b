"""The emulated Auto Scaling service as a pure machine.

    machine.call("PutWarmPool", {...}, now=t)   an API action: answer, or AwsProblem
    machine.take_effects()                      what it wants of EC2 and EventBridge
    machine.instance_running("i-1", now=t)      EC2's answers
    machine.next_due()                          when it wants to be woken
    machine.advance(now=t)                      let everything happen that is due

Rule 1: time is what callers say, in Unix seconds, and never goes back: a call with an
earlier time happens at the latest time seen.
Rule 2: everything that is due by `now` happens before the call itself, each at its own
moment, in a fixed order.
"""

from collections.abc import Callable
from typing import Any, Final

from asgwarm.local.autoscaling import (
    actions_groups,
    actions_hooks,
    actions_instances,
    actions_tags,
    actions_warm_pool,
    describe,
    hooks,
    outside,
    path,
    scaling,
)
from asgwarm.local.autoscaling.effects import Effect
from asgwarm.local.autoscaling.emulated import refuse_what_is_not
from asgwarm.local.autoscaling.lifecycle import target_of
from asgwarm.local.autoscaling.model import Faults, Timings
from asgwarm.local.autoscaling.world import Catalog, World, counted_ids

Params = dict[str, Any]
Action = Callable[[World, Params], Params]

ACTIONS: Final[dict[str, Action]] = {
    "AttachInstances": actions_instances.attach_instances,
    "CompleteLifecycleAction": actions_hooks.complete_lifecycle_action,
    "CreateAutoScalingGroup": actions_groups.create_auto_scaling_group,
    "CreateOrUpdateTags": actions_tags.create_or_update_tags,
    "DeleteAutoScalingGroup": actions_groups.delete_auto_scaling_group,
    "DeleteLifecycleHook": actions_hooks.delete_lifecycle_hook,
    "DeleteTags": actions_tags.delete_tags,
    "DeleteWarmPool": actions_warm_pool.delete_warm_pool,
    "DescribeAutoScalingGroups": describe.describe_auto_scaling_groups,
    "DescribeAutoScalingInstances": describe.describe_auto_scaling_instances,
    "DescribeLifecycleHooks": describe.describe_lifecycle_hooks,
    "DescribeScalingActivities": describe.describe_scaling_activities,
    "DescribeTags": describe.describe_tags,
    "DescribeWarmPool": describe.describe_warm_pool,
    "DetachInstances": actions_instances.detach_instances,
    "DisableMetricsCollection": actions_groups.disable_metrics_collection,
    "EnableMetricsCollection": actions_groups.enable_metrics_collection,
    "EnterStandby": actions_instances.enter_standby,
    "ExitStandby": actions_instances.exit_standby,
    "PutLifecycleHook": actions_hooks.put_lifecycle_hook,
    "PutWarmPool": actions_warm_pool.put_warm_pool,
    "RecordLifecycleActionHeartbeat": actions_hooks.record_lifecycle_action_heartbeat,
    "ResumeProcesses": actions_groups.resume_processes,
    "SetDesiredCapacity": actions_groups.set_desired_capacity,
    "SetInstanceHealth": actions_instances.set_instance_health,
    "SetInstanceProtection": actions_instances.set_instance_protection,
    "SuspendProcesses": actions_groups.suspend_processes,
    "TerminateInstanceInAutoScalingGroup": (
        actions_instances.terminate_instance_in_auto_scaling_group
    ),
    "UpdateAutoScalingGroup": actions_groups.update_auto_scaling_group,
}


class Machine:
    """Auto Scaling of one account in one region.

    Args:
        catalog: Looks up subnets and launch templates; no I/O of its own.
        new_id: A factory of unique ids; counted ones by default.
    """

    def __init__(
        self,
        *,
        catalog: Catalog,
        region: str = "us-east-1",
        account: str = "000000000000",
        timings: Timings | None = None,
        new_id: Callable[[], str] | None = None,
    ) -> None:
        self.world = World(
            catalog=catalog,
            region=region,
            account=account,
            timings=timings or Timings(),
            faults=Faults(),
            new_id=new_id or counted_ids(),
        )

    @property
    def timings(self) -> Timings:
        """How long things take here."""
        return self.world.timings

    @property
    def faults(self) -> Faults:
        """What goes wrong here; assign a new value to change it."""
        return self.world.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self.world.faults = faults

    def call(self, action: str, params: Params, *, now: float) -> Params:
        """The answer to one API action, in AWS's names and types.

        Raises:
            AwsProblem: What AWS would have refused, and what is not emulated.
        """
        refuse_what_is_not(action, params)
        self.advance(now=now)
        return ACTIONS[action](self.world, params)

    def advance(self, *, now: float) -> None:
        """Let everything happen that is due by *now*, each thing at its own time."""
        while (due := self.next_due()) is not None and due <= now:
            self.world.at(due)
            self._step()
        self.world.at(now)

    def next_due(self) -> float | None:
        """When something will happen by itself, or None when nothing will."""
        moments = [group.wake_at for group in self.world.groups.values()]
        for _, instance in self.world.members():
            moments.append(instance.due)
            moments += [wait.deadline for wait in instance.waits.values()]
        return min((moment for moment in moments if moment is not None), default=None)

    def take_effects(self) -> list[Effect]:
        """What the machine asked of the outside since the last time, in order."""
        effects, self.world.effects = self.world.effects, []
        return effects

    def instance_launched(self, ticket: str, instance_id: str, *, now: float) -> None:
        """RunInstance *ticket* got an instance."""
        self.advance(now=now)
        outside.instance_launched(self.world, ticket, instance_id)

    def launch_failed(self, ticket: str, message: str, *, now: float) -> None:
        """RunInstance *ticket* was refused; *message* is EC2's reason."""
        self.advance(now=now)
        outside.launch_failed(self.world, ticket, message)

    def instance_running(self, instance_id: str, *, now: float) -> None:
        """The instance runs: launched or started."""
        self.advance(now=now)
        outside.instance_running(self.world, instance_id)

    def start_failed(self, instance_id: str, message: str, *, now: float) -> None:
        """StartInstance was refused; *message* is EC2's reason."""
        self.advance(now=now)
        outside.start_failed(self.world, instance_id, message)

    def instance_stopped(self, instance_id: str, *, now: float) -> None:
        """The instance is stopped, whoever stopped it."""
        self.advance(now=now)
        outside.instance_stopped(self.world, instance_id)

    def instance_terminated(self, instance_id: str, *, now: float) -> None:
        """The instance is terminated, whoever terminated it."""
        self.advance(now=now)
        outside.instance_terminated(self.world, instance_id)

    def target_lifecycle_state(self, instance_id: str) -> str | None:
        """What the instance's metadata says it is going to be; None for no member."""
        found = self.world.member(instance_id)
        if found is None:
            return None
        group, instance = found
        pool = group.warm_pool
        return target_of(instance.state, pool.pool_state if pool else "Stopped")

    def _step(self) -> None:
        world = self.world
        for group, instance in list(world.members()):
            if instance.due is not None and instance.due <= world.now:
                path.due(world, group, instance)
            for wait in list(instance.waits.values()):
                overdue = wait.deadline <= world.now
                if overdue and instance.waits.get(wait.hook.name) is wait:
                    hooks.expire(world, group, instance, wait)
        for group in list(world.groups.values()):
            if group.wake_at is not None and group.wake_at <= world.now:
                scaling.reconcile(world, group)
