"""Makes a pool's stack what somebody asked for: create or update, watched to its end.

Rule 1: everything that a pool owns is in its one stack, so the same call again
converges after any interruption.
Rule 2: what stands before it, and what a refusal means, is in `begin`.
Rule 3: a stack that is as it should be has a policy that protects its table.
"""

import secrets
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from asgwarm.aws_errors import translated
from asgwarm.domain.names import stack_name
from asgwarm.domain.value import value
from asgwarm.errors import StackFailed, WaitTimeout
from asgwarm.stack.begin import TURNS, Outrun, entries, refusal, updatable
from asgwarm.stack.events import Events, OnEvent
from asgwarm.stack.options import PoolOptions
from asgwarm.stack.protection import protect
from asgwarm.stack.stacks import Sleep, StackView, watch
from asgwarm.stack.status import Then, remedy, then
from asgwarm.stack.template import parameters, template_text

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient


@value
class StackResult:
    """A stack that is as it was asked for."""

    name: str
    stack_id: str
    outputs: Mapping[str, str]
    changed: bool  # False: it had been so already


class _Unchanged(Exception):
    """The stack is as it was asked for."""

    def __init__(self, stack: StackView) -> None:
        super().__init__(stack.name)
        self.stack = stack


def deploy(
    client: "CloudFormationClient",
    options: PoolOptions,
    *,
    downgrade: bool = False,
    on_event: OnEvent,
    sleep: Sleep = time.sleep,
) -> StackResult:
    """Create or update the pool's stack and wait until it is done.

    Args:
        downgrade: Whether a newer asgwarm's stack may be taken back to this one's.
        on_event: Called with each thing that happens to the stack meanwhile.

    Raises:
        StackFailed: Names the first resource that failed and why, or what a person
            has to do first.
        GuardRefused: A stack of that name is not this pool's, or a newer asgwarm's.
        WaitTimeout: CloudFormation was at work for more than an hour.
    """
    for _ in range(TURNS):
        stack = updatable(
            client, options.pool, downgrade=downgrade, on_event=on_event, sleep=sleep
        )
        try:
            events = _begin(client, stack, options)
        except Outrun:
            continue
        except _Unchanged as unchanged:
            return _result(client, unchanged.stack, changed=False)
        left = watch(client, events, on_event=on_event, sleep=sleep)
        done = _succeeded(left, events, options.pool)
        return _result(client, done, changed=True)
    raise WaitTimeout(
        f"others keep working on stack {stack_name(options.pool)}",
        hint=f"asgwarm status {options.pool}",
    )


def _begin(
    client: "CloudFormationClient", stack: StackView | None, options: PoolOptions
) -> Events:
    if stack is None:
        return _create(client, options)
    return _update(client, stack, options)


def _create(client: "CloudFormationClient", options: PoolOptions) -> Events:
    options.filled()  # what was said must fit the defaults
    name = stack_name(options.pool)
    with translated("cloudformation:CreateStack", name):
        try:
            answer = client.create_stack(
                StackName=name,
                TemplateBody=template_text(),
                Parameters=[
                    {"ParameterKey": key, "ParameterValue": value}
                    for key, value in parameters(options).items()
                ],
                Capabilities=["CAPABILITY_IAM"],
                ClientRequestToken=_token(),
            )
        except ClientError as error:
            raise refusal(error, options.pool) from error
    return Events(client, answer["StackId"], from_now=False)


def _update(
    client: "CloudFormationClient", stack: StackView, options: PoolOptions
) -> Events:
    options.filled(stack.parameters)
    events = Events(client, stack.stack_id, from_now=True)
    with translated("cloudformation:UpdateStack", stack.name):
        try:
            client.update_stack(
                StackName=stack.name,
                TemplateBody=template_text(),
                Parameters=entries(stack, parameters(options)),
                Capabilities=["CAPABILITY_IAM"],
                ClientRequestToken=_token(),
            )
        except ClientError as error:
            if "No updates are to be performed" in str(error):
                raise _Unchanged(stack) from error
            raise refusal(error, options.pool) from error
    return events


def _token() -> str:
    return f"asgwarm-{secrets.token_hex(16)}"


def _succeeded(stack: StackView | None, events: Events, pool: str) -> StackView:
    if stack is None:
        raise StackFailed(
            f"stack {stack_name(pool)} was deleted meanwhile", hint=f"asgwarm up {pool}"
        )
    if stack.status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        return stack
    command = f"asgwarm up {pool}"
    if then(stack.status) is Then.STOP:
        _, command = remedy(stack.status, pool=pool, stack=stack.name)
    raise StackFailed(
        f"stack {stack.name} is {stack.status}: {events.cause()}", hint=command
    )


def _result(
    client: "CloudFormationClient", stack: StackView, *, changed: bool
) -> StackResult:
    protect(client, stack.name)
    return StackResult(
        name=stack.name,
        stack_id=stack.stack_id,
        outputs=stack.outputs,
        changed=changed,
    )
