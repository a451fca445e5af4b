"""What a front does when it takes more than itself: no agent yet, or none any more."""

import os
import sys
from collections.abc import Sequence

from asgwarm.agent import front, process
from asgwarm.cli import argv as typed
from asgwarm.cli import boundary
from asgwarm.cli.output import Output
from asgwarm.domain.escape import printable
from asgwarm.errors import AsgwarmError, SessionFailed


def run(argv: Sequence[str]) -> int | None:
    """Start the agent and let it run *argv*; None where it did not begin to.

    Raises:
        AgentDied: As `front.run`.
    """
    try:
        if not process.start(os.environ):
            return None  # it runs, and has declined
    except AsgwarmError as error:
        _output(argv).note(printable(f"warning: {error.message}"))
        return None
    return front.run(argv)


def died(argv: Sequence[str]) -> int:
    """Say that the agent ended in the middle; returns the exit code."""
    output = _output(argv)
    output.hand_over()  # the command may have been started
    error = SessionFailed("the agent ended in the middle", hint="asgwarm ls")
    return boundary.expected(error, output)


def _output(argv: Sequence[str]) -> Output:
    own, remote = typed.split(argv)
    return Output(
        sys.stdout,
        sys.stderr,
        json="--json" in own,
        remote=remote is not None,
        where=typed.where(own),
    )
