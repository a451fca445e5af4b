"""What `up`, `down` and `status` do with a stack in each of its statuses."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError

from asgwarm import provision
from asgwarm.errors import AsgwarmError, PoolNotFound, StackFailed
from asgwarm.leasing.standing import unserved
from asgwarm.stack.deploy import deploy
from asgwarm.stack.options import PoolOptions
from asgwarm.stack.stacks import find

CREATE, UPDATE, DELETE = "CreateStack", "UpdateStack", "DeleteStack"
WAIT = "…"  # for whoever is at work, and then goes on
DOWN, AGAIN = "asgwarm down dev", "asgwarm status dev"
AWS = "aws cloudformation {} --stack-name asgwarm-dev"
REVIEW, ROLLBACK = AWS.format("delete-stack"), AWS.format("rollback-stack")
CONTINUE = AWS.format("continue-update-rollback")

# status: what `up` asks for or hints at, what `down` does, what `status` hints at
# where the pool does not serve. Empty: the usual.
TABLE = {
    "CREATE_COMPLETE": (UPDATE, DELETE, ""),
    "CREATE_FAILED": (DOWN, DELETE, DOWN),
    "CREATE_IN_PROGRESS": (WAIT + UPDATE, WAIT + DELETE, AGAIN),
    "DELETE_COMPLETE": (CREATE, "asgwarm up dev", ""),
    "DELETE_FAILED": (DOWN, DELETE, DOWN),
    "DELETE_IN_PROGRESS": (WAIT + CREATE, WAIT, AGAIN),
    "IMPORT_COMPLETE": (UPDATE, DELETE, ""),
    "IMPORT_IN_PROGRESS": (WAIT + UPDATE, WAIT + DELETE, AGAIN),
    "IMPORT_ROLLBACK_COMPLETE": (UPDATE, DELETE, "asgwarm up dev"),
    "IMPORT_ROLLBACK_FAILED": (CONTINUE, DELETE, CONTINUE),
    "IMPORT_ROLLBACK_IN_PROGRESS": (WAIT + UPDATE, WAIT + DELETE, AGAIN),
    "REVIEW_IN_PROGRESS": (WAIT + REVIEW, REVIEW, REVIEW),
    "ROLLBACK_COMPLETE": (DOWN, DELETE, DOWN),
    "ROLLBACK_FAILED": (DOWN, DELETE, DOWN),
    "ROLLBACK_IN_PROGRESS": (WAIT + DOWN, WAIT + DELETE, AGAIN),
    "UPDATE_COMPLETE": (UPDATE, DELETE, ""),
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": (WAIT + UPDATE, WAIT + DELETE, AGAIN),
    "UPDATE_FAILED": (ROLLBACK, DELETE, ROLLBACK),
    "UPDATE_IN_PROGRESS": (WAIT + UPDATE, WAIT + DELETE, AGAIN),
    "UPDATE_ROLLBACK_COMPLETE": (UPDATE, DELETE, "asgwarm up dev"),
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": (
        *(WAIT + UPDATE, WAIT + DELETE, AGAIN),
    ),
    "UPDATE_ROLLBACK_FAILED": (CONTINUE, DELETE, CONTINUE),
    "UPDATE_ROLLBACK_IN_PROGRESS": (WAIT + UPDATE, WAIT + DELETE, AGAIN),
}
# How what somebody else does ends, where it is not the update's success.
ENDS = {
    "REVIEW_IN_PROGRESS": "REVIEW_IN_PROGRESS",
    "DELETE_IN_PROGRESS": "DELETE_COMPLETE",
    "ROLLBACK_IN_PROGRESS": "ROLLBACK_COMPLETE",
}


def missing(what: str, operation: str = "DescribeStacks") -> ClientError:
    """The error of a thing that is not there."""
    said: Any = {"Code": "ValidationError", "Message": f"{what} does not exist"}
    return ClientError({"Error": said}, operation)


class Region:
    """A region with one stack in it, and no table, group or instance."""

    region = "us-east-1"

    def __init__(self, status: str) -> None:
        self.status, self.asked, self.waited = status, "", 0
        self.cloudformation = self.autoscaling = self.ec2 = self.logs = self
        self.dynamodb, self.meta = self, SimpleNamespace(region_name=self.region)

    def sleep(self, _: float) -> None:
        """Let whoever is at work be done."""
        self.waited += 1
        if self.asked:
            done = {CREATE: "CREATE", UPDATE: "UPDATE", DELETE: "DELETE"}[self.asked]
            self.status = f"{done}_COMPLETE"
        else:
            self.status = ENDS.get(self.status, "UPDATE_COMPLETE")

    def describe_stacks(self, StackName: str) -> Any:
        """The stack; by its id also one that was deleted."""
        if self.status == "DELETE_COMPLETE" and StackName == "asgwarm-dev":
            raise missing("Stack")
        stack: dict[str, Any] = {
            "StackName": "asgwarm-dev",
            "StackId": "arn:stack/asgwarm-dev",
        }
        if self.status != "REVIEW_IN_PROGRESS":  # it has nothing yet
            parameters = [{"ParameterKey": "Pool", "ParameterValue": "dev"}]
            stack |= {"Description": "asgwarm 0", "Parameters": parameters}
        return {"Stacks": [stack | {"StackStatus": self.status}]}

    def get_paginator(self, _: str) -> "Region":
        """Lists of nothing."""
        return self

    def paginate(self, **_: object) -> Iterator[Any]:
        """No event, no resource, no instance."""
        yield from ()

    def _ask(self, what: str) -> dict[str, str]:
        self.asked, self.status = what, "UPDATE_IN_PROGRESS"
        return {"StackId": "arn:stack/asgwarm-dev"}

    def create_stack(self, **_: object) -> Any:
        """Begin to create it."""
        return self._ask(CREATE)

    def update_stack(self, **_: object) -> Any:
        """Begin to update it."""
        return self._ask(UPDATE)

    def get_stack_policy(self, **_: object) -> Any:
        """Say that somebody has protected it."""
        return {"StackPolicyBody": "{}"}

    def delete_stack(self, **_: object) -> Any:
        """Begin to delete it."""
        return self._ask(DELETE)

    def __getattr__(self, name: str) -> Any:
        """Whatever else is asked for is not there."""

        def absent(**_: object) -> None:
            code = "ResourceNotFoundException"
            said: Any = {"Code": code, "Message": "it does not exist"}
            raise ClientError({"Error": said}, name)

        return absent


def outcome(region: Region, error: AsgwarmError | None) -> str:
    """What was waited for, and what was asked for or hinted at."""
    waited = WAIT if region.waited > bool(region.asked) else ""
    return waited + (error.hint if error else region.asked)


def test_the_table_has_every_status():
    """CloudFormation's own model lists them."""
    model = botocore.session.get_session().get_service_model("cloudformation")
    shape: Any = model.shape_for("StackStatus")

    assert set(TABLE) == set(shape.enum)
    assert len(TABLE) == 23


