"""The line that an instance's shell gets, with a folder and variables around it.

Rule 1: sshd takes no variables that it was not told to (AcceptEnv), so the shell sets
them itself.
Rule 2: their values may be secret. They are the first bytes of the command's input, so
that neither a list of processes nor a log on either side shows them.
"""

import re
import shlex
from collections.abc import Mapping, Sequence
from os import PathLike, fspath

from asgwarm.connect.session import quote_command
from asgwarm.domain.value import value
from asgwarm.errors import ConfigError

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@value
class CommandLine:
    """What the shell gets, and what it reads before the command does."""

    line: bytes
    first_input: bytes


def command_line(
    command: str | Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: "str | PathLike[str] | None",
) -> CommandLine:
    """Return the line for *command*: a line of shell, or words that stay words.

    Raises:
        ConfigError: There is no command, or a variable that no shell can set.
    """
    line = command if isinstance(command, str) else shlex.join(command)
    line = quote_command([line])
    if cwd is not None:
        line = f"cd -- {shlex.quote(fspath(cwd))} || exit\n{line}"
    exports = "".join(_export(name, text) for name, text in env.items()).encode(
        "utf-8", "surrogateescape"
    )
    if exports:
        # head reads as many bytes as it is told to and no more; the rest is the
        # command's own input.
        line = f'eval "$(head -c {len(exports)})"\n{line}'
    # File names that are not UTF-8 arrive as they are.
    return CommandLine(
        line=line.encode("utf-8", "surrogateescape"), first_input=exports
    )


def _export(name: str, text: str) -> str:
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"{name!r} is no name of a variable: A-Z, a-z, 0-9 and _, no digit first",
            hint="env={'CI': '1'}",
        )
    if "\0" in text:
        raise ConfigError(
            f"the value of {name} has a NUL byte, which no variable can",
            hint="env={'CI': '1'}",
        )
    return f"export {name}={shlex.quote(text)}\n"
