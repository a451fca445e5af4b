"""All checks of a pool, side by side.

Rule 1: whatever goes wrong in a check is its finding; the others go on.
Rule 2: who does not want to wait any longer need not: no thread keeps the process.
"""

from collections.abc import Callable, Sequence
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import Any

from asgwarm.clock import perf_ms
from asgwarm.doctor import (
    disks,
    fleet,
    function,
    hooks,
    identity,
    letters,
    log,
    network,
    permissions,
    place,
    quota,
    template,
    way_in,
)
from asgwarm.doctor.facts import Facts
from asgwarm.doctor.finding import Check, Finding, not_made
from asgwarm.domain.value import value
from asgwarm.errors import AsgwarmError

CHECKS: tuple[Check, ...] = tuple(
    group.CHECK
    for group in (
        identity,
        place,
        permissions,
        template,
        quota,
        fleet,
        hooks,
        function,
        log,
        letters,
        way_in,
        network,
        disks,
    )
)


@value
class Outcome:
    """How one check ended.

    Attributes:
        said: What it saw, in a few words.
        failure: What kept it from looking; None where it looked.
    """

    name: str
    said: str
    findings: Sequence[Finding]
    failure: AsgwarmError | None
    took_ms: int


@value
class Checkup:
    """What all checks together found; outcomes in the order of CHECKS."""

    pool: str
    region: str
    outcomes: Sequence[Outcome]
    findings: Sequence[Finding]

    def mistakes(self) -> list[AsgwarmError]:
        """What broke in a check and is nobody's fault but ours."""
        failures = [one.failure for one in self.outcomes if one.failure]
        return [one for one in failures if type(one) is AsgwarmError]


def examine(
    facts: Facts,
    *,
    on_outcome: Callable[[Outcome], None] = lambda outcome: None,
    checks: Sequence[Check] = CHECKS,
) -> Checkup:
    """Make the checks; return what they found.

    Args:
        on_outcome: Gets the outcome of each check as soon as it ends, in this thread.
    """
    outcomes: dict[str, Outcome] = {}
    ended: SimpleQueue[Outcome] = SimpleQueue()
    for check in checks:
        make = partial(_make, check, facts, ended.put)
        Thread(target=make, name=f"check {check.name}", daemon=True).start()
    for _ in checks:
        outcome = ended.get()
        outcomes[outcome.name] = outcome
        on_outcome(outcome)
    ordered = [outcomes[check.name] for check in checks]
    found = [finding for outcome in ordered for finding in outcome.findings]
    failed = [(one.name, one.failure) for one in ordered if one.failure]
    return Checkup(
        pool=facts.pool,
        region=facts.region,
        outcomes=ordered,
        findings=[*not_made(failed), *found],
    )


def _make(check: Check, facts: Facts, end: Callable[[Outcome], None]) -> None:
    began_ms, failure, said = perf_ms(), None, ""
    findings: list[Finding] = []
    try:
        seen: Any = check.look(facts)
        findings = [_signed(one, check.name) for one in check.judge(seen)]
        said = check.said(seen)
    except AsgwarmError as error:
        failure = error
    except Exception as error:  # noqa: BLE001  # a check that breaks is a finding
        failure = AsgwarmError(
            f"{type(error).__name__}: {error}",
            hint=f"asgwarm doctor {facts.pool} --debug",
        )
        failure.__cause__ = error  # for whoever asks for its traceback
    outcome = Outcome(
        name=check.name,
        said=said,
        findings=findings,
        failure=failure,
        took_ms=round(perf_ms() - began_ms),
    )
    end(outcome)


def _signed(finding: Finding, check: str) -> Finding:
    return Finding(**{**vars(finding), "check": check})
