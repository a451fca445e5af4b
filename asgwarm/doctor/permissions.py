"""Whether the caller may do what a `get` does, without doing it.

Rule 1: IAM is asked to simulate where it may be asked; its answer has all conditions.
Rule 2: else each write is tried with a condition that never holds: AWS says first
whether it is allowed, and then that the condition does not hold.
Rule 3: an account's root may do everything, and nobody can simulate it.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError

from asgwarm.aws_errors import translated
from asgwarm.doctor.facts import Facts
from asgwarm.doctor.finding import Check, Finding, error, named
from asgwarm.domain.record import State
from asgwarm.domain.value import value
from asgwarm.errors import AccessDenied, CredentialsMissing
from asgwarm.registry.table import encode

NEVER = "attribute_exists(pk) AND attribute_not_exists(pk)"
_ROLE = re.compile(r"arn:(?P<partition>[^:]+):sts::\d+:assumed-role/(?P<name>[^/]+)/.*")


@value
class Ask:
    """Actions on one resource, in one context of conditions."""

    actions: Sequence[str]
    resource: str
    context: tuple[tuple[str, str, str], ...]  # name, type, value


@value
class Seen:
    """What the caller may not do."""

    arn: str
    how: str  # simulated, tried, or root
    denied: Sequence[str]  # actions, each with its resource


def look(facts: Facts) -> Seen:
    """Simulate, or try, what a `get` does."""
    arn = facts.caller.arn
    if not arn:
        raise CredentialsMissing(
            "AWS does not say who calls", hint="aws sts get-caller-identity"
        )
    if arn.endswith(":root"):
        return Seen(arn=arn, how="root", denied=())
    try:
        denied = _simulated(facts, _principal(facts, arn))
    except (AccessDenied, ClientError):  # a federated user cannot be simulated
        return Seen(arn=arn, how="tried", denied=_tried(facts))
    return Seen(arn=arn, how="simulated", denied=denied)


def asks(facts: Facts) -> Iterator[Ask]:
    """Yield what a `get` does."""
    _, partition, _, region, account, _ = facts.stack.stack_id.split(":", 5)
    table = f"arn:{partition}:dynamodb:{region}:{account}:table/asgwarm-{facts.pool}"
    keys = "dynamodb:LeadingKeys"
    reads = ("dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem")
    row = ((keys, "stringList", f"POOL#{facts.pool}#0"),)
    yield Ask(actions=reads, resource=table, context=row)
    waits = ("dynamodb:PutItem", "dynamodb:DeleteItem")
    waiter = ((keys, "stringList", f"WAIT#{facts.pool}"),)
    yield Ask(actions=waits, resource=table, context=waiter)
    ready = [i for i, r in facts.rows[0].items() if r.state is State.READY]
    instance = next(iter(ready), "i-00000000000000000")
    yield Ask(
        actions=("ec2-instance-connect:SendSSHPublicKey",),
        resource=f"arn:{partition}:ec2:{region}:{account}:instance/{instance}",
        context=(
            ("ec2:osuser", "string", facts.stack.parameters.get("OsUser", "")),
            ("aws:ResourceTag/asgwarm:pool", "string", facts.pool),
        ),
    )


def _principal(facts: Facts, arn: str) -> str:
    """Return the ARN to simulate: of a session its role's, path and all."""
    found = _ROLE.fullmatch(arn)
    if found is None:
        return arn
    with translated("iam:GetRole", found["name"]):
        answer = facts.client("iam").get_role(RoleName=found["name"])
    return str(answer["Role"]["Arn"])


def _simulated(facts: Facts, principal: str) -> list[str]:
    client: Any = facts.client("iam")
    denied = []
    for ask in asks(facts):
        with translated("iam:SimulatePrincipalPolicy", principal):
            answer = client.simulate_principal_policy(
                PolicySourceArn=principal,
                ActionNames=list(ask.actions),
                ResourceArns=[ask.resource],
                ContextEntries=[
                    {
                        "ContextKeyName": name,
                        "ContextKeyType": kind,
                        "ContextKeyValues": [text],
                    }
                    for name, kind, text in ask.context
                ],
            )
        denied += [
            f"{one['EvalActionName']} on {ask.resource}"
            for one in answer["EvaluationResults"]
            if one["EvalDecision"] != "allowed"
        ]
    return denied


def _tried(facts: Facts) -> list[str]:
    """Try the writes; reads and the pushed key are other checks'."""
    client, table = facts.client("dynamodb"), f"asgwarm-{facts.pool}"
    row = {"pk": encode(f"POOL#{facts.pool}#0"), "sk": encode("I#doctor")}
    waiter = {"pk": encode(f"WAIT#{facts.pool}"), "sk": encode("doctor")}
    rule: Any = {"TableName": table, "ConditionExpression": NEVER}
    writes = (
        ("dynamodb:UpdateItem", client.update_item, {"Key": row}),
        ("dynamodb:PutItem", client.put_item, {"Item": waiter}),
        ("dynamodb:DeleteItem", client.delete_item, {"Key": waiter}),
    )
    return [
        f"{action} on {table}"
        for action, write, what in writes
        if not _is_allowed(action, lambda w=write, p=what: w(**rule, **p))
    ]


def _is_allowed(action: str, write: Any) -> bool:
    try:
        with translated(action, "the registry"):
            try:
                write()
            except ClientError as refusal:
                code = refusal.response["Error"]["Code"]
                if code != "ConditionalCheckFailedException":
                    raise
    except AccessDenied:
        return False
    return True


def judge(seen: Seen) -> Iterator[Finding]:
    """Yield what is missing for a `get`."""
    if seen.denied:
        yield error(
            "permission-missing",
            f"a `get` takes permissions that you have not: {named(seen.denied)}",
            cause=f"no policy of {seen.arn} allows it ({seen.how})",
            next_="aws sts get-caller-identity",
        )


def said(seen: Seen) -> str:
    """Return how it was found out."""
    return {
        "root": "the account's root may do everything",
        "simulated": "what a `get` does, by simulation",
        "tried": "the writes of a `get`, tried with a condition that never holds",
    }[seen.how]


CHECK = Check(name="permissions", look=look, judge=judge, said=said)
