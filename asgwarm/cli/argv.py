"""What was typed, split into command, its arguments, and the remote command.

Rule 1: the first `--` ends our own words before anything is understood; what comes
after it is the remote command and is never read as an option of ours.
Rule 2: the common options may stand before the command's name; they are moved
behind it, where the command's own parser finds them.
"""

from collections.abc import Collection, Sequence

from asgwarm.domain.value import value
from asgwarm.errors import ConfigError

SWITCHES = ("--json", "--local", "--debug", "--version", "--help", "-h")
WITH_VALUE = ("--region", "--profile")


@value
class Words:
    """A command line, taken apart. `remote` is None without a `--`."""

    command: str  # "get", "local start"; empty when none was named
    args: tuple[str, ...]
    remote: tuple[str, ...] | None

    @property
    def json(self) -> bool:
        """Whether JSON was asked for, known even when parsing fails later."""
        return "--json" in self.args

    @property
    def debug(self) -> bool:
        """Whether a traceback was asked for."""
        return "--debug" in self.args


def where(own: Sequence[str]) -> str:
    """The options among our own words that reach the same place again."""
    if "--local" in own:
        return " --local"
    said = ""
    for option in WITH_VALUE:
        for at, word in enumerate(own):
            if word == option and at + 1 < len(own):
                said += f" {option} {own[at + 1]}"
            elif word.startswith(f"{option}="):
                said += f" {word}"
    return said


def split(argv: Sequence[str]) -> tuple[list[str], tuple[str, ...] | None]:
    """Return our own words and the remote command (None without a `--`)."""
    if "--" not in argv:
        return list(argv), None
    at = list(argv).index("--")
    return list(argv[:at]), tuple(argv[at + 1 :])


def take_apart(argv: Sequence[str], groups: Collection[str]) -> Words:
    """Return the words of a command line.

    Args:
        groups: Names that need a second one, such as `local` in `local start`.

    Raises:
        ConfigError: An unknown option stands before the command's name, one that
            needs a value has none, or `--` is the last word.
    """
    own, remote = split(argv)
    if remote == ():
        raise ConfigError("nothing to run after --", hint="asgwarm get -- uname -a")
    name: list[str] = []
    moved: list[str] = []
    rest = list(own)
    while rest and (not name or name[-1] in groups) and len(name) < 2:
        word = rest.pop(0)
        if not word.startswith("-"):
            name.append(word)
            continue
        moved.append(word)
        if word in WITH_VALUE:
            moved.append(_value_of(word, rest))
        elif word not in SWITCHES and word.partition("=")[0] not in WITH_VALUE:
            raise ConfigError(
                f"no such option before the command's name: {word}",
                hint="asgwarm --help",
            )
    return Words(command=" ".join(name), args=(*moved, *rest), remote=remote)


def _value_of(option: str, rest: list[str]) -> str:
    if not rest:
        raise ConfigError(f"option {option} needs a value", hint="asgwarm --help")
    return rest.pop(0)
