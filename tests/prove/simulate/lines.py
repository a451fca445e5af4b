"""How a simulated process reaches AWS: every call goes through its line.

Rule 1: before a call others may go on, for seconds; so every order of calls of
overlapping passes and clients comes up.
Rule 2: a call may be refused, or applied and its answer lost (which the SDK hides by
sending it again, or not); a process may die before or after any call.
Rule 3: a dead process makes no further call, not even from a `finally`.
"""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from asgwarm.local.problem import AwsProblem
from tests.prove.simulate.timeline import Timeline

ERRORS = (
    ("ThrottlingException", 400),
    ("InternalServerError", 500),
    ("ServiceUnavailable", 503),
)


class Dead(BaseException):
    """The process that made the call has ended."""


class Faults:
    """Shares of calls that meet each trouble; all zero once faults are off."""

    def __init__(self) -> None:
        self.overlap, self.death, self.refused, self.lost = 0.04, 0.008, 0.012, 0.02
        self.on = True
        self.image_is_bad_until = 0.0  # whose set-up fails on every instance

    def off(self) -> None:
        """Nothing goes wrong from now on."""
        self.on = False
        self.overlap = self.death = self.refused = self.lost = 0.0


class Line:
    """One process's way to AWS.

    Args:
        lives_s: How long the process may run, as for a Lambda function; 0: for ever.
    """

    def __init__(
        self, timeline: Timeline, faults: Faults, who: str, lives_s: float = 0
    ) -> None:
        self.timeline, self.faults, self.who = timeline, faults, who
        self.ends_at = timeline.now + lives_s if lives_s else float("inf")
        self.is_dead = False
        self.has_read_meta = False
        self.sent_at = timeline.now  # when it made its latest call
        self.unheard = 0  # calls of its that were applied, and it does not know
        self.swept = 0  # instances that this process took for gone from the group
        self.saw_nobody = False  # in the group, although there is somebody

    def call(self, what: str, do: Callable[[], Any]) -> Any:
        """Make a call, or meet with trouble."""
        timeline, faults = self.timeline, self.faults
        if self.is_dead:
            raise Dead
        timeline.step(self.who, what)
        self.sent_at = timeline.now
        draw = timeline.random() if faults.on else 1.0
        if draw < faults.overlap:
            timeline.counts["overlap"] += 1
            timeline.interrupt(timeline.between(0, 15))
        if timeline.now > self.ends_at:
            self._die()
        if draw < faults.overlap or (draw := draw - faults.overlap) > 0.1:
            return answered(do)
        return self._trouble(draw, do)

    def _trouble(self, draw: float, do: Callable[[], Any]) -> Any:
        timeline, faults = self.timeline, self.faults
        if draw < faults.death:
            if timeline.chance(0.5):
                _unheard(do)
            self._die()
        draw -= faults.death
        if draw < faults.refused:
            timeline.counts["refused call"] += 1
            timeline.note(f"{self.who} refused")
            raise refusal(*timeline.rng.choice(ERRORS))
        if draw - faults.refused < faults.lost:
            timeline.counts["lost reply"] += 1
            timeline.note(f"{self.who} reply lost")
            self.unheard += 1
            _unheard(do)
            if timeline.chance(0.3):
                raise ReadTimeoutError(endpoint_url="https://aws")
        return answered(do)

    def _die(self) -> None:
        self.is_dead = True
        self.timeline.counts["death in a call"] += 1
        self.timeline.note(f"{self.who} dies")
        raise Dead


def answered(do: Callable[[], Any]) -> Any:
    """What *do* returns; a problem of the emulated service as botocore shows it."""
    try:
        return do()
    except AwsProblem as problem:
        raise refusal(problem.code, problem.status, problem.message) from problem


def refusal(code: str, status: int, message: str = "") -> ClientError:
    """The error that botocore raises for an answer of AWS's."""
    return ClientError(
        {
            "Error": {"Code": code, "Message": message or code},
            "ResponseMetadata": {"HTTPStatusCode": status},  # type: ignore[typeddict-item]  # what is read of it
        },
        "Call",
    )


def _unheard(do: Callable[[], Any]) -> None:
    """Let a call be applied although nobody hears its answer."""
    try:
        do()
    except (AwsProblem, ClientError):
        return
