"""All checks of a pool, side by side.

Rule: whatever goes wrong in a check is its finding; the others go on.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
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
    with ThreadPoolExecutor(len(checks), thread_name_prefix="check") as threads:
        begun = [threads.submit(_made, check, facts) for check in checks]
        for done in as_completed(begun):
            outcome = done.result()
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


def _made(check: Check, facts: Facts) -> Outcome:
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
    return Outcome(
        name=check.name,
        said=said,
        findings=findings,
        failure=failure,
        took_ms=round(perf_ms() - began_ms),
    )


def _signed(finding: Finding, check: str) -> Finding:
    return Finding(**{**vars(finding), "check": check})
