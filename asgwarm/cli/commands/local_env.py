"""`asgwarm local env`."""

from typing import TYPE_CHECKING

from asgwarm.cli.flags import NoFlags as Flags

if TYPE_CHECKING:
    from asgwarm.cli.invocation import Invocation


def run(_flags: Flags, invocation: "Invocation") -> int:
    """Print shell lines that point any AWS client at the emulated region.

    Use them as `eval "$(asgwarm local env)"`.
    """
    from asgwarm import local_region
    from asgwarm.cli.views import region

    info = local_region.running(invocation.state_dir)
    output = invocation.output
    if output.json:
        output.document(region.environment_document(info))
    else:
        output.data(region.shell_lines(info))
    return 0
