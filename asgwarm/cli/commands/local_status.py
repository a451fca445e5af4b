"""`asgwarm local status`."""

from typing import TYPE_CHECKING

from asgwarm.cli.flags import NoFlags as Flags

if TYPE_CHECKING:
    from asgwarm.cli.invocation import Invocation


def run(_flags: Flags, invocation: "Invocation") -> int:
    """Show the running region, and what it accepts without enforcing."""
    from asgwarm import local_region
    from asgwarm.cli.views import region

    info = local_region.running(invocation.state_dir)
    state = local_region.state(info)
    output = invocation.output
    if output.json:
        output.document(region.document(info, state))
    else:
        output.data(region.text(info, state))
    return 0
