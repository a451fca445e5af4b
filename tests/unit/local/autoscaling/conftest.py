"""A machine with an EC2 that does at once what it is asked, and a clock in hand."""

from collections.abc import Callable
from typing import Any

import pytest

from asgwarm.local.autoscaling.effects import (
    Effect,
    EmitEvent,
    RunInstance,
    SetMembership,
    StartInstance,
    StopInstance,
    TerminateInstance,
)
from asgwarm.local.autoscaling.machine import Machine
from asgwarm.local.autoscaling.model import Timings
from asgwarm.local.autoscaling.world import FixedCatalog

SUBNETS = {"subnet-a": "us-east-1a", "subnet-b": "us-east-1b"}
START = 1_780_000_000.0
LAUNCH = "autoscaling:EC2_INSTANCE_LAUNCHING"
TERMINATE = "autoscaling:EC2_INSTANCE_TERMINATING"
TIMINGS = Timings(
    scale_delay_s=5, proceed_s=1, detach_s=5, standby_s=2, refill_delay_s=60, retry_s=15
)


class Region:
    """Group "dev-pool", its instances i-1, i-2, …, and the events it sent."""

    def __init__(self, timings: Timings = TIMINGS) -> None:
        catalog = FixedCatalog(SUBNETS)
        self.machine = Machine(catalog=catalog, timings=timings)
        self.now = START
        self.events: list[EmitEvent] = []
        self.asked: list[Any] = []
        self.launched = 0

    def call(self, action: str, **params: Any) -> dict[str, Any]:
        if action not in {"DescribeAutoScalingGroups", "CreateOrUpdateTags"}:
            params.setdefault("AutoScalingGroupName", "dev-pool")
        return self.raw(action, **params)

    def raw(self, action: str, **params: Any) -> dict[str, Any]:
        try:
            return self.machine.call(action, params, now=self.now)
        finally:
            self.obey()

    def create(self, *, desired: int = 1, pool: int = 1, **params: Any) -> None:
        """A group with both hooks and, unless *pool* is 0, an absolute warm pool."""
        hooks = [
            {"LifecycleHookName": "launch", "LifecycleTransition": LAUNCH},
            {"LifecycleHookName": "terminate", "LifecycleTransition": TERMINATE},
        ]
        given = {
            "MinSize": 0,
            "MaxSize": 10,
            "DesiredCapacity": desired,
            "LaunchTemplate": {"LaunchTemplateId": "lt-1", "Version": "1"},
            "VPCZoneIdentifier": "subnet-a",
            "LifecycleHookSpecificationList": [
                hook | {"HeartbeatTimeout": 600} for hook in hooks
            ],
        }
        self.call("CreateAutoScalingGroup", **given | params)
        if pool:
            self.call("PutWarmPool", MinSize=pool, MaxGroupPreparedCapacity=pool)

    def filled(self, *, desired: int = 1, pool: int = 1, **params: Any) -> None:
        """The same, with every instance where it belongs."""
        self.create(desired=desired, pool=pool, **params)
        self.settle()

    def pass_time(self, seconds: float) -> None:
        end = self.now + seconds
        while (due := self.machine.next_due()) is not None and due <= end:
            self.now = max(self.now, due)
            self.machine.advance(now=self.now)
            self.obey()
        self.now = end
        self.machine.advance(now=end)

    def settle(self, result: str = "CONTINUE") -> None:
        """Let time pass, and answer every hook, until nothing happens any more."""
        for _ in range(20):
            self.pass_time(20)
            self.answer(result)

    def answer(self, result: str = "CONTINUE") -> None:
        for instance in self.instances().values():
            for name in list(instance.waits):
                self.call(
                    "CompleteLifecycleAction",
                    LifecycleHookName=name,
                    InstanceId=instance.instance_id,
                    LifecycleActionResult=result,
                )

    def obey(self) -> None:
        """Do what the machine asks of EC2, at once."""
        while effects := self.machine.take_effects():
            self.asked += effects
            for effect in effects:
                self._do(effect)

    def _do(self, effect: Effect) -> None:
        machine, now = self.machine, self.now
        match effect:
            case EmitEvent():
                self.events.append(effect)
            case RunInstance():
                self.launched += 1
                name = f"i-{self.launched}"
                machine.instance_launched(effect.ticket, name, now=now)
                machine.instance_running(name, now=now)
            case StartInstance():
                machine.instance_running(effect.instance_id, now=now)
            case StopInstance():
                machine.instance_stopped(effect.instance_id, now=now)
            case TerminateInstance():
                machine.instance_terminated(effect.instance_id, now=now)
            case SetMembership():
                pass

    def instances(self) -> dict[str, Any]:
        return {i.instance_id: i for _, i in self.machine.world.members()}

    def states(self) -> dict[str, str]:
        return {name: i.state for name, i in self.instances().items()}

    def group(self) -> Any:
        return self.machine.world.groups["dev-pool"]

    def activities(self) -> list[dict[str, Any]]:
        found = self.call("DescribeScalingActivities")["Activities"]
        return list(found)

    def last_event(self, detail_type: str) -> dict[str, Any]:
        found = [e.detail for e in self.events if e.detail_type == detail_type]
        return found[-1]


@pytest.fixture
def make_region() -> Callable[..., Region]:
    """Regions, for a test that wants more than one or its own timings."""
    return Region


@pytest.fixture
def region() -> Region:
    """One region."""
    return Region()
