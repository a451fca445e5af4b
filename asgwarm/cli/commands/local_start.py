"""`asgwarm local start`."""

from typing import TYPE_CHECKING

from asgwarm.cli.flags import NoFlags as Flags

if TYPE_CHECKING:
    from asgwarm.cli.invocation import Invocation


def run(_flags: Flags, invocation: "Invocation") -> int:
    """Start the emulated region, and return when it answers.

    It runs in the background on 127.0.0.1 and keeps its state until it is stopped.
    """
    from asgwarm import local_region
    from asgwarm.cli.views import region

    invocation.start_local_region()
    info = local_region.running(invocation.state_dir)
    output = invocation.output
    if output.json:
        output.document(region.document(info))
    else:
        output.note(region.line(info))
        output.next("asgwarm demo")
    return 0
