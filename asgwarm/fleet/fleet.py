"""A pool's Auto Scaling group and EC2 instances: what is there, and what may be asked.

Rule 1: a group that does not exist (yet, or any more) is None, never an error, and
nothing is concluded from it.
Rule 2: an answer that says that the thing is already done counts as done.
Rule 3: instances are found by the tag that carries the stack's id, because a detached
instance keeps it while it loses the group's.
"""

import re
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from asgwarm.domain.fleet import Ec2Instance, GroupView, template_of
from asgwarm.domain.meta import Settings

if TYPE_CHECKING:
    from mypy_boto3_autoscaling import AutoScalingClient
    from mypy_boto3_ec2 import EC2Client

# What a call that came too late, or a hook too early, is told.
_TOO_LATE = re.compile(
    r"(?i)not in InService or Standby|not part of Auto Scaling group|not found"
    r"|No warm pool|does not exist|No active Lifecycle Action|cannot be terminated"
)


class Fleet:
    """One group with its warm pool, by name, and what carries its stack's tag."""

    def __init__(
        self,
        autoscaling: "AutoScalingClient",
        ec2: "EC2Client",
        settings: Settings,
    ) -> None:
        self.autoscaling, self.ec2 = autoscaling, ec2
        self.name, self.stack_id = settings.group, settings.stack_id
        self.address = f"{settings.address_type.title()}IpAddress"

    def group(self) -> GroupView | None:
        """Return the group with every member's lifecycle state; None without group."""
        # The warm pool first: an instance that leaves it meanwhile is in both lists,
        # and what the group says of it, coming later, counts.
        members = self._list(
            "describe_warm_pool", "Instances", AutoScalingGroupName=self.name
        )
        groups = self._list(
            "describe_auto_scaling_groups",
            "AutoScalingGroups",
            AutoScalingGroupNames=[self.name],
        )
        if not groups:
            return None
        members += groups[0]["Instances"]
        suspended = (p["ProcessName"] for p in groups[0].get("SuspendedProcesses", []))
        return GroupView(
            desired=groups[0]["DesiredCapacity"],
            lifecycle_states={m["InstanceId"]: m["LifecycleState"] for m in members},
            template=template_of(groups[0]),
            templates={m["InstanceId"]: template_of(m) for m in members},
            suspended=frozenset(suspended),
        )

    def last_failure(self) -> str:
        """Return why the newest launch failed; empty when it did not fail."""
        answer = self.autoscaling.describe_scaling_activities(
            AutoScalingGroupName=self.name, MaxRecords=20
        )
        for activity in answer["Activities"]:
            launches = "Launching" in activity.get("Description", "")
            if launches and activity["StatusCode"] in ("Failed", "Successful"):
                return activity.get("StatusMessage", "")  # success has none
        return ""

    def ask(self, action: str, **parameters: Any) -> bool:
        """Make a request that changes something, `detach_instances` say.

        Returns:
            False where it came too late, because the thing is done, or for a
            lifecycle hook too early: right after an instance enters its `:Wait`
            state the group may not know the action yet.
        """
        client: Any = self.autoscaling
        if action == "terminate_instances":
            client = self.ec2
        elif action != "terminate_instance_in_auto_scaling_group":
            parameters["AutoScalingGroupName"] = self.name
        try:
            getattr(client, action)(**parameters)
        except ClientError as error:
            if not _TOO_LATE.search(str(error)):
                raise
            return False
        return True

    def instances(self, **which: Any) -> dict[str, Ec2Instance]:
        """Return the stack's EC2 instances by id, those just terminated included.

        Args:
            which: Asks for others; `InstanceIds` for those that EC2 knows of them.
        """
        ours = {"Name": "tag:asgwarm:stack", "Values": [self.stack_id]}
        which = which or {"Filters": [ours]}
        return {
            instance["InstanceId"]: Ec2Instance(
                state=instance["State"]["Name"],
                address=str(instance.get(self.address, "")),
            )
            for found in self._list("describe_instances", "Reservations", **which)
            for instance in found["Instances"]
        }

    def _list(self, action: str, key: str, **which: Any) -> list[Any]:
        """Everything of all pages; nothing where AWS knows no such thing."""
        client: Any = self.ec2 if key == "Reservations" else self.autoscaling
        pages = client.get_paginator(action).paginate(**which)
        try:
            return [each for page in pages for each in page.get(key, [])]
        except ClientError as error:
            if not _TOO_LATE.search(str(error)):
                raise
            return []
