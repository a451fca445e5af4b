"""The stack policy that keeps a pool's table from an update by mistake.

Rule: whoever has set a policy of their own keeps it; a stack without any gets ours.
"""

from typing import TYPE_CHECKING

from asgwarm.aws_errors import translated
from asgwarm.stack.template import stack_policy

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient


def protect(client: "CloudFormationClient", stack: str) -> None:
    """Give the stack of that name its policy, unless it has one."""
    with translated("cloudformation:GetStackPolicy", stack):
        found = client.get_stack_policy(StackName=stack)
    if not found.get("StackPolicyBody"):
        with translated("cloudformation:SetStackPolicy", stack):
            client.set_stack_policy(StackName=stack, StackPolicyBody=stack_policy())
