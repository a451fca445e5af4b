"""Takes a pool down so that nothing is left that costs money.

Rule 1: the order is: nothing new starts, what is idle ends, what is no member of the
group ends, the stack goes; then somebody looks for leftovers.
Rule 2: every step may be repeated, and "already gone" is success.
Rule 3: only what carries the stack's id in its `asgwarm:stack` tag is touched.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from botocore.exceptions import ClientError

from asgwarm.aws_errors import translated
from asgwarm.errors import GuardRefused, StackFailed, WaitTimeout
from asgwarm.stack.events import Events, OnEvent
from asgwarm.stack.leftovers import STACK_TAG, Leftover, Lists, instances, leftovers
from asgwarm.stack.stacks import StackView, find, watch

if TYPE_CHECKING:
    from mypy_boto3_autoscaling import AutoScalingClient
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_ec2 import EC2Client

POLL_S = 1.0
TERMINATION_S = 600.0  # an instance that takes longer to end is reported instead
MEMBERS_PER_CALL = 50  # DescribeAutoScalingInstances, API reference
INSTANCES_PER_CALL = 50  # one bad id fails the whole call; few are retried

_GONE = ("not found", "No warm pool found", "does not exist", "NotFound")


class Clients(Lists, Protocol):
    """The clients that the steps need."""

    @property
    def autoscaling(self) -> "AutoScalingClient": ...  # noqa: D102 - named by its type


def take_down(
    clients: Clients,
    stack: StackView,
    *,
    on_event: OnEvent,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Leftover]:
    """End the instances and delete the stack of a pool without live leases.

    Returns:
        What is left, to be looked at by a person; normally nothing.

    Raises:
        GuardRefused: The stack's own guard found live leases.
        StackFailed: Names the first resource that could not be deleted and why.
    """
    group = group_of(stack)
    suspend_launch(clients.autoscaling, group)
    delete_warm_pool(clients.autoscaling, group)
    empty_group(clients.autoscaling, group)
    end_outsiders(clients, stack.stack_id, sleep=sleep)
    delete_stack(clients.cloudformation, stack, on_event=on_event, sleep=sleep)
    return leftovers(clients, stack.parameters.get("Pool", ""), stack.stack_id)


def group_of(stack: StackView) -> str:
    """Name of the stack's Auto Scaling group."""
    return f"{stack.name}-pool"


def suspend_launch(client: "AutoScalingClient", group: str) -> None:
    """Let the group start nothing new, into the warm pool neither."""
    with _tolerant("autoscaling:SuspendProcesses", group):
        client.suspend_processes(
            AutoScalingGroupName=group, ScalingProcesses=["Launch"]
        )


def reopen(client: "AutoScalingClient", stack: StackView) -> None:
    """Undo what an interrupted end of the pool did to its group.

    CloudFormation sees no change in its template, so it would not.
    """
    group, said = group_of(stack), stack.parameters
    warm = int(said["Warm"])
    # Not tolerant: a group that is gone from a stack that is there will not serve.
    with translated("autoscaling:UpdateAutoScalingGroup", group):
        client.update_auto_scaling_group(
            AutoScalingGroupName=group, MaxSize=int(said["Cap"])
        )
    with translated("autoscaling:ResumeProcesses", group):
        client.resume_processes(AutoScalingGroupName=group, ScalingProcesses=["Launch"])
    with translated("autoscaling:PutWarmPool", group):
        client.put_warm_pool(
            AutoScalingGroupName=group,
            MinSize=warm,
            MaxGroupPreparedCapacity=warm,
            PoolState=said["PoolState"],  # type: ignore[arg-type]  # of the template
        )


def delete_warm_pool(client: "AutoScalingClient", group: str) -> None:
    """End the warm pool with its instances, whatever they are waiting for."""
    with _tolerant("autoscaling:DeleteWarmPool", group):
        client.delete_warm_pool(AutoScalingGroupName=group, ForceDelete=True)


def empty_group(client: "AutoScalingClient", group: str) -> None:
    """Let the group end its instances."""
    with _tolerant("autoscaling:UpdateAutoScalingGroup", group):
        client.update_auto_scaling_group(
            AutoScalingGroupName=group, MinSize=0, MaxSize=0, DesiredCapacity=0
        )


def end_outsiders(
    clients: Clients,
    stack_id: str,
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> list[str]:
    """Terminate the stack's instances that are in no group, and wait for their end.

    Detached instances belong to nobody any more: no deletion of a stack ends them,
    and they hold on to its security group and subnets.

    Returns:
        The ids of the instances that were terminated.
    """
    waited_s, ended = 0.0, []
    while outsiders := _outsiders(clients, stack_id):
        fresh = [id_ for id_, state in outsiders.items() if state != "shutting-down"]
        _terminate(clients.ec2, fresh)
        ended += [id_ for id_ in fresh if id_ not in ended]
        if waited_s > TERMINATION_S:
            raise WaitTimeout(
                f"instances do not end: {', '.join(outsiders)}",
                hint=f"aws ec2 describe-instances --instance-ids {' '.join(outsiders)}",
            )
        sleep(POLL_S)
        waited_s += POLL_S
    return ended


def delete_stack(
    client: "CloudFormationClient",
    stack: StackView,
    *,
    on_event: OnEvent,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Delete the stack and wait until it is gone.

    Raises:
        GuardRefused: The stack's own guard found live leases.
        StackFailed: Names the first resource that could not be deleted and why.
        WaitTimeout: CloudFormation was at work for more than an hour.
    """
    if find(client, stack.stack_id) is None:
        return
    events = Events(client, stack.stack_id, from_now=True)
    with translated("cloudformation:DeleteStack", stack.name):
        client.delete_stack(StackName=stack.stack_id)
    left = watch(client, events, on_event=on_event, sleep=sleep)
    if left is None or left.status == "DELETE_COMPLETE":
        return
    pool, failed = stack.parameters.get("Pool", ""), events.first_failure
    if failed is not None and failed.type == "Custom::AsgwarmGuard":
        raise GuardRefused(
            f"pool {pool} stays: {failed.reason}", hint=f"asgwarm down {pool} --force"
        )
    raise StackFailed(
        f"stack {stack.name} is {left.status}: {events.cause()}",
        hint=f"asgwarm down {pool}",
    )


def _outsiders(clients: Clients, stack_id: str) -> dict[str, str]:
    """State of each of the stack's instances that is in no group."""
    running = instances(clients.ec2, STACK_TAG, stack_id)
    ids, members = list(running), set()
    with translated("autoscaling:DescribeAutoScalingInstances", stack_id):
        for start in range(0, len(ids), MEMBERS_PER_CALL):
            answer = clients.autoscaling.describe_auto_scaling_instances(
                InstanceIds=ids[start : start + MEMBERS_PER_CALL]
            )
            members |= {one["InstanceId"] for one in answer["AutoScalingInstances"]}
    return {id_: state for id_, state in running.items() if id_ not in members}


def _terminate(client: "EC2Client", ids: list[str]) -> None:
    for start in range(0, len(ids), INSTANCES_PER_CALL):
        with _tolerant("ec2:TerminateInstances", ", ".join(ids)):
            client.terminate_instances(
                InstanceIds=ids[start : start + INSTANCES_PER_CALL]
            )


@contextmanager
def _tolerant(action: str, resource: str) -> Iterator[None]:
    """Run AWS calls for which "already gone" is success."""
    with translated(action, resource):
        try:
            yield
        except ClientError as error:
            if not any(words in str(error) for words in _GONE):
                raise
