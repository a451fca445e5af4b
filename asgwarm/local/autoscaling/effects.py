"""What the machine asks of the outside: values, taken with take_effects().

Rule: an effect is a wish. The answer comes back later through outside.py, possibly
never, and the machine does not assume it.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInstance:
    """Launch one instance; answered by instance_launched, then instance_running.

    launch_template is the group's LaunchTemplateSpecification with the number of
    the version, tags are the instance's tags, target is the lifecycle state it is
    meant for ("InService", "Warmed:Stopped", "Warmed:Running").
    """

    ticket: str
    group: str
    launch_template: dict[str, str]
    subnet_id: str
    zone: str
    tags: dict[str, str]
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StartInstance:
    """Start a stopped instance; answered by instance_running or start_failed."""

    instance_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StopInstance:
    """Stop a running instance; answered by instance_stopped."""

    instance_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminateInstance:
    """Terminate an instance; answered by instance_terminated."""

    instance_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMembership:
    """Set or remove (None) the tag aws:autoscaling:groupName of an instance."""

    instance_id: str
    group: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmitEvent:
    """Put an event with source aws.autoscaling on the default bus; no answer."""

    detail_type: str
    detail: dict[str, Any]
    resources: tuple[str, ...]


Effect = (
    RunInstance
    | StartInstance
    | StopInstance
    | TerminateInstance
    | SetMembership
    | EmitEvent
)
