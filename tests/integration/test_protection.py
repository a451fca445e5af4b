"""The stack policy of a pool: who sets it, and what it keeps an update from."""

import json

import pytest

from asgwarm.stack.deploy import deploy
from asgwarm.stack.network import default_network
from asgwarm.stack.options import PoolOptions
from asgwarm.stack.protection import protect
from asgwarm.stack.template import stack_policy

KIND = "AWS::DynamoDB::Table"
SETTINGS = {
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
}
QUEUE = {"Type": "AWS::SQS::Queue"}
OWN = json.dumps(
    {
        "Statement": [
            {"Effect": "Deny", "Action": "Update:*", "Principal": "*", "Resource": "*"}
        ]
    }
)


@pytest.fixture
def cloudformation(region):
    """A client of the region."""
    return region.client("cloudformation")


@pytest.fixture
def update(region, cloudformation):
    """Updates a stack that has a table and a policy; how that ended, and why."""

    def ended(name):
        status = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        return "IN_PROGRESS" not in status["StackStatus"] and status["StackStatus"]

    def perform(name, resources):
        made = {"Resources": {"Table": named(name), "Queue": QUEUE}}
        cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(made))
        region.until(lambda: ended(name))
        protect(cloudformation, name)
        changed = json.dumps({"Resources": resources})
        cloudformation.update_stack(StackName=name, TemplateBody=changed)
        events = cloudformation.describe_stack_events
        region.until(lambda: ended(name) != "CREATE_COMPLETE" and ended(name))
        failed = [
            event.get("ResourceStatusReason", "")
            for event in events(StackName=name)["StackEvents"]
            if event["LogicalResourceId"] == "Table"
            and event["ResourceStatus"] == "UPDATE_FAILED"
        ]
        return ended(name), failed

    return perform


def named(name, **changes):
    """The table under another name."""
    return {"Type": KIND, "Properties": {**SETTINGS, "TableName": name, **changes}}


def test_no_update_replaces_the_table(region, update):
    """The stack goes back to what it was, with every row."""
    status, (why,) = update("keep-one", {"Table": named("other"), "Queue": QUEUE})

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert "does not allow [Update:Replace]" in why
    tables = region.client("dynamodb").list_tables()["TableNames"]
    assert "keep-one" in tables
    assert "other" not in tables


def test_no_update_removes_the_table(region, update):
    """Nor does a template that has forgotten it."""
    status, (why,) = update("keep-two", {"Queue": QUEUE})

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert "does not allow [Update:Delete]" in why
    assert "keep-two" in region.client("dynamodb").list_tables()["TableNames"]


def test_everything_else_may_be_updated(update):
    """The table's own settings too, and other resources may go."""
    tags = [{"Key": "a", "Value": "b"}]

    assert update("keep-three", {"Table": named("keep-three", Tags=tags)}) == (
        "UPDATE_COMPLETE",
        [],
    )


def test_up_protects_a_new_pool_and_one_that_ci_has_deployed(region, cloudformation):
    """Whether or not there is anything to update; another's policy stays."""
    options = PoolOptions(
        pool="kept",
        hot=0,
        warm=0,
        subnets=default_network(region.client("ec2")).subnets,
    )

    def pause(_):
        region.control.wait_change(0.2)

    def up():
        done = deploy(cloudformation, options, on_event=lambda _: None, sleep=pause)
        answer = cloudformation.get_stack_policy(StackName=done.name)
        return done.changed, answer["StackPolicyBody"]

    assert up() == (True, stack_policy())
    cloudformation.set_stack_policy(StackName="asgwarm-kept", StackPolicyBody=OWN)
    assert up() == (False, OWN)
