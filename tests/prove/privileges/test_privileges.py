"""What the proof of least privilege looks at, and that it sees what is wrong.

The proof itself is `make privileges`; it takes a minute and needs a policy simulator.
"""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from asgwarm.cli.catalogue import COMMANDS
from asgwarm.stack.template import template_text
from tests.prove.faults.plays import PLAYS
from tests.prove.privileges import judge, who
from tests.prove.privileges.by_aws import HANDLERS
from tests.prove.privileges.cases import cases
from tests.prove.privileges.journey import Journey
from tests.prove.privileges.neighbours import neighbours
from tests.prove.privileges.recorded import (
    ANY_ID,
    ChangeSets,
    arn,
    asked,
    group_arn,
    read,
)
from tests.prove.privileges.simulator import Answers, Decision, Question
from tests.prove.privileges.weakened import weakened
from tests.unit.stack.cfn import read as read_template

TABLE = arn("dynamodb", "table/asgwarm-dev")
TAGS = {"i-1": {"asgwarm:pool": "dev", "asgwarm:stack": "S"}}
POLICY: dict[str, Any] = {
    "Statement": [
        {
            "Sid": "Rows",
            "Effect": "Allow",
            "Action": ["dynamodb:GetItem", "dynamodb:Query"],
            "Resource": TABLE,
            "Condition": {
                "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["A#dev", "B#dev"]}
            },
        }
    ]
}


def _sent(service: str, action: str, said: str, owner: str = "user") -> Any:
    return {"service": service, "action": action, "asked": said, "owner": owner}


def test_it_is_said_of_every_command_who_types_it():
    """One that is added gets its line."""
    assert who.WHO.keys() | who.NOBODY.keys() == set(COMMANDS)
    assert not who.WHO.keys() & who.NOBODY.keys()


def test_every_command_that_calls_aws_is_typed():
    """In the fault matrix or here."""
    typed = {play.argv[0] for play in PLAYS.values()}

    assert typed | {errand.command for errand in who.ERRANDS} == set(who.WHO)


def test_it_is_said_of_every_resource_what_cloudformation_calls_for_it():
    """One of another type gets its lines, and a deployer the permissions."""
    resources = read_template(template_text())["Resources"].values()

    assert {resource["Type"] for resource in resources} == set(HANDLERS)


def test_there_are_cases_of_both_kinds_for_everybody():
    """A policy that refuses everything passes no more than one that grants it."""
    lines = cases("arn:aws:cloudformation:us-east-1:0:stack/asgwarm-dev/1", "eice-1")
    for somebody in {case.who for case in lines}:
        mine = [case.is_allowed for case in lines if case.who == somebody]
        assert set(mine) == {True, False}, somebody

    assert len(lines) >= 40
    assert len({(case.who, case.why) for case in lines}) == len(lines)


@pytest.mark.parametrize(
    ("call", "found"),
    [
        pytest.param(
            _sent(
                "dynamodb",
                "Query",
                json.dumps(
                    {
                        "TableName": "asgwarm-dev",
                        "IndexName": "ready",
                        "KeyConditionExpression": "pk = :pk AND #r >= :from",
                        "ExpressionAttributeNames": {"#r": "ready_key"},
                        "ExpressionAttributeValues": {":pk": {"S": "POOL#dev#0"}},
                    }
                ),
            ),
            asked(
                "dynamodb:Query",
                f"{TABLE}/index/ready",
                {
                    "dynamodb:LeadingKeys": ["POOL#dev#0"],
                    "dynamodb:Attributes": ["pk", "ready_key"],
                },
            ),
            id="an index",
        ),
        pytest.param(
            _sent(
                "dynamodb",
                "UpdateItem",
                json.dumps(
                    {
                        "TableName": "asgwarm-dev",
                        "Key": {"pk": {"S": "me"}, "sk": {"S": "AGENT"}},
                        "UpdateExpression": "SET a = if_not_exists(b, :b) REMOVE c",
                        "ReturnValues": "NONE",
                    }
                ),
                owner="i-1",
            ),
            asked(
                "dynamodb:UpdateItem",
                TABLE,
                {
                    "dynamodb:LeadingKeys": ["me"],
                    "dynamodb:Attributes": ["a", "b", "c", "pk", "sk"],
                    "dynamodb:ReturnValues": "NONE",
                    "ec2:SourceInstanceARN": arn("ec2", "instance/i-1"),
                },
            ),
            id="a guest",
        ),
        pytest.param(
            _sent("ec2", "TerminateInstances", "InstanceId.1=i-1"),
            asked(
                "ec2:TerminateInstances",
                arn("ec2", "instance/i-1"),
                {
                    "aws:ResourceTag/asgwarm:pool": "dev",
                    "aws:ResourceTag/asgwarm:stack": "S",
                },
            ),
            id="an instance and its tags",
        ),
        pytest.param(
            _sent(
                "autoscaling",
                "TerminateInstanceInAutoScalingGroup",
                "InstanceId=i-1&ShouldDecrementDesiredCapacity=false",
            ),
            asked(
                "autoscaling:TerminateInstanceInAutoScalingGroup",
                group_arn("asgwarm-dev-pool"),
            ),
            id="the group of an instance",
        ),
        pytest.param(
            _sent("sts", "GetCallerIdentity", "Action=GetCallerIdentity"),
            asked("sts:GetCallerIdentity", "*"),
            id="one that nobody knows",
        ),
    ],
)
def test_a_call_is_read_as_iam_sees_it(call, found):
    """Action, resource and the keys of conditions."""
    assert read(call, TAGS) == [found]


