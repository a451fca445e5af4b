"""Rows as histories are read from, told by what happened when."""

from typing import Any

USER = "ada@lab:1"


def row(instance_id: str, *lines: tuple[Any, ...], **more: Any) -> dict[str, Any]:
    """A row whose history has these lines: time, edge, and perhaps why and by whom."""
    told = []
    for at, edge, *rest in lines:
        why, actor = [*rest, "", ""][:2]
        actor = actor or (USER if edge in ("claim", "release") else "function")
        told.append(f"{at} {edge} {actor} {why}")
    return {"sk": f"I#{instance_id}", "history": tuple(told), **more}
