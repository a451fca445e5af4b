"""What a run of the command line has around it: streams, folder, how it makes things.

Rule: nothing of this room reaches for the process's own streams or working directory;
a command line may be run for another process.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from asgwarm.domain.value import value


@value
class Around:
    """The surroundings of one run.

    Attributes:
        cwd: Returns the working directory; may raise OSError.
        invoke: Makes the run's `Invocation`, with that class's arguments; None is
            the class itself.
    """

    out: TextIO
    err: TextIO
    cwd: Callable[[], Path]
    invoke: Callable[..., Any] | None = None


def own() -> Around:
    """What this process has around it."""
    return Around(out=sys.stdout, err=sys.stderr, cwd=Path.cwd)
