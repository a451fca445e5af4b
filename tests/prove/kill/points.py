"""Where a program can be killed: before and after each call that it makes.

Rule 1: points are found by watching a run that nobody disturbs; a call that is made
more often than MOST times, as one that waits for something does, counts MOST times.
Rule 2: *before* means that the call was not performed, *after* that it was and that
nobody heard the answer.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

BEFORE, AFTER = "before", "after"
MOST = 2
LOGIN = "ssh"
# The steps of a login at which the emulated instance can make a client wait: keys
# exchanged, a key offered and proved in one, a session asked for.
LOGIN_STEPS = (("auth", 1), ("key", 1), ("session", 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One moment of a run."""

    service: str
    action: str
    nth: int
    when: str
    owner: str

    def __str__(self) -> str:
        return f"{self.when} {self.service}:{self.action} {self.nth}"

    def fault(self) -> dict[str, Any]:
        """What makes the region hold a call at this point."""
        return {
            "kind": f"hold_{self.when}",
            "service": self.service,
            "action": self.action,
            "nth": self.nth,
            "count": 1,
            "owner": self.owner,
        }


def points_of(calls: list[dict[str, Any]], owner: str, most: int = MOST) -> list[Point]:
    """The points of a run that made *calls*, in the order in which they were first."""
    made = Counter((one["service"], one["action"]) for one in calls)
    return [
        Point(service=service, action=action, nth=nth, when=when, owner=owner)
        for (service, action), count in made.items()
        for nth in range(1, min(count, most) + 1)
        for when in (BEFORE, AFTER)
    ]


def login_points() -> list[Point]:
    """The points of a login, whoever the instance is."""
    return [
        Point(service=LOGIN, action=step, nth=nth, when=BEFORE, owner="*")
        for step, nth in LOGIN_STEPS
    ]
