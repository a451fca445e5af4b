"""The seam's part for the deletion of stacks: what a refusing resource needs stays.

CloudFormation deletes nothing that another resource still depends on. The base goes on
past a resource that refuses, and so would delete the table of a pool that is in use.
"""

from typing import Any

from asgwarm.local import seam


class StillNeeded(Exception):
    """A resource stays because another one does."""


def keep_what_is_needed() -> None:
    """Let the base keep whatever a resource that it could not delete depends on."""
    stacks = seam.part("services.cloudformation.stacks")
    known = seam.part("services.cloudformation")._stacks
    delete = stacks._delete_resource
    refused: dict[str, set[str]] = {}

    def deleting(
        kind: str, physical_id: str, given: dict[str, Any], name: str, logical_id: str
    ) -> Any:
        stack = known[name]
        refusing = refused.setdefault(stack["StackId"], set())
        refusing.discard(logical_id)
        template = (stack.get("_template") or {}).get("Resources", {})
        present = set(stack.get("_resources", {}))
        if logical_id in stacks._with_dependencies(refusing, template, present):
            raise StillNeeded(f"{', '.join(sorted(refusing))} still depends on it")
        try:
            return delete(kind, physical_id, given, name, logical_id)
        except Exception:
            refusing.add(logical_id)
            raise

    stacks._delete_resource = deleting
