"""`asgwarm local reset`."""

from typing import TYPE_CHECKING

from asgwarm.cli.flags import NoFlags as Flags

if TYPE_CHECKING:
    from asgwarm.cli.invocation import Invocation


def run(_flags: Flags, invocation: "Invocation") -> int:
    """Forget everything in the emulated region: pools, instances, keys.

    The region is stopped; the next start begins with nothing.
    """
    from asgwarm import local_region
    from asgwarm.cli.views import region

    local_region.reset(local_region.folder(invocation.state_dir))
    output = invocation.output
    if output.json:
        output.document(region.none())
    else:
        output.note("nothing is left of the local region")
        output.next("asgwarm local start")
    return 0
