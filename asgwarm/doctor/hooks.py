"""Whether the lifecycle hooks are there, and whether an instance is stuck in one.

An instance waits in `Pending:Wait` until its guest reported and the function answered
the hook; while its set-up runs the function prolongs the wait.
"""

from collections.abc import Iterator, Mapping

from asgwarm.aws_errors import translated
from asgwarm.doctor.facts import Facts
from asgwarm.doctor.finding import Check, Finding, error, named
from asgwarm.domain.value import value

WAITING = ("Pending:Wait", "Warmed:Pending:Wait")
NAMES = ("launch", "terminate")  # as the template calls them
SLACK_S = 60  # a pass of the function


@value
class Seen:
    """The group's hooks, and since when which instance waits in the launch one."""

    pool: str
    group_name: str
    # The timeout of each in seconds, by its name; None where there is no group.
    hooks: Mapping[str, int] | None
    setup_s: int  # how long the set-up may take, 0 where there is none
    waiting_s: Mapping[str, int]  # seconds, by instance id


def look(facts: Facts) -> Seen:
    """Describe the hooks, and who waits."""
    parameters = facts.stack.parameters
    setup_s = int(parameters.get("SetupTimeoutS", 0)) if parameters.get("Setup") else 0
    return Seen(
        pool=facts.pool,
        group_name=facts.group_name,
        hooks=_hooks(facts) if facts.group else None,
        setup_s=setup_s,
        waiting_s=_waiting_s(facts),
    )


def _hooks(facts: Facts) -> dict[str, int]:
    name = facts.group_name
    with translated("autoscaling:DescribeLifecycleHooks", name):
        answer = facts.client("autoscaling").describe_lifecycle_hooks(
            AutoScalingGroupName=name
        )
    return {
        hook["LifecycleHookName"]: hook["HeartbeatTimeout"]
        for hook in answer["LifecycleHooks"]
    }


def _waiting_s(facts: Facts) -> dict[str, int]:
    """Seconds that each instance waits: since its row says so, else since its start."""
    group, (records, _), now = facts.group, facts.rows, facts.now()
    since = {i: one.launched_at for i, one in facts.instances.items()}
    since |= {i: record.since for i, record in records.items()}
    states = group.lifecycle_states if group else {}
    return {i: now - since.get(i, now) for i, at in states.items() if at in WAITING}


def judge(seen: Seen) -> Iterator[Finding]:
    """Yield the hooks that are missing and the instances that are stuck."""
    if seen.hooks is None:
        return
    if missing := [name for name in NAMES if name not in seen.hooks]:
        yield error(
            "hook-missing",
            f"group {seen.group_name} has no lifecycle hook {named(missing)}",
            cause="somebody deleted it; instances are offered, or ended, too soon",
            next_="aws cloudformation detect-stack-drift --stack-name "
            + seen.group_name.removesuffix("-pool"),
        )
    patience_s = seen.hooks.get("launch", 0) + seen.setup_s + SLACK_S
    if stuck := [i for i, s in seen.waiting_s.items() if s > patience_s]:
        longest_s = max(seen.waiting_s[i] for i in stuck)
        yield error(
            "hook-stuck",
            f"waiting in the launch hook for up to {longest_s} s: {named(stuck)}",
            cause="their guests did not report, or the function does not answer",
            next_=f"aws ec2 get-console-output --latest --instance-id {min(stuck)}",
        )


def said(seen: Seen) -> str:
    """Return how many wait."""
    return f"waiting for their guests: {len(seen.waiting_s)}"


CHECK = Check(name="hooks", look=look, judge=judge, said=said)
