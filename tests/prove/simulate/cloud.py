"""The AWS that the simulation plays: Auto Scaling, and EC2 behind it.

Auto Scaling is the emulated region's own machine, which is pure and takes its time
from its caller. EC2 is a few lines: instances that launch, start, stop and end, and a
listing that lags behind.

Rule 1: EC2's answers come late, in an order that the seed decides; launches and starts
may be refused.
Rule 2: what EC2 lists may be up to LAG_S old, each look on its own.
"""

from collections.abc import Callable
from typing import Any

from asgwarm.domain.meta import Settings
from asgwarm.local.autoscaling.effects import (
    Effect,
    EmitEvent,
    RunInstance,
    StartInstance,
    StopInstance,
    TerminateInstance,
)
from asgwarm.local.autoscaling.machine import Machine
from asgwarm.local.autoscaling.model import AWS_LIKE
from asgwarm.local.autoscaling.world import FixedCatalog
from asgwarm.local.problem import AwsProblem
from tests.prove.simulate.lines import Faults
from tests.prove.simulate.timeline import Timeline

LAG_S = 60.0
REMEMBERED_S = 3600.0  # how long EC2 shows what has ended
ZONES = {"subnet-a": "us-east-1a", "subnet-b": "us-east-1b"}
HOOKS = {"launch": ("LAUNCHING", "ABANDON"), "terminate": ("TERMINATING", "CONTINUE")}
NO_CAPACITY = "InsufficientInstanceCapacity: there is not enough capacity"


class Box:
    """One EC2 instance: what it was, and since when."""

    def __init__(self, instance_id: str, zone: str, address: str) -> None:
        self.id, self.zone, self.address = instance_id, zone, address
        self.past: list[tuple[float, str]] = []
        self.boots = 0

    @property
    def state(self) -> str:
        """EC2's word for what it is now."""
        return self.past[-1][1]

    @property
    def is_gone(self) -> bool:
        """Whether nothing runs here any more."""
        return self.state in ("shutting-down", "terminated")

    def at(self, moment: float) -> str:
        """What it was at some time; nothing before its launch."""
        for since, state in reversed(self.past):
            if since <= moment:
                return state
        return ""


