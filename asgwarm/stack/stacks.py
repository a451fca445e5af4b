"""Stacks as CloudFormation describes them: found, told from others', waited for."""

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from asgwarm.aws_errors import translated
from asgwarm.domain.value import value
from asgwarm.errors import GuardRefused, WaitTimeout
from asgwarm.stack.events import Events, OnEvent
from asgwarm.stack.status import Then, then

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

Sleep = Callable[[float], None]

POLL_S = 1.0
LONGEST_S = 3_600.0  # a stack that works for longer is given up on


@value
class StackView:
    """A stack as CloudFormation describes it."""

    name: str
    stack_id: str
    status: str
    description: str
    parameters: Mapping[str, str]
    outputs: Mapping[str, str]


def find(client: "CloudFormationClient", stack: str) -> StackView | None:
    """Return the stack of that name or id, None if there is none."""
    with translated("cloudformation:DescribeStacks", stack):
        try:
            found = client.describe_stacks(StackName=stack)["Stacks"]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise
    return _view(found[0]) if found else None


def refuse_foreign(stack: StackView, pool: str) -> None:
    """Let nobody touch a stack that only happens to have the pool's name.

    Raises:
        GuardRefused: It was not made of asgwarm's template, or for another pool.
    """
    if not stack.description.startswith("asgwarm "):
        raise GuardRefused(
            f"stack {stack.name} is there and is none of asgwarm's",
            hint=f"aws cloudformation describe-stacks --stack-name {stack.name}",
        )
    if stack.parameters.get("Pool") != pool:
        raise GuardRefused(
            f"stack {stack.name} belongs to pool {stack.parameters.get('Pool')!r}",
            hint=f"asgwarm status {stack.parameters.get('Pool')}",
        )


def watch(
    client: "CloudFormationClient",
    events: Events,
    *,
    on_event: OnEvent,
    sleep: Sleep = time.sleep,
) -> StackView | None:
    """Return the stack once nobody is at work on it; tell its events meanwhile.

    Raises:
        WaitTimeout: CloudFormation was at work for more than an hour.
    """
    waited_s = 0.0
    while waited_s <= LONGEST_S:
        stack = find(client, events.stack_id)
        events.tell(on_event)
        if stack is None or then(stack.status) is not Then.WAIT:
            return stack
        sleep(POLL_S)
        waited_s += POLL_S
    raise WaitTimeout(
        f"stack {events.stack_id} is still at work after {LONGEST_S:.0f} s",
        hint=f"aws cloudformation describe-stack-events --stack-name {events.stack_id}",
    )


def at_rest(
    client: "CloudFormationClient",
    stack: StackView,
    *,
    on_event: OnEvent,
    sleep: Sleep = time.sleep,
) -> StackView | None:
    """Return the stack once nobody is at work on it; None if it was deleted."""
    if then(stack.status) is not Then.WAIT:
        return stack
    events = Events(client, stack.stack_id, from_now=True)
    left = watch(client, events, on_event=on_event, sleep=sleep)
    return None if left and left.status == "DELETE_COMPLETE" else left


def _view(stack: Any) -> StackView:
    return StackView(
        name=stack["StackName"],
        stack_id=stack["StackId"],
        status=stack["StackStatus"],
        description=stack.get("Description", ""),
        parameters={
            parameter["ParameterKey"]: parameter.get("ParameterValue", "")
            for parameter in stack.get("Parameters", [])
        },
        outputs={
            output["OutputKey"]: output["OutputValue"]
            for output in stack.get("Outputs", [])
        },
    )
