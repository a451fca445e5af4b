"""The seam's part for stack policies: the base keeps them, here they are obeyed.

A change is judged before the resource is touched, a removal when all that stays has
been made: then CloudFormation would roll back, and so does the base.
"""

from typing import Any

from asgwarm.local import seam
from asgwarm.local.stack_policy import denial


class Denied(Exception):
    """The stack's policy does not allow it; the message is CloudFormation's."""


def obey_policies() -> None:
    """Let updates of stacks do what their policies allow, and nothing else."""
    stacks = seam.part("services.cloudformation.stacks")
    known = seam.part("services.cloudformation")._stacks
    update, outputs = stacks._update_keeping_seed, stacks._resolve_stack_outputs

    def updating(
        kind: str, physical_id: str, old: Any, new: Any, name: str, *rest: Any
    ) -> Any:
        action = "Update:Modify"
        if stacks._replacing_change(kind, old, new):
            action = "Update:Replace"
        policy = known[name].get("_stack_policy", "")
        if old != new and (why := denial(policy, action, rest[0], kind)):
            raise Denied(why)
        return update(kind, physical_id, old, new, name, *rest)

    def resolving(*given: Any) -> Any:
        *_, staying, _, _, name, stack_id = given
        stack = known.get(name, {})
        for logical_id, resource in stack.get("_resources", {}).items():
            kind = resource["ResourceType"]
            policy = stack.get("_stack_policy", "")
            if logical_id in staying:
                continue
            if why := denial(policy, "Update:Delete", logical_id, kind):
                where = (stack_id, name, logical_id, kind)
                stacks._add_event(*where, "UPDATE_FAILED", why)
                raise Denied(why)
        return outputs(*given)

    stacks._update_keeping_seed = updating
    stacks._resolve_stack_outputs = resolving