@pytest.mark.parametrize("status", TABLE)
def test_up_creates_updates_waits_or_names_the_one_command(status):
    """Whoever is at work is waited for; what a person must do is said."""
    region: Any = Region(status)
    error = None

    try:
        deploy(
            region, PoolOptions(pool="dev"), on_event=lambda _: None, sleep=region.sleep
        )
    except StackFailed as failed:
        error = failed
        assert region.status in failed.message

    assert outcome(region, error) == TABLE[status][0]


@pytest.mark.parametrize("status", TABLE)
def test_down_deletes_whatever_is_there(status):
    """A stack that is only proposed is nobody's yet; one that goes is let go."""
    region: Any = Region(status)
    error = None

    try:
        left = provision.down(
            "dev", region, force=False, on_event=lambda _: None, sleep=region.sleep
        )
        assert left == []
    except (StackFailed, PoolNotFound) as refused:
        error = refused

    assert outcome(region, error) == TABLE[status][1]


@pytest.mark.parametrize("status", TABLE)
def test_status_of_a_pool_that_does_not_serve_says_what_its_stack_is(status):
    """Where the stack says nothing, there is no such pool."""
    region: Any = Region(status)
    nobody = PoolNotFound("there is no pool 'dev' in us-east-1", hint="asgwarm up dev")

    error = unserved(find(region, "asgwarm-dev"), "dev", nobody)

    assert error.hint == (TABLE[status][2] or "asgwarm up dev")
    assert (error is nobody) == (not TABLE[status][2])
    assert (status in error.message) == (error is not nobody)
