"""boto3's clients for Auto Scaling and EC2, as far as the function uses them.

Rule: only the calls and the fields that the product reads; a call that is not known
here is an error, so that nothing new stays unsimulated.
"""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

from asgwarm.local.autoscaling.lifecycle import WARMED
from tests.prove.simulate.cloud import Box, Cloud, unknown
from tests.prove.simulate.lines import Line

Asked = Callable[[Line, str], None]
SHORT_LISTS = 0.003  # share of the group's lists that lack members
SAYS = {  # action -> its name on the wire
    "complete_lifecycle_action": "CompleteLifecycleAction",
    "detach_instances": "DetachInstances",
    "record_lifecycle_action_heartbeat": "RecordLifecycleActionHeartbeat",
    "resume_processes": "ResumeProcesses",
    "set_desired_capacity": "SetDesiredCapacity",
    "suspend_processes": "SuspendProcesses",
    "terminate_instance_in_auto_scaling_group": ("TerminateInstanceInAutoScalingGroup"),
}


class AutoScalingClient:
    """Auto Scaling on one process's line.

    Args:
        asked: Told of every request to end an instance, before it is made.
    """

    def __init__(self, cloud: Cloud, line: Line, asked: Asked) -> None:
        self.cloud, self.line, self.asked = cloud, line, asked

    def __getattr__(self, name: str) -> Callable[..., Any]:
        action = SAYS[name]

        def call(**parameters: Any) -> Any:
            about = parameters.get("InstanceId", "") or parameters.get("InstanceIds")
            what = f"{action} {about or parameters.get('DesiredCapacity', '')}"

            def do() -> Any:
                if name.startswith("terminate"):
                    self.asked(self.line, parameters["InstanceId"])
                return self.cloud.ask(action, **parameters)

            return self.line.call(what, do)

        return call

    def get_paginator(self, action: str) -> SimpleNamespace:
        """A paginator of a list, whose answers here are one page."""
        return _pages(getattr(self, action))

    def describe_warm_pool(self, **_: Any) -> Any:
        """The members that rest in the warm pool, or are on their way there."""
        return self.line.call(
            "DescribeWarmPool",
            lambda: {"Instances": self._shown(self._members(warm=True), 0.5)},
        )

    def describe_auto_scaling_groups(self, **_: Any) -> dict[str, Any]:
        """The group and its members, those of the warm pool left out."""

        def do() -> dict[str, Any]:
            group = self.cloud.group
            return {
                "DesiredCapacity": group.desired,
                "LaunchTemplate": group.launch_template,
                "SuspendedProcesses": [{"ProcessName": p} for p in group.suspended],
                "Instances": self._shown(self._members(warm=False), 0),
            }

        answer = self.line.call("DescribeAutoScalingGroups", do)
        return {"AutoScalingGroups": [answer]}

    def _shown(self, members: list[dict[str, Any]], nobody: float) -> Any:
        """A list as it is, or once in a while with some or all left out."""
        timeline = self.line.timeline
        if not self.cloud.faults.on or timeline.random() > SHORT_LISTS:
            return members
        timeline.counts["short list"] += 1
        timeline.note("a list is short")
        if timeline.chance(nobody):
            self.line.saw_nobody = True
            return []
        return [member for member in members if timeline.chance(0.15)]

    def describe_scaling_activities(self, **request: Any) -> Any:
        """What the group did last."""
        return self.line.call(
            "DescribeScalingActivities",
            lambda: self.cloud.ask("DescribeScalingActivities", **request),
        )

    def _members(self, *, warm: bool) -> list[dict[str, Any]]:
        if self.line.saw_nobody:
            return []
        return [
            {
                "InstanceId": member.instance_id,
                "LifecycleState": member.state,
                "LaunchTemplate": member.launch_template,
            }
            for member in self.cloud.group.instances.values()
            if member.state.startswith(WARMED) == warm
        ]


class Ec2Client:
    """EC2 on one process's line."""

    def __init__(self, cloud: Cloud, line: Line, asked: Asked) -> None:
        self.cloud, self.line, self.asked = cloud, line, asked

    def get_paginator(self, action: str) -> SimpleNamespace:
        """A paginator of a list, whose answers here are one page."""
        return _pages(getattr(self, action))

    def describe_instances(self, **request: Any) -> dict[str, Any]:
        """The instances of the stack, or those with the given ids."""

        def do() -> dict[str, Any]:
            listed = self.cloud.listed(self.cloud.lag())
            if ids := request.get("InstanceIds"):
                listed = [(box, state) for box, state in listed if box.id in ids]
                for missing in set(ids) - {box.id for box, _ in listed}:
                    raise unknown(missing)
            instances = [_described(box, state) for box, state in listed]
            return {"Reservations": [{"Instances": instances}]}

        ids = " ".join(request.get("InstanceIds", ()))
        return self.line.call(f"DescribeInstances {ids}", do)  # type: ignore[no-any-return]  # do's

    def terminate_instances(self, **request: Any) -> None:
        """End instances."""

        def do() -> None:
            for instance_id in request["InstanceIds"]:
                self.asked(self.line, instance_id)
                self.cloud.terminate(instance_id)

        self.line.call(f"TerminateInstances {request['InstanceIds']}", do)


def _pages(ask: Callable[..., Any]) -> SimpleNamespace:
    def paginate(**request: Any) -> Iterator[Any]:
        yield ask(**request)

    return SimpleNamespace(paginate=paginate)


def _described(box: Box, state: str) -> dict[str, Any]:
    shown = {
        "InstanceId": box.id,
        "State": {"Name": state},
        "Placement": {"AvailabilityZone": box.zone},
    }
    if state == "running":
        shown["PublicIpAddress"] = box.address
    return shown