def test_a_change_set_is_one_of_a_stack_even_where_its_arn_alone_is_said():
    """As AWS CLI describes and deletes what `deploy` told it."""
    change_sets = ChangeSets()
    arn_of = arn("cloudformation", "changeSet/one/1")
    made = {"ChangeSetName": "one", "StackName": "asgwarm-dev", "TemplateBody": "a&b"}
    calls = [
        _sent("cloudformation", "CreateChangeSet", urlencode(made)),
        _sent("cloudformation", "ListStacks", ""),
        _sent("cloudformation", "DeleteChangeSet", f"ChangeSetName={arn_of}"),
    ]

    found = [read(change_sets.told(call), TAGS)[0].resource for call in calls]

    stack = arn("cloudformation", f"stack/asgwarm-dev/{ANY_ID}")
    assert found == [stack, "*", stack]


def _judged(*decisions: Decision, action: str = "dynamodb:GetItem") -> Any:
    journey = Journey(documents={"dev/Auditor": POLICY})
    questions = []
    for number, _ in enumerate(decisions):
        keys = {"dynamodb:LeadingKeys": ["AB"[number] + "#dev"]}
        names = ("dev/Auditor",)
        journey.note(names, asked(action, TABLE, keys), "a test")
        questions.append(
            Question(documents=names, action=action, resource=TABLE, context=keys)
        )
    return journey, questions, Answers(decisions=decisions, wildcard={})


MAY = Decision(is_allowed=True, by=(("dev/Auditor", "Rows"),), error="")
MAY_NOT = Decision(is_allowed=False, by=(), error="")


def test_a_call_without_its_permission_is_found():
    """With who made it, and doing what."""
    (wrong,) = judge.denied(*_judged(MAY, MAY_NOT))

    assert "dev/Auditor may not dynamodb:GetItem" in wrong
    assert "(a test)" in wrong


def test_a_call_on_nobody_knows_what_is_found():
    """What it was called on would be granted whatever a policy names."""
    names, calls = ("dev/Auditor",), ("dynamodb:GetItem", "dynamodb:ListTables")
    journey = Journey(documents={"dev/Auditor": POLICY})
    for action in calls:
        journey.note(names, asked(action, "*"), "a test")
    wildcard = {calls[0]: False, calls[1]: True}
    said = Answers(decisions=[MAY, MAY], wildcard=wildcard)

    (wrong,) = judge.denied(journey, judge.questions(journey), said)

    assert wrong == "nobody here knows what dynamodb:GetItem was called on (a test)"
    assert judge.actions(journey) == [*calls]


def test_what_is_granted_and_not_needed_is_found():
    """An action that nobody called, rows that nobody went to."""
    assert set(judge.unused(*_judged(MAY))) == {
        "Auditor, Rows: dynamodb:Query is granted and never needed",
        "Auditor, Rows: rows of B#POOL are never needed",
    }


def test_beside_a_request_there_is_one_for_everything_that_was_asked():
    """Another pool, another value, none at all; each is to be refused."""
    (statement,) = POLICY["Statement"]
    keys = {"dynamodb:LeadingKeys": ["A#dev"]}
    near = neighbours(
        Question(
            documents=("dev/Auditor",),
            action="dynamodb:GetItem",
            resource=TABLE,
            context=keys,
        ),
        ("dev/Auditor", "Rows"),
        statement,
    )

    found = [(one.question.resource, one.question.context) for one in near]
    elsewhere = [arn("dynamodb", f"table/asgwarm-{p}") for p in ("other", "dev2")]
    assert found[:2] == [(table, keys) for table in elsewhere]
    assert [context for _, context in found[2:]] == [
        {},
        {"dynamodb:LeadingKeys": ["A#other"]},
        {"dynamodb:LeadingKeys": ["A#dev2"]},
        {"dynamodb:LeadingKeys": ["nobody's"]},
        {"dynamodb:LeadingKeys": ["A#dev", "nobody's"]},
    ]


def test_a_policy_is_weakened_in_everything_that_it_asks():
    """By a key of a condition, and by the pool's name wherever it stands."""
    found = [one.kind for one in weakened({"dev/Auditor": POLICY})]

    assert found == [
        "Auditor, Rows: without ForAllValues:StringLike dynamodb:LeadingKeys",
        "Auditor, Rows: on any asgwarm-*",
        "Auditor, Rows: with any #*",
    ]


@pytest.mark.parametrize(
    ("action", "wildcard", "said"),
    [
        ("dynamodb:*", True, "names no action"),
        ("dynamodb:GetItem", False, "could be granted on less"),
        ("dynamodb:ListTables", True, "for no reason"),
    ],
)
def test_what_is_granted_too_widely_is_found(action, wildcard, said):
    """A pattern; everything where less would do; everything without a reason."""
    statement = {"Sid": "All", "Effect": "Allow", "Action": action, "Resource": "*"}
    journey = Journey(documents={"dev/Auditor": {"Statement": [statement]}})

    (wrong,) = judge.too_wide(journey, {action: wildcard})

    assert said in wrong
