"""`asgwarm agent stop`."""

from typing import TYPE_CHECKING

from asgwarm.cli.flags import NoFlags as Flags

if TYPE_CHECKING:
    from asgwarm.cli.invocation import Invocation


def run(_flags: Flags, invocation: "Invocation") -> int:
    """Release the agent's spares and end it; returns when it has ended.

    What it runs for others goes on to its end first.
    """
    from asgwarm.agent import process
    from asgwarm.agent.views import stopped

    output = invocation.output
    told = process.ask("stop", invocation.env)
    if told is not None:
        if told["running"]:
            output.note(f"waiting for the end of {told['running']} running")
        process.await_end(invocation.env)
    if output.json:
        output.document(stopped(told is not None))
    else:
        output.note("stopped" if told is not None else "no agent is running")
    return 0
