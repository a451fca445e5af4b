"""`asgwarm agent status`."""

from typing import TYPE_CHECKING

from asgwarm.cli.flags import NoFlags as Flags

if TYPE_CHECKING:
    from asgwarm.cli.invocation import Invocation


def run(_flags: Flags, invocation: "Invocation") -> int:
    """Show what the agent does, until when, and why a spare is missing."""
    from asgwarm.agent import process
    from asgwarm.agent.views import document, text

    output = invocation.output
    told = process.ask("status", invocation.env)
    if output.json:
        output.document(document(told))
    elif told is None:
        output.note("no agent is running")
        output.next("asgwarm agent start")
    else:
        output.data(text(told))
    return 0
