"""`asgwarm local stop`."""

from typing import TYPE_CHECKING

from asgwarm.cli.flags import NoFlags as Flags

if TYPE_CHECKING:
    from asgwarm.cli.invocation import Invocation


def run(_flags: Flags, invocation: "Invocation") -> int:
    """Stop the emulated region and every process that it started."""
    from asgwarm import local_region
    from asgwarm.cli.views import region

    stopped = local_region.stop(local_region.folder(invocation.state_dir))
    output = invocation.output
    if output.json:
        output.document(region.none())
    else:
        output.note("stopped" if stopped else "the local region was not running")
    return 0
