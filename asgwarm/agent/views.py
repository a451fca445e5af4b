"""The agent, to people and to programs."""

from collections.abc import Mapping
from typing import Any

from asgwarm.cli.views.words import utc
from asgwarm.domain.escape import printable

Told = Mapping[str, Any]  # as the agent answers
_TIMES = ("since", "until", "idle_until")


def document(told: Told | None) -> dict[str, object]:
    """`asgwarm.agent/v1`; `why` is null where no spare is missing."""
    if told is None:
        return {"schema": "asgwarm.agent/v1", "running": False}
    times = {name: utc(told[name]) for name in _TIMES}
    spares = [{**spare, "since": utc(spare["since"])} for spare in told["spares"]]
    return {
        "schema": "asgwarm.agent/v1",
        "running": True,
        "pid": told["pid"],
        **times,
        "served": told["served"],
        "sessions": told["running"],
        "pool": told["pool"] or None,
        "spares_wanted": told["wanted"],
        "spares": spares,
        "why": told["why"],
    }


def stopped(was_running: bool) -> dict[str, object]:
    """`asgwarm.agent-stopped/v1`."""
    return {"schema": "asgwarm.agent-stopped/v1", "was_running": was_running}


def text(told: Told) -> str:
    """All of `agent status`."""
    lines = [
        f"agent   pid {told['pid']}, since {utc(told['since'])}",
        f"until   {utc(told['until'])}; {utc(told['idle_until'])} without a get",
        f"served  {told['served']}, {told['running']} running",
    ]
    if told["wanted"]:
        spares = told["spares"]
        lines.append(f"spares  {len(spares)} of {told['wanted']} in {told['pool']}")
        lines += [f"        {s['lease_id']} ({s['instance_id']})" for s in spares]
    if told["why"]:
        lines.append(f"why     {told['why']}")
    return "\n".join(map(printable, lines)) + "\n"
