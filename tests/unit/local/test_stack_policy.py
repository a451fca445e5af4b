"""What a stack policy lets an update do."""

import json

import pytest

from asgwarm.local.stack_policy import denial
from asgwarm.stack.template import stack_policy

TABLE = "AWS::DynamoDB::Table"
ALL = {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}


def policy(*statements):
    """A policy of these statements."""
    return json.dumps({"Statement": list(statements)})


@pytest.mark.parametrize("action", ["Update:Replace", "Update:Delete"])
def test_the_pool_s_policy_protects_the_table_and_nothing_else(action):
    """It may be changed, and everything else replaced and removed."""
    said = denial(stack_policy(), action, "Table", TABLE)

    assert said == (
        f"Action denied by stack policy: Statement [#2] does not allow [{action}] "
        "for resource [LogicalResourceId/Table]"
    )
    assert denial(stack_policy(), "Update:Modify", "Table", TABLE) == ""
    assert denial(stack_policy(), action, "Group", "AWS::AutoScaling::Group") == ""


def test_without_a_policy_everything_may_be_done():
    """As in a stack that was never given one."""
    assert denial("", "Update:Delete", "Table", TABLE) == ""


def test_what_no_statement_allows_is_denied():
    """A policy begins by denying all."""
    only_changes = {**ALL, "Action": ["Update:Modify"]}

    assert denial(policy(only_changes), "Update:Delete", "Table", TABLE) == (
        "Action not allowed by stack policy"
    )


@pytest.mark.parametrize(
    "statement",
    [
        {"Action": "Update:*", "Resource": "LogicalResourceId/T*"},
        {"NotAction": "Update:Modify", "Resource": "*"},
        {"Action": "Update:*", "NotResource": "LogicalResourceId/Queue"},
        {
            "Action": "Update:*",
            "Resource": "*",
            "Condition": {"StringLike": {"ResourceType": "AWS::DynamoDB::*"}},
        },
    ],
)
def test_statements_say_what_they_are_about_in_every_form(statement):
    """Wildcards, exceptions and types of resources."""
    denies = policy(ALL, {"Effect": "Deny", "Principal": "*", **statement})

    assert "[#2]" in denial(denies, "Update:Delete", "Table", TABLE)
    assert denial(denies, "Update:Modify", "Queue", "AWS::SQS::Queue") == ""
