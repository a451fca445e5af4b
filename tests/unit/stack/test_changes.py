"""What a plan asks of CloudFormation, what it makes of the answer, what it leaves."""

from datetime import UTC, datetime
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError

from asgwarm.clock import now_s
from asgwarm.errors import StackFailed, WaitTimeout
from asgwarm.stack.begin import Outrun
from asgwarm.stack.changes import LONGEST_S, PREFIX, Change, Do, changes_of, made_anew
from asgwarm.stack.options import PoolOptions
from asgwarm.stack.stacks import StackView

DEV = PoolOptions(pool="dev", hot=2)
STACK = StackView(
    name="asgwarm-dev",
    stack_id="arn:aws:cloudformation:us-east-1:1:stack/asgwarm-dev/1",
    status="UPDATE_COMPLETE",
    description="asgwarm 0.1.0",
    parameters={"Pool": "dev", "Hot": "1", "Cap": "7"},
    outputs={},
)
DONE = {"Status": "CREATE_COMPLETE", "Changes": []}
WORKING = {"Status": "CREATE_IN_PROGRESS"}


def refused(code, message="no", operation="DescribeChangeSet"):
    """An error as CloudFormation answers it."""
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


class CloudFormation:
    """Answers in turn, and remembers the change sets that there are."""

    def __init__(self, *answers, too_early=0, made=None, left=()):
        self.answers, self.too_early, self.made = list(answers), too_early, made
        self.there = dict(left)
        self.asked: list[dict[str, Any]] = []

    def create_change_set(self, **asked):
        self.there[asked["ChangeSetName"]] = datetime.fromtimestamp(now_s(), UTC)
        self.asked.append(asked)
        if self.made:
            raise self.made

    def describe_change_set(self, **asked):
        assert asked["ChangeSetName"] in self.there
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def delete_change_set(self, **asked):
        if self.too_early:
            self.too_early -= 1
            raise refused("InvalidChangeSetStatus")
        self.there.pop(asked["ChangeSetName"])

    def get_paginator(self, name):
        assert name == "list_change_sets"
        return self

    def paginate(self, **_):
        there = self.there.items()
        yield {"Summaries": [{"ChangeSetName": n, "CreationTime": t} for n, t in there]}


def detail(name, source, cause="", recreation="Never"):
    """How one property changes."""
    return {
        "Target": {
            "Attribute": "Properties",
            "Name": name,
            "RequiresRecreation": recreation,
        },
        "ChangeSource": source,
        "CausingEntity": cause,
    }


def modify(logical_id, *details, replacement="False", kind="AWS::Some::Type"):
    """A change of one resource, as CloudFormation describes it."""
    change = {
        "Action": "Modify",
        "LogicalResourceId": logical_id,
        "ResourceType": kind,
        "Replacement": replacement,
        "Details": list(details),
    }
    return {"Type": "Resource", "ResourceChange": change}


def told(*changes):
    """What is made of these changes, by name."""
    client: Any = CloudFormation({**DONE, "Changes": list(changes)})
    found = changes_of(client, STACK, DEV)
    assert client.there == {}
    return {change.logical_id: change for change in found}


def test_what_was_not_said_keeps_its_value_in_the_plan_too():
    """The change set is asked what `up` would ask."""
    client: Any = CloudFormation(DONE)

    assert changes_of(client, STACK, DEV) == []

    (asked,) = client.asked
    parameters = {each.pop("ParameterKey"): each for each in asked["Parameters"]}
    assert parameters["Hot"] == {"ParameterValue": "2"}
    assert parameters["Cap"] == {"UsePreviousValue": True}
    assert (asked["StackName"], asked["ChangeSetType"]) == ("asgwarm-dev", "UPDATE")


def test_it_waits_until_the_change_set_is_made_and_reads_all_of_it():
    """A long list comes in pages."""
    first = {"Status": "CREATE_COMPLETE", "Changes": [], "NextToken": "more"}
    first["Changes"] = [modify("Function", detail("Code", "DirectModification"))]
    second = {**DONE, "Changes": [modify("Logs", detail("X", "DirectModification"))]}
    client: Any = CloudFormation(WORKING, first, second)
    waited: list[float] = []

    found = changes_of(client, STACK, DEV, sleep=waited.append)

    assert [change.logical_id for change in found] == ["Function", "Logs"]
    assert len(waited) == 1
    assert client.there == {}


def test_a_resource_that_only_names_another_one_does_not_change():
    """CloudFormation lists it, because the other one's ARN might be another."""
    changes = told(
        modify("Function", detail("Environment", "ParameterReference", "Hot")),
        modify("Schedule", detail("Targets", "ResourceAttribute", "Function.Arn")),
        modify("Logs", detail("Tags", "NoModification")),
    )

    assert list(changes) == ["Function"]


def test_a_new_version_of_the_launch_template_is_a_change_of_the_group():
    """That very attribute is another one after each update."""
    changes = told(
        modify("LaunchTemplate", detail("LaunchTemplateData", "DirectModification")),
        modify(
            "Group",
            detail("LaunchTemplate", "ResourceReference", "LaunchTemplate"),
            detail(
                *("LaunchTemplate", "ResourceAttribute"),
                "LaunchTemplate.LatestVersionNumber",
            ),
        ),
        modify(
            "WarmPool", detail("AutoScalingGroupName", "ResourceReference", "Group")
        ),
    )

    assert list(changes) == ["LaunchTemplate", "Group"]
    assert changes["Group"].properties == ("LaunchTemplate",)


