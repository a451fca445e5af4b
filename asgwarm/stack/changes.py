"""What an update would change in a stack, as CloudFormation itself says.

Rule 1: nothing stays. A change set is made, read and deleted again, whatever ends us;
only a process that is killed outright leaves one, which changes nothing, and which the
next plan deletes. A pool that does not exist gets none, because its stack would stay.
Rule 2: what CloudFormation calls possible and we know to be none is left out: a
resource listed only because it names another one that keeps its identity.
"""

import re
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from asgwarm.aws_errors import translated
from asgwarm.clock import now_s
from asgwarm.domain.value import value
from asgwarm.errors import StackFailed, WaitTimeout
from asgwarm.stack.begin import entries, refusal
from asgwarm.stack.options import PoolOptions
from asgwarm.stack.stacks import Sleep, StackView
from asgwarm.stack.template import parameters, template_text

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

PREFIX = "asgwarm-plan-"  # of a change set's name
POLL_S = 1.0
LONGEST_S = 300.0  # CloudFormation takes seconds
FORGOTTEN_S = 3_600  # a change set of ours that nobody reads any more
TRIES = 30  # one that is still being made cannot be deleted yet
# Attributes that are another value after an update of the same resource.
_MOVING = ("LatestVersionNumber",)
_UNCHANGED = ("didn't contain changes", "No updates are to be performed")


class Do(StrEnum):
    """What happens to a resource."""

    CREATE = "create"
    CHANGE = "change"
    PERHAPS = "perhaps replace"  # CloudFormation knows when it does it
    REPLACE = "replace"
    REMOVE = "remove"


@value
class Change:
    """One resource that will not be as it is.

    Attributes:
        properties: Names of what changes in it; none where all of it does.
    """

    do: Do
    logical_id: str
    type: str
    properties: tuple[str, ...] = ()


def made_anew() -> list[Change]:
    """Everything that a new pool's stack makes, by the template's own text.

    What a condition of the template adds is left out.
    """
    body = template_text().partition("\nResources:\n")[2].partition("\nOutputs:")[0]
    found = re.findall(
        r"^ (\w+):\n  Type: (\S+)$(?!\n  Condition:)", body, re.MULTILINE
    )
    return [Change(do=Do.CREATE, logical_id=name, type=kind) for name, kind in found]


def changes_of(
    client: "CloudFormationClient",
    stack: StackView,
    options: PoolOptions,
    *,
    sleep: Sleep = time.sleep,
) -> list[Change]:
    """Return what an update to *options* would change; nothing when nothing would.

    Raises:
        Outrun: Somebody else works on the stack.
        StackFailed: CloudFormation would refuse the update; says why.
        WaitTimeout: CloudFormation took more than five minutes.
    """
    _sweep(client, stack)
    name = f"{PREFIX}{secrets.token_hex(8)}"
    which: Any = {"StackName": stack.name, "ChangeSetName": name}
    with (
        _deleted_after(client, which, sleep),
        translated("cloudformation:CreateChangeSet", stack.name),
    ):
        try:
            client.create_change_set(
                **which,
                ChangeSetType="UPDATE",
                TemplateBody=template_text(),
                Parameters=entries(stack, parameters(options)),
                Capabilities=["CAPABILITY_IAM"],
            )
        except ClientError as error:
            raise refusal(error, options.pool) from error
        return _told(_read(client, which, options.pool, sleep))


def _read(
    client: "CloudFormationClient", which: Any, pool: str, sleep: Sleep
) -> list[Any]:
    """The resource changes of a change set, once it is made."""
    waited_s = 0.0
    with translated("cloudformation:DescribeChangeSet", which["StackName"]):
        while True:
            answer = client.describe_change_set(**which)
            if answer["Status"] not in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
                break
            if waited_s > LONGEST_S:
                raise WaitTimeout(
                    f"CloudFormation has not compared stack {which['StackName']} "
                    f"after {waited_s:.0f} s",
                    hint=f"asgwarm up {pool} --plan",
                )
            sleep(POLL_S)
            waited_s += POLL_S
        if answer["Status"] == "FAILED":
            return _none_or_refused(answer.get("StatusReason", ""), pool, which)
        found = list(answer["Changes"])
        while token := answer.get("NextToken"):
            answer = client.describe_change_set(**which, NextToken=token)
            found += answer["Changes"]
    return [one["ResourceChange"] for one in found if "ResourceChange" in one]


