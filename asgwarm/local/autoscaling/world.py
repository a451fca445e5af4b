"""One region's Auto Scaling: its groups, its clock, its wishes to the outside.

Rule: the clock only goes forward, and only through `at`; ids come from a factory, so
that the same calls at the same times give the same answers.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Protocol

from asgwarm.local.autoscaling.effects import Effect
from asgwarm.local.autoscaling.model import (
    Activity,
    Faults,
    Group,
    Instance,
    Place,
    Timings,
)
from asgwarm.local.problem import invalid

KEPT_ACTIVITIES = 2000  # per group; AWS keeps six weeks


class Catalog(Protocol):
    """What Auto Scaling looks up in EC2 before it accepts a group."""

    def zone_of(self, subnet_id: str) -> str:
        """The Availability Zone of a subnet; AwsProblem if there is none."""

    def launch_template(self, wanted: Mapping[str, str]) -> dict[str, str]:
        """*wanted* with id, name and version; AwsProblem if there is none."""

    def numbered(self, wanted: Mapping[str, str]) -> dict[str, str]:
        """*wanted* with the number that its version, `$Latest` say, has now."""


@dataclass(frozen=True, slots=True)
class FixedCatalog:
    """A catalog of given subnets that takes any launch template."""

    zones: Mapping[str, str]

    def zone_of(self, subnet_id: str) -> str:
        """The zone that was given for *subnet_id*."""
        if subnet_id not in self.zones:
            raise invalid(f"The subnet ID '{subnet_id}' does not exist")
        return self.zones[subnet_id]

    def launch_template(self, wanted: Mapping[str, str]) -> dict[str, str]:
        """*wanted* as it is."""
        return dict(wanted)

    def numbered(self, wanted: Mapping[str, str]) -> dict[str, str]:
        """*wanted* as it is."""
        return dict(wanted)


def counted_ids() -> Callable[[], str]:
    """A factory of ids in AWS's form that come in a fixed order."""
    numbers = count(1)
    return lambda: f"{next(numbers):08x}-0000-4000-8000-000000000000"


@dataclass(slots=True, kw_only=True)
class World:
    """Everything that the emulated service knows."""

    catalog: Catalog
    region: str
    account: str
    timings: Timings
    faults: Faults
    new_id: Callable[[], str]
    now: float = 0.0
    groups: dict[str, Group] = field(default_factory=dict)
    effects: list[Effect] = field(default_factory=list)

    def at(self, moment: float) -> None:
        """Let the clock reach *moment*; it never goes back."""
        self.now = max(self.now, moment)

    def ask(self, effect: Effect) -> None:
        """Leave a wish for the outside."""
        self.effects.append(effect)

    def group(self, name: str) -> Group:
        """The group of that name, or the refusal AWS has for an unknown one."""
        if name not in self.groups:
            raise invalid(
                f"AutoScalingGroup name not found - AutoScalingGroup {name} not found"
            )
        return self.groups[name]

    def live_group(self, name: str) -> Group:
        """The group of that name, for a change: it must not be going away."""
        group = self.group(name)
        if group.deleting:
            raise invalid(f"AutoScalingGroup {name} is pending delete")
        return group

    def member(self, instance_id: str) -> tuple[Group, Instance] | None:
        """The group and the instance, wherever it is a member."""
        for group in self.groups.values():
            if instance_id in group.instances:
                return group, group.instances[instance_id]
        return None

    def members(self) -> Iterator[tuple[Group, Instance]]:
        """All instances of all groups, pool members included."""
        for group in self.groups.values():
            for instance in group.instances.values():
                yield group, instance

    def wake(self, group: Group, moment: float | None = None) -> None:
        """Let *group* compare wish and reality at *moment*, or after a short delay."""
        if moment is None:
            moment = self.now + self.timings.scale_delay_s
        if group.wake_at is None or moment < group.wake_at:
            group.wake_at = moment

    def begin(
        self, group: Group, description: str, cause: str, place: Place
    ) -> Activity:
        """A new scaling activity, newest first in the group's history."""
        activity = Activity(
            activity_id=self.new_id(),
            description=description,
            cause=cause,
            place=place,
            started_at=self.now,
        )
        group.activities.insert(0, activity)
        del group.activities[KEPT_ACTIVITIES:]
        return activity

    def end(self, activity: Activity, status: str, message: str = "") -> None:
        """Close an activity with its final status."""
        activity.status = status
        activity.message = message
        activity.ended_at = self.now
        activity.progress = 100

    def stamp(self) -> str:
        """The present time as causes spell it."""
        return datetime.fromtimestamp(self.now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso(moment: float) -> str:
    """A time as events spell it, with milliseconds."""
    whole = datetime.fromtimestamp(moment, UTC)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{whole.microsecond // 1000:03d}Z"
