"""What CloudFormation says while it works on a stack.

Rule 1: an event is told once, in the order in which it happened.
Rule 2: the cause of a failure is the first resource that failed by itself; the ones
that CloudFormation cancelled because of it are not the cause.
"""

from collections.abc import Callable, Iterator
from datetime import UTC
from typing import TYPE_CHECKING

from asgwarm.aws_errors import translated
from asgwarm.domain.value import value

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackEventTypeDef


@value
class StackEvent:
    """A resource's new status."""

    at: str  # RFC 3339, UTC
    logical_id: str
    type: str
    status: str
    reason: str  # "" where CloudFormation gives none


OnEvent = Callable[[StackEvent], None]


class Events:
    """The events of one stack, each told once.

    Args:
        stack_id: Not the name: the events of a deleted stack are had by its id only.
        from_now: Leave out what has happened so far.
    """

    def __init__(
        self, client: "CloudFormationClient", stack_id: str, *, from_now: bool
    ) -> None:
        self._client = client
        self.stack_id = stack_id
        self._told: set[str] = set()
        self.first_failure: StackEvent | None = None
        if from_now:
            self._told.update(event["EventId"] for event in self._fresh())

    def tell(self, on_event: OnEvent) -> None:
        """Pass what is new to *on_event*."""
        for event in reversed(list(self._fresh())):
            self._told.add(event["EventId"])
            said = _said(event)
            if self.first_failure is None and _is_cause(said):
                self.first_failure = said
            on_event(said)

    def cause(self) -> str:
        """Why the stack failed, as one line."""
        failed = self.first_failure
        if failed is None:
            return "CloudFormation names no resource"
        return f"{failed.logical_id} ({failed.type}): {failed.reason or failed.status}"

    def _fresh(self) -> Iterator["StackEventTypeDef"]:
        """Events that were not told yet, newest first."""
        pages = self._client.get_paginator("describe_stack_events")
        with translated("cloudformation:DescribeStackEvents", self.stack_id):
            for page in pages.paginate(StackName=self.stack_id):
                for event in page["StackEvents"]:
                    if event["EventId"] in self._told:
                        return
                    yield event


def _said(event: "StackEventTypeDef") -> StackEvent:
    at = event["Timestamp"].astimezone(UTC)
    return StackEvent(
        at=at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        logical_id=event.get("LogicalResourceId", ""),
        type=event.get("ResourceType", ""),
        status=event.get("ResourceStatus", ""),
        reason=" ".join(event.get("ResourceStatusReason", "").split()),
    )


def _is_cause(event: StackEvent) -> bool:
    return event.status.endswith("_FAILED") and "cancelled" not in event.reason
