"""Whether the stack is at rest, this version's, and what the function works with.

Rule: CloudFormation compares the resources themselves only where that was asked for;
it takes minutes.
"""

import time
from collections.abc import Iterator, Mapping, Sequence

import asgwarm
from asgwarm.aws_errors import translated
from asgwarm.doctor.facts import Facts
from asgwarm.doctor.finding import Check, Finding, error, named, warning
from asgwarm.domain.meta import Meta
from asgwarm.domain.value import value
from asgwarm.errors import WaitTimeout
from asgwarm.stack.stacks import StackView
from asgwarm.stack.status import Then, remedy, then
from asgwarm.stack.template import template_text

POLL_S = 2.0  # of a drift detection
# parameter -> what META calls it
SIZES = {
    "Hot": "hot",
    "Warm": "warm",
    "Cap": "cap",
    "MaxLeaseS": "max_lease_s",
    "OwnerCap": "owner_cap",
}


@value
class Seen:
    """The stack, its template, and what the function wrote down of it."""

    pool: str
    stack: StackView
    meta: Meta
    is_same: bool  # the deployed template is this package's, byte for byte
    drifted: Sequence[str] | None  # "Schedule (MODIFIED)"; None where nobody asked


def look(facts: Facts) -> Seen:
    """Read the deployed template, and have the resources compared if asked."""
    stack, meta = facts.stack, facts.meta
    with translated("cloudformation:GetTemplate", stack.name):
        answer = facts.client("cloudformation").get_template(StackName=stack.stack_id)
    return Seen(
        pool=facts.pool,
        stack=stack,
        meta=meta,
        is_same=str(answer["TemplateBody"]).strip() == template_text().strip(),
        drifted=drift(facts) if facts.around.drift else None,
    )


def drift(facts: Facts) -> list[str]:
    """Return the stack's resources that are not as its template says.

    Raises:
        WaitTimeout: CloudFormation was at it for as long as it may.
    """
    client, stack = facts.client("cloudformation"), facts.stack
    with translated("cloudformation:DetectStackDrift", stack.name):
        begun = client.detect_stack_drift(StackName=stack.stack_id)
    left_s = facts.around.drift_s
    while True:
        with translated("cloudformation:DescribeStackDriftDetectionStatus", stack.name):
            status = client.describe_stack_drift_detection_status(
                StackDriftDetectionId=begun["StackDriftDetectionId"]
            )
        if status["DetectionStatus"] != "DETECTION_IN_PROGRESS":
            return _drifted(client, stack)
        if left_s <= 0:
            raise WaitTimeout(
                f"CloudFormation compares stack {stack.name} for "
                f"{facts.around.drift_s:g} s already",
                hint="aws cloudformation describe-stack-resource-drifts --stack-name "
                f"{stack.name}",
            )
        time.sleep(min(POLL_S, left_s))
        left_s -= POLL_S


def _drifted(client: "object", stack: StackView) -> list[str]:
    with translated("cloudformation:DescribeStackResourceDrifts", stack.name):
        answer = client.describe_stack_resource_drifts(  # type: ignore[attr-defined]  # boto3's
            StackName=stack.stack_id,
            StackResourceDriftStatusFilters=["MODIFIED", "DELETED"],
        )
    return [
        f"{one['LogicalResourceId']} ({one['StackResourceDriftStatus']})"
        for one in answer["StackResourceDrifts"]
    ]


def judge(seen: Seen) -> Iterator[Finding]:
    """Yield what is wrong with the stack."""
    status, name = seen.stack.status, seen.stack.name
    if then(status) is Then.STOP:
        meaning, command = remedy(status, pool=seen.pool, stack=name)
        yield error(
            "stack-broken",
            f"stack {name} is {status}",
            cause=meaning,
            next_=command,
        )
    elif then(status) is Then.WAIT:
        yield warning(
            "stack-busy",
            f"stack {name} is {status}",
            cause="somebody is at work on it",
            next_=f"aws cloudformation describe-stack-events --stack-name {name}",
        )
    else:
        yield from _at_rest(seen)


def _at_rest(seen: Seen) -> Iterator[Finding]:
    up = f"asgwarm up {seen.pool}"
    if not seen.is_same:
        there = seen.stack.outputs.get("Version", "?")
        yield warning(
            "template-differs",
            f"stack {seen.stack.name} was not made of this asgwarm's template",
            cause=f"it is version {there}'s, this is {asgwarm.__version__}"
            if there != asgwarm.__version__
            else f"it was edited, or is another build of version {there}",
            next_=up,
        )
    if differ := sizes_that_differ(seen.stack.parameters, seen.meta):
        yield warning(
            "sizes-differ",
            f"the function works with other sizes than the stack has: {differ}",
            cause="somebody wrote META, or the function has not run since",
            next_=f"aws logs tail /asgwarm/{seen.pool} --since 10m",
        )
    if seen.meta.draining:
        yield warning(
            "pool-closing",
            f"pool {seen.pool} serves nobody: it is going down",
            cause="a `down` was begun and not finished",
            next_=f"asgwarm down {seen.pool}",
        )
    if seen.drifted:
        yield warning(
            "drifted",
            f"not as the template says: {named(seen.drifted)}",
            cause="somebody changed them by hand",
            next_="aws cloudformation describe-stack-resource-drifts --stack-name "
            + seen.stack.name,
        )


def sizes_that_differ(parameters: Mapping[str, str], meta: Meta) -> str:
    """Return the sizes that META has otherwise than the stack, in words."""
    pairs = {
        name: (parameters.get(name, ""), str(getattr(meta, own)))
        for name, own in SIZES.items()
    }
    return ", ".join(
        f"{name} is {ours}, not {theirs}"
        for name, (theirs, ours) in pairs.items()
        if theirs and theirs != ours
    )


def said(seen: Seen) -> str:
    """Return the stack's status and version."""
    version = seen.stack.outputs.get("Version", "?")
    return f"{seen.stack.status}, version {version}"


CHECK = Check(name="stack", look=look, judge=judge, said=said)
