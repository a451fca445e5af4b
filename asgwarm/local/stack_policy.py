"""Stack policies: what an update may do to which resource of a stack.

Rule: a stack with a policy allows what a statement allows and none denies.

Source: CloudFormation User Guide, "Prevent updates to stack resources"; the words are
those of the stack events that users report.
"""

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

Statement = Mapping[str, Any]


def denial(policy: str, action: str, logical_id: str, kind: str) -> str:
    """Return why an action is denied, or an empty string.

    Args:
        policy: The stack's; empty where it has none.
        action: `Update:Modify`, `Update:Replace` or `Update:Delete`.
        kind: The resource's type.
    """
    if not policy:
        return ""
    resource = f"LogicalResourceId/{logical_id}"
    statements = _listed(json.loads(policy)["Statement"])
    about = {
        number: one
        for number, one in enumerate(statements, start=1)
        if _is_about(one, action, resource, kind)
    }
    for number, one in about.items():
        if one["Effect"] == "Deny":
            said = f"Statement [#{number}] does not allow [{action}]"
            return f"Action denied by stack policy: {said} for resource [{resource}]"
    return "" if about else "Action not allowed by stack policy"


def _is_about(one: Statement, action: str, resource: str, kind: str) -> bool:
    types = [
        pattern
        for test in one.get("Condition", {}).values()
        for pattern in _listed(test.get("ResourceType", []))
    ]
    return (
        _names(one, "Action", action)
        and _names(one, "Resource", resource)
        and (not types or any(fnmatchcase(kind, pattern) for pattern in types))
    )


def _names(one: Statement, what: str, value: str) -> bool:
    """Whether a statement's `Action` or `Resource`, or its `Not…`, covers a value."""
    is_not = f"Not{what}" in one
    patterns = _listed(one.get(f"Not{what}" if is_not else what, []))
    return any(fnmatchcase(value, pattern) for pattern in patterns) is not is_not


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
