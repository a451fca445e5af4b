"""Ask a person, on the terminal.

Rule: whether anybody can be asked is found out before anything else is done.
"""

import sys
from typing import TYPE_CHECKING

from asgwarm.errors import ConfigError

if TYPE_CHECKING:
    from asgwarm.cli.invocation import Invocation


def check_somebody_is_there(invocation: "Invocation", *, yes: str) -> None:
    """Make sure that a question would be seen and could be answered.

    Args:
        yes: The command that needs no answer, for the hint.

    Raises:
        ConfigError: Nobody is there to be asked.
    """
    if invocation.output.json:
        raise ConfigError("with --json nobody is asked to confirm this", hint=yes)
    if not sys.stdin.isatty() or not sys.stderr.isatty():
        raise ConfigError(
            "nobody is there to confirm this, stdin or stderr is no terminal", hint=yes
        )


def ask(invocation: "Invocation", question: str) -> bool:
    """Return whether a person said yes."""
    invocation.output.prompt(f"{question} [y/N] ")
    return sys.stdin.readline().strip().lower() in ("y", "yes")
