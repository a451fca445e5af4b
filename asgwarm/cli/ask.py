"""Ask a person, on the terminal."""

import sys
from typing import TYPE_CHECKING

from asgwarm.errors import ConfigError

if TYPE_CHECKING:
    from asgwarm.cli.invocation import Invocation


def ask(invocation: "Invocation", question: str) -> bool:
    """Return whether a person said yes.

    Raises:
        ConfigError: Nobody is there to be asked.
    """
    if not sys.stdin.isatty() or not sys.stderr.isatty():
        raise ConfigError(
            "nobody is there to confirm this, stdin or stderr is no terminal",
            hint="asgwarm up --yes",
        )
    invocation.output.prompt(f"{question} [y/N] ")
    return sys.stdin.readline().strip().lower() in ("y", "yes")