class Cloud:
    """One group with its warm pool, and every instance of the stack."""

    def __init__(self, timeline: Timeline, faults: Faults, settings: Settings) -> None:
        self.timeline, self.faults, self.settings = timeline, faults, settings
        self.boxes: dict[str, Box] = {}
        self.on_event: Callable[[dict[str, Any]], None] = lambda detail: None
        self.on_boot: Callable[[Box], None] = lambda box: None
        self.on_end: Callable[[Box], None] = lambda box: None
        self.on_ask: Callable[[str, dict[str, Any], int], None] = lambda *_: None
        self.machine = Machine(catalog=FixedCatalog(ZONES), timings=AWS_LIKE)
        self._launched = 0
        self._due = float("inf")
        self._create(settings)

    def _create(self, settings: Settings) -> None:
        tags = {"asgwarm:pool": settings.pool, "asgwarm:stack": settings.stack_id}
        self.ask(
            "CreateAutoScalingGroup",
            AutoScalingGroupName=settings.group,
            MinSize=0,
            MaxSize=settings.cap,
            LaunchTemplate={"LaunchTemplateId": "lt-1", "Version": "1"},
            VPCZoneIdentifier=",".join(ZONES),
            Tags=[
                {"Key": key, "Value": text, "PropagateAtLaunch": True}
                for key, text in tags.items()
            ],
        )
        for name, (transition, default) in HOOKS.items():
            self.ask(
                "PutLifecycleHook",
                AutoScalingGroupName=settings.group,
                LifecycleHookName=name,
                LifecycleTransition=f"autoscaling:EC2_INSTANCE_{transition}",
                HeartbeatTimeout=settings.hook_timeout_s if name == "launch" else 600,
                DefaultResult=default,
            )
        self.ask(
            "PutWarmPool",
            AutoScalingGroupName=settings.group,
            MinSize=settings.warm,
            MaxGroupPreparedCapacity=settings.warm,
            PoolState=settings.pool_state,
        )

    @property
    def group(self) -> Any:
        """The group as the machine keeps it."""
        return self.machine.world.groups[self.settings.group]

    def ask(self, action: str, **parameters: Any) -> Any:
        """An action of Auto Scaling's API.

        Raises:
            AwsProblem: What Auto Scaling would have refused.
        """
        if action == "SetDesiredCapacity":
            self.on_ask(action, parameters, self.group.desired)
        try:
            return self.machine.call(action, parameters, now=self.timeline.now)
        finally:
            self._follow_up()

    def deploy(self) -> None:
        """A stack update gives the group another version of its launch template."""
        template = self.group.launch_template
        self.ask(
            "UpdateAutoScalingGroup",
            AutoScalingGroupName=self.settings.group,
            LaunchTemplate={**template, "Version": str(int(template["Version"]) + 1)},
        )

    def is_outdated(self, instance_id: str) -> bool:
        """Whether a member is of another version than the next one will be."""
        member = self.group.instances.get(instance_id)
        return bool(member) and member.launch_template != self.group.launch_template

    def terminate(self, instance_id: str) -> None:
        """EC2 ends an instance, for whoever asked.

        Raises:
            AwsProblem: It does not know it.
        """
        box = self.boxes.get(instance_id)
        if box is None:
            raise unknown(instance_id)
        if box.is_gone:
            return
        self.on_end(box)
        self._become(box, "shutting-down")
        self.timeline.later(self._took(AWS_LIKE.terminate_s), self._ended, box)

    def listed(self, lag_s: float) -> list[tuple[Box, str]]:
        """Instances as they were *lag_s* ago; what ended long ago is left out."""
        moment = self.timeline.now - lag_s
        return [
            (box, state) for box in self.boxes.values() if (state := box.at(moment))
        ]

    def lag(self) -> float:
        """How old the next listing is."""
        old = self.faults.on and self.timeline.chance(0.3)
        return self.timeline.between(0, LAG_S) if old else 0.0

    def forget(self) -> None:
        """Forget what ended long ago, as EC2 does."""
        limit = self.timeline.now - REMEMBERED_S
        for box in list(self.boxes.values()):
            if box.state == "terminated" and box.past[-1][0] < limit:
                del self.boxes[box.id]

    def _become(self, box: Box, state: str) -> None:
        self.timeline.step("ec2", f"{box.id} {state}")
        box.past.append((self.timeline.now, state))

    def _ended(self, box: Box) -> None:
        self._become(box, "terminated")
        self._tell(self.machine.instance_terminated, box.id)

    def _took(self, usual_s: float) -> float:
        return usual_s * self.timeline.between(0.5, 2)

    def _tell(self, says: Callable[..., None], *about: str) -> None:
        says(*about, now=self.timeline.now)
        self._follow_up()

    def _tick(self, due: float) -> None:
        if due == self._due:  # else something earlier has been planned meanwhile
            self.timeline.step("group", "moves")
            self._due = float("inf")
            self.machine.advance(now=self.timeline.now)
            self._follow_up()

    def _follow_up(self) -> None:
        for effect in self.machine.take_effects():
            self._perform(effect)
        due = self.machine.next_due()
        if due is not None and due < self._due:
            self._due = due
            self.timeline.later(max(0, due - self.timeline.now), self._tick, due)

    def _perform(self, effect: Effect) -> None:
        later, took = self.timeline.later, self._took
        match effect:
            case EmitEvent():
                self.on_event(effect.detail)
            case RunInstance():
                later(took(1), self._run, effect)
            case StartInstance():
                later(took(1), self._start, self.boxes[effect.instance_id])
            case StopInstance():
                box = self.boxes[effect.instance_id]
                later(took(AWS_LIKE.stop_s), self._stopped, box)
            case TerminateInstance():
                self.terminate(effect.instance_id)
            case _:
                pass  # a tag that nobody here reads

    def _run(self, wanted: RunInstance) -> None:
        if self.faults.on and self.timeline.chance(0.04):
            self.timeline.counts["launch refused"] += 1
            self._tell(self.machine.launch_failed, wanted.ticket, NO_CAPACITY)
            return
        self._launched += 1
        number = self._launched
        address = f"198.18.{number // 250}.{number % 250 + 1}"
        box = Box(f"i-{number:017x}", wanted.zone, address)
        self.boxes[box.id] = box
        self._become(box, "pending")
        self._tell(self.machine.instance_launched, wanted.ticket, box.id)
        self.timeline.later(self._took(AWS_LIKE.run_s), self._runs, box)

    def _start(self, box: Box) -> None:
        if box.is_gone:
            return
        if self.faults.on and self.timeline.chance(0.04):
            self.timeline.counts["start refused"] += 1
            self._tell(self.machine.start_failed, box.id, NO_CAPACITY)
            return
        self._become(box, "pending")
        self.timeline.later(self._took(AWS_LIKE.start_s), self._runs, box)

    def _runs(self, box: Box) -> None:
        if box.is_gone:
            return
        self._become(box, "running")
        box.boots += 1
        self._tell(self.machine.instance_running, box.id)
        self.on_boot(box)

    def _stopped(self, box: Box) -> None:
        if box.is_gone:
            return
        self._become(box, "stopped")
        self._tell(self.machine.instance_stopped, box.id)


def unknown(instance_id: str) -> AwsProblem:
    """EC2's refusal for an instance that it does not know."""
    message = f"The instance ID '{instance_id}' does not exist"
    return AwsProblem("InvalidInstanceID.NotFound", message)