def _none_or_refused(reason: str, pool: str, which: Any) -> list[Any]:
    if any(words in reason for words in _UNCHANGED):
        return []
    why = " ".join(reason.split())
    raise StackFailed(
        f"CloudFormation refuses stack {which['StackName']}: {why}",
        hint=f"asgwarm up {pool} --help",
    )


@contextmanager
def _deleted_after(
    client: "CloudFormationClient", which: Any, sleep: Sleep
) -> Iterator[None]:
    """Delete the change set after the block, also one whose making was cut short."""
    try:
        yield
    finally:
        with translated("cloudformation:DeleteChangeSet", which["StackName"]):
            for _ in range(TRIES):
                if _delete(client, which):
                    break
                sleep(POLL_S)


def _delete(client: "CloudFormationClient", which: Any) -> bool:
    """Delete a change set; False where it is too early. One that is not there is."""
    try:
        client.delete_change_set(**which)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "InvalidChangeSetStatus":
            return False
        if code != "ChangeSetNotFound" and "does not exist" not in str(error):
            raise
    return True


def _sweep(client: "CloudFormationClient", stack: StackView) -> None:
    """Delete what a plan left that was killed."""
    with translated("cloudformation:ListChangeSets", stack.name):
        pages = client.get_paginator("list_change_sets")
        found = [
            one
            for page in pages.paginate(StackName=stack.name)
            for one in page["Summaries"]
            if one["ChangeSetName"].startswith(PREFIX)
        ]
    for one in found:
        if now_s() - one["CreationTime"].timestamp() > FORGOTTEN_S:
            _delete(
                client,
                {"StackName": stack.name, "ChangeSetName": one["ChangeSetName"]},
            )


def _told(found: list[Any]) -> list[Change]:
    """The changes that are real, in CloudFormation's order."""
    by_id = {one["LogicalResourceId"]: one for one in found}
    told = []
    for one in found:
        real = [each for each in one.get("Details", []) if _is_real(each, by_id)]
        if one["Action"] == "Modify" and not real:
            continue
        names = (each["Target"].get("Name") for each in real)
        told.append(
            Change(
                do=_do(one, by_id),
                logical_id=one["LogicalResourceId"],
                type=one["ResourceType"],
                properties=tuple(dict.fromkeys(filter(None, names))),
            )
        )
    return told


def _is_real(detail: Mapping[str, Any], by_id: Mapping[str, Any]) -> bool:
    """Whether a property will be another one, and does not only name what changes."""
    source = detail.get("ChangeSource")
    if source not in ("ResourceReference", "ResourceAttribute"):
        return source != "NoModification"
    cause, _, attribute = detail.get("CausingEntity", "").partition(".")
    changed = by_id.get(cause)
    if changed is None or _do(changed, by_id) in (Do.REPLACE, Do.CREATE):
        return True
    touched = any(_is_real(each, by_id) for each in changed.get("Details", []))
    return touched and attribute in _MOVING


def _do(one: Mapping[str, Any], by_id: Mapping[str, Any]) -> Do:
    if one["Action"] in ("Add", "Import"):
        return Do.CREATE
    if one["Action"] == "Remove":
        return Do.REMOVE
    recreation = {
        each["Target"].get("RequiresRecreation", "Never")
        for each in one.get("Details", [])
        if _is_real(each, by_id)
    }
    if one.get("Replacement") == "True" and "Always" in recreation:
        return Do.REPLACE
    # Our own resource keeps its id, whatever CloudFormation thinks possible.
    ours = one["ResourceType"].startswith("Custom::Asgwarm")
    if one.get("Replacement") != "False" and recreation != {"Never"} and not ours:
        return Do.PERHAPS
    return Do.CHANGE
