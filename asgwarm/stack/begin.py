"""What stands before any work on a pool's stack: is it ours, at rest, and not newer?

Rule 1: whoever else is at work on the stack is waited for, never raced.
Rule 2: a stack in a status that a person has to mend is named with the one command.
Rule 3: a pool that a newer asgwarm has deployed is not taken back to an older
template unasked.
Rule 4: a parameter that was not given keeps its value.
"""

import re
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from asgwarm import __version__
from asgwarm.domain.names import stack_name
from asgwarm.errors import GuardRefused, StackFailed
from asgwarm.stack.events import OnEvent
from asgwarm.stack.options import DEFAULTS
from asgwarm.stack.stacks import Sleep, StackView, at_rest, find, refuse_foreign
from asgwarm.stack.status import Then, remedy, then

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef

TURNS = 5  # how often somebody else may get in between
POLL_S = 1.0
# How long a new stack is only proposed while `aws cloudformation deploy` makes it.
PROPOSED_S = 30.0


class Outrun(Exception):
    """Somebody else began to work on the stack first."""


def updatable(
    client: "CloudFormationClient",
    pool: str,
    *,
    downgrade: bool = False,
    on_event: OnEvent,
    sleep: Sleep = time.sleep,
) -> StackView | None:
    """Return the pool's stack, ready for an update; None if it has to be created.

    Args:
        downgrade: Whether a newer asgwarm's stack may be taken back to this one's.

    Raises:
        StackFailed: Somebody has to do something first; says what.
        GuardRefused: The stack is not this pool's, or a newer asgwarm's.
        WaitTimeout: CloudFormation was at work for more than an hour.
    """
    name = stack_name(pool)
    stack = decided(client, name, sleep=sleep)
    if stack is None:
        return None
    refuse_unmade(stack, pool)
    refuse_foreign(stack, pool)
    stack = at_rest(client, stack, on_event=on_event, sleep=sleep)
    if stack is None or then(stack.status) is Then.CREATE:
        return None
    if then(stack.status) is Then.STOP:
        raise stopped(stack, pool)
    if not downgrade:
        refuse_newer(stack, pool)
    return stack


def decided(
    client: "CloudFormationClient", name: str, *, sleep: Sleep = time.sleep
) -> StackView | None:
    """Return a stack, None if there is none; one that is proposed gets some time.

    Somebody else's deployment of the same pool may be between its two steps.
    """
    stack, waited_s = find(client, name), 0.0
    while stack and stack.status == "REVIEW_IN_PROGRESS" and waited_s < PROPOSED_S:
        sleep(POLL_S)
        waited_s += POLL_S
        stack = find(client, name)
    return stack


def refuse_unmade(stack: StackView, pool: str) -> None:
    """Leave a stack alone of which there is a proposal only: nobody knows whose.

    Raises:
        StackFailed: It waits for a decision.
    """
    if stack.status == "REVIEW_IN_PROGRESS":  # it has neither description nor parts
        raise stopped(stack, pool)


def stopped(stack: StackView, pool: str) -> StackFailed:
    """The error of a stack that a person has to mend first."""
    meaning, command = remedy(stack.status, pool=pool, stack=stack.name)
    return StackFailed(f"stack {stack.name}: {meaning} ({stack.status})", hint=command)


def refuse_newer(stack: StackView, pool: str, *, ours: str = __version__) -> None:
    """Let an older command line not take a pool back by accident.

    Raises:
        GuardRefused: A newer asgwarm has deployed it.
    """
    theirs = stack.outputs.get("Version", "")
    if _parts(theirs) > _parts(ours):
        raise GuardRefused(
            f"pool {pool!r} was deployed by asgwarm {theirs}, and this is {ours}: "
            "an update would take it back",
            hint=f"asgwarm up {pool} --force-downgrade",
        )


def _parts(version: str) -> tuple[int, ...]:
    """The numbers of a version; none where it is not made of numbers."""
    found = re.match(r"\d+(\.\d+)*", version)
    return tuple(map(int, found[0].split("."))) if found else ()


def entries(stack: StackView, said: Mapping[str, str]) -> "list[ParameterTypeDef]":
    """The parameters of an update: what was said, and the rest as it is."""
    kept = [name for name in DEFAULTS if name in stack.parameters and name not in said]
    changes: list[ParameterTypeDef] = [
        {"ParameterKey": name, "UsePreviousValue": True} for name in kept
    ]
    return changes + [
        {"ParameterKey": name, "ParameterValue": text} for name, text in said.items()
    ]


def refusal(error: ClientError, pool: str) -> Exception:
    """What it means that CloudFormation did not begin."""
    said = error.response.get("Error", {})
    code, message = said.get("Code", ""), " ".join(said.get("Message", "").split())
    if code in ("AlreadyExistsException", "OperationInProgressException"):
        return Outrun()
    gone = message.startswith("Stack") and "does not exist" in message
    if gone or "_IN_PROGRESS state" in message:
        return Outrun()
    if code == "ValidationError":
        return StackFailed(
            f"CloudFormation refuses stack {stack_name(pool)}: {message}",
            hint="asgwarm up --help",
        )
    return ClientError(error.response, error.operation_name)