def test_what_is_replaced_is_told_from_what_may_be_and_from_what_stays():
    """The guard keeps its id whatever changes; who names the replaced one changes."""
    changes = told(
        modify(
            *("Table", detail("TableName", "DirectModification", recreation="Always")),
            replacement="True",
        ),
        modify("Stream", detail("EventSourceArn", "ResourceAttribute", "Table.Arn")),
        modify(
            *("Mapping", detail("X", "DirectModification", recreation="Conditionally")),
            replacement="Conditional",
        ),
        modify(
            *("Guard", detail("S", "DirectModification", recreation="Conditionally")),
            replacement="Conditional",
            kind="Custom::AsgwarmGuard",
        ),
    )

    assert {name: change.do for name, change in changes.items()} == {
        "Table": Do.REPLACE,
        "Stream": Do.CHANGE,
        "Mapping": Do.PERHAPS,
        "Guard": Do.CHANGE,
    }


def test_what_is_new_and_what_goes_is_listed():
    """They have no details."""
    new = {"Action": "Add", "LogicalResourceId": "New", "ResourceType": "T"}
    old = {"Action": "Remove", "LogicalResourceId": "Old", "ResourceType": "T"}

    changes = told({"ResourceChange": new}, {"ResourceChange": old})

    assert changes == {
        "New": Change(do=Do.CREATE, logical_id="New", type="T"),
        "Old": Change(do=Do.REMOVE, logical_id="Old", type="T"),
    }


@pytest.mark.parametrize(
    "reason",
    [
        "The submitted information didn't contain changes. Submit different",
        "No updates are to be performed.",
    ],
)
def test_nothing_to_change_is_no_failure(reason):
    """CloudFormation calls such a change set failed."""
    client: Any = CloudFormation({"Status": "FAILED", "StatusReason": reason})

    assert changes_of(client, STACK, DEV) == []
    assert client.there == {}


def test_what_cloudformation_would_refuse_is_said_before():
    """A missing parameter of the account, say."""
    client: Any = CloudFormation({"Status": "FAILED", "StatusReason": "no /such/image"})

    with pytest.raises(StackFailed, match="refuses stack asgwarm-dev: no /such/image"):
        changes_of(client, STACK, DEV)

    assert client.there == {}


@pytest.mark.parametrize("end", [KeyboardInterrupt(), refused("Throttling")])
def test_nothing_stays_whatever_ends_the_plan(end):
    """Also a change set that cannot be deleted before it is made."""
    client: Any = CloudFormation(end, too_early=2)
    waited: list[float] = []

    with pytest.raises(type(end) if isinstance(end, KeyboardInterrupt) else Exception):
        changes_of(client, STACK, DEV, sleep=waited.append)

    assert client.there == {}
    assert len(waited) == 2


def test_a_change_set_whose_answer_was_lost_is_deleted():
    """It was asked for by a name of ours."""
    client: Any = CloudFormation(DONE, made=KeyboardInterrupt())

    with pytest.raises(KeyboardInterrupt):
        changes_of(client, STACK, DEV)

    assert client.there == {}


def test_what_a_killed_plan_left_is_swept_and_nobody_elses():
    """Neither somebody else's change set nor a plan that may still be read."""
    long_ago, now = (
        datetime(2020, 1, 1, tzinfo=UTC),
        datetime.fromtimestamp(now_s(), UTC),
    )
    left = {f"{PREFIX}old": long_ago, f"{PREFIX}new": now, "awscli-1": long_ago}
    client: Any = CloudFormation(DONE, left=left)

    changes_of(client, STACK, DEV)

    assert set(client.there) == {f"{PREFIX}new", "awscli-1"}


def test_somebody_else_at_work_is_no_failure():
    """The caller waits for them and asks again."""
    busy = "Stack:x is in UPDATE_IN_PROGRESS state and can not be updated."
    client: Any = CloudFormation(DONE, made=refused("ValidationError", busy))

    with pytest.raises(Outrun):
        changes_of(client, STACK, DEV)


def test_a_comparison_that_never_ends_is_given_up():
    """After five minutes, and then too nothing stays."""
    client: Any = CloudFormation(WORKING)
    waited: list[float] = []

    with pytest.raises(WaitTimeout, match="has not compared stack asgwarm-dev"):
        changes_of(client, STACK, DEV, sleep=waited.append)

    assert sum(waited) > LONGEST_S
    assert client.there == {}


class _AnyTag(yaml.SafeLoader):
    """Reads a template without understanding its functions."""


_AnyTag.add_multi_constructor("!", lambda loader, suffix, node: suffix)


def test_a_new_pool_makes_what_its_template_says(repository):
    """Read from the text as YAML reads it; what a condition adds is left out."""
    text = (repository / "templates/pool.yaml").read_text()
    resources = yaml.load(text, Loader=_AnyTag)["Resources"]  # noqa: S506
    certain = {name: r for name, r in resources.items() if "Condition" not in r}

    found = {change.logical_id: change.type for change in made_anew()}

    assert found == {name: resource["Type"] for name, resource in certain.items()}
    assert {change.do for change in made_anew()} == {Do.CREATE}
