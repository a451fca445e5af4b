"""`asgwarm bench`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from asgwarm.cli.flags import PoolArgument
from asgwarm.cli.options import option
from asgwarm.domain.value import value

if TYPE_CHECKING:
    from asgwarm.cli.invocation import Invocation


@value
class Flags:
    """What `bench` accepts."""

    pool: PoolArgument = ""
    n: Annotated[
        int, option("-n", metavar="N", help="How often; warm and cold 5 times at most.")
    ] = 20
    compare: Annotated[
        str,
        option(
            metavar="WAYS",
            help="With commas: agent, spare, warm, cold, tags, simple-eic.",
        ),
    ] = ""
    plot: Annotated[
        Path | None, option(metavar="FILE", help="Write a picture of it, as SVG.")
    ] = None
    yes: Annotated[bool, option("--yes", "-y", help="Do not ask.")] = False


def run(flags: Flags, invocation: "Invocation") -> int:
    """Measure how long `get` takes on a pool of yours, beside other ways in.

    Every time is one from starting the command to the first byte of what runs on the
    instance. It uses instances up, and shows how many and the price before it asks.
    With warm and cold it says whether the warm pool pays on your image.
    """
    from asgwarm.cli.benching import bench

    return bench(flags, invocation)
