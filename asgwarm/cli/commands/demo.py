"""`asgwarm demo`."""

from typing import TYPE_CHECKING

from asgwarm.cli.flags import NoFlags as Flags

if TYPE_CHECKING:
    from asgwarm.cli.invocation import Invocation


def run(_flags: Flags, invocation: "Invocation") -> int:
    """Take the whole tour on this computer, without an AWS account.

    Starts an emulated region of its own, creates a pool, claims instances over real
    SSH, shows the refill from the warm pool, deletes everything again, and says how
    long each phase took.
    """
    from asgwarm.cli.tour import Tour, private_region
    from asgwarm.cli.views.demo import INTRODUCTION, Stage

    show = Stage(invocation.output)
    show.lines(*INTRODUCTION, "")
    with private_region(invocation.state_dir, show) as region:
        Tour(region, show).walk()
    return 0
