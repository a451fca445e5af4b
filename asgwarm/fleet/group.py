"""The Auto Scaling group of a pool: what is in it, and what may be asked of it.

Rule 1: a group that does not exist (yet, or any more) is None, never an error, and
nothing is concluded from it.
Rule 2: an answer that says that the thing is already done counts as done.
"""

import re
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from asgwarm.domain.fleet import GroupView

if TYPE_CHECKING:
    from mypy_boto3_autoscaling import AutoScalingClient

# What a call that came too late, or a hook too early, is told.
_TOO_LATE = re.compile(
    r"not in InService or Standby|not part of Auto Scaling group|not found"
    r"|No warm pool|does not exist|No active Lifecycle Action",
    re.IGNORECASE,
)


class Group:
    """One Auto Scaling group with its warm pool, by name."""

    def __init__(self, client: "AutoScalingClient", name: str) -> None:
        self.client = client
        self.name = name

    def observe(self) -> GroupView | None:
        """Return the group with every member's lifecycle state; None without group."""
        answer = self.client.describe_auto_scaling_groups(
            AutoScalingGroupNames=[self.name]
        )
        groups = answer["AutoScalingGroups"]
        if not groups:
            return None
        pages = self.client.get_paginator("describe_warm_pool").paginate(
            AutoScalingGroupName=self.name
        )
        members: list[Any] = list(groups[0]["Instances"])
        for page in pages:
            members += page.get("Instances", [])
        return GroupView(
            desired=groups[0]["DesiredCapacity"],
            lifecycle_states={m["InstanceId"]: m["LifecycleState"] for m in members},
            suspended=frozenset(
                p["ProcessName"] for p in groups[0].get("SuspendedProcesses", [])
            ),
        )

    def last_failure(self) -> str:
        """Return why the newest launch failed; empty when it did not fail."""
        answer = self.client.describe_scaling_activities(
            AutoScalingGroupName=self.name, MaxRecords=20
        )
        for activity in answer["Activities"]:
            if activity.get("Description", "").startswith("Launching"):
                if activity["StatusCode"] == "Failed":
                    return activity.get("StatusMessage", "no reason given")
                if activity["StatusCode"] == "Successful":
                    break
        return ""

    def ask(self, action: str, **parameters: Any) -> bool:
        """Make a request that changes something, `detach_instances` say.

        Returns:
            False where it came too late, because the thing is done, or for a
            lifecycle hook too early: right after an instance enters its `:Wait`
            state the group may not know the action yet.
        """
        if action != "terminate_instance_in_auto_scaling_group":
            parameters["AutoScalingGroupName"] = self.name
        try:
            getattr(self.client, action)(**parameters)
        except ClientError as error:
            if not _TOO_LATE.search(str(error)):
                raise
            return False
        return True
