"""What AWS and the guest say of one instance, as values.

Rule: AWS's lifecycle states are an open set; one that is not known is kept as it
is, and nothing is decided on it.
"""

import re
from collections.abc import Mapping
from typing import Any

from asgwarm.domain.reading import read
from asgwarm.domain.value import value


@value
class Ec2Instance:
    """An instance as EC2 describes it."""

    state: str  # EC2's word: pending, running, stopping, stopped, …
    address: str = ""  # the one that people connect to, once it has one

    @property
    def is_gone(self) -> bool:
        """Whether EC2 says that it is ended or ending."""
        return self.state in ("shutting-down", "terminated")


@value
class GroupView:
    """The Auto Scaling group as it was described."""

    desired: int
    lifecycle_states: dict[str, str]  # instance id -> state, warm pool included
    template: str  # the launch template of the next instance, as `template_of` says
    templates: dict[str, str]  # instance id -> the one that it was launched from
    suspended: frozenset[str] = frozenset()  # its processes that rest

    @property
    def outdated(self) -> set[str]:
        """Members launched from another launch template than the next one will be."""
        return {i for i, t in self.templates.items() if "" != t != self.template != ""}


def template_of(described: Mapping[str, Any]) -> str:
    """Id and version of a group's or a member's launch template, "lt-0abc 3".

    Empty where there is none, or no number: whether `$Latest` moved nobody knows.
    """
    found = described.get("LaunchTemplate", {})
    numbered = found.get("Version", "").isdigit()
    return "{LaunchTemplateId} {Version}".format(**found) if numbered else ""


@value
class GuestReport:
    """What the unit on the instance wrote into its own row."""

    boot_id: str
    target: str  # the lifecycle state that the instance was told it goes to
    phase: str  # "setup", "done" or "failed"
    host_key: str
    port: int
    setup: str  # "none", "ok" or "failed: …"


def report_from_row(row: Mapping[str, object]) -> GuestReport | None:
    """Decode a guest's row; None when it makes no sense, as if it had not reported."""
    try:
        report = read(GuestReport, row)
    except ValueError:
        return None
    # Until it is done it may not know its host key yet.
    key = r"ssh-ed25519 [A-Za-z0-9+/]{68}" if report.phase == "done" else ".*"
    good = re.fullmatch(key, report.host_key) and 0 < report.port < 65536
    return report if good else None
