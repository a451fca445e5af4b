"""What `get` and `connect` do with a session, as it is typed and as it is meant.

Rule: whatever is wrong with it is found before an instance is claimed.
"""

import os
from typing import TYPE_CHECKING, Annotated

from asgwarm.cli.options import option
from asgwarm.domain.value import value
from asgwarm.errors import ConfigError

if TYPE_CHECKING:
    from asgwarm.cli.invocation import Invocation
    from asgwarm.domain.forwards import Forward


@value
class Entering:
    """The options of both."""

    local_forward: Annotated[
        list[str] | None,
        option(
            "-L",
            metavar="SPEC",
            help="[bind:]port:host:port, a port here that leads there. Repeatable.",
        ),
    ] = None
    remote_forward: Annotated[
        list[str] | None,
        option(
            "-R",
            metavar="SPEC",
            help="[bind:]port:host:port, a port there that leads here. Repeatable.",
        ),
    ] = None
    socks: Annotated[
        list[str] | None,
        option(
            "-D",
            metavar="SPEC",
            help="[bind:]port, a SOCKS proxy here, out from there. Repeatable.",
        ),
    ] = None
    forwards_only: Annotated[
        bool, option("-N", help="No shell: forward until Ctrl-C.")
    ] = False
    forward_agent: Annotated[
        bool, option("-A", help="Let the instance use your SSH agent meanwhile.")
    ] = False
    tmux: Annotated[
        bool,
        option("--tmux", help="A shell in tmux, which `connect --tmux` finds again."),
    ] = False


@value
class Entry:
    """What is done inside.

    Attributes:
        agent: The socket of the user's SSH agent, if the instance may use it.
    """

    forwards: "tuple[Forward, ...]" = ()
    forwards_only: bool = False
    agent: str = ""
    tmux: bool = False


def entry_of(flags: Entering, invocation: "Invocation") -> Entry:
    """Return what *flags* mean.

    Raises:
        ConfigError: They contradict each other or what is there: a port is in use,
            there is no agent, no terminal.
    """
    _check(flags, invocation)
    return Entry(
        forwards=_forwards(flags),
        forwards_only=flags.forwards_only,
        agent=_agent(invocation) if flags.forward_agent else "",
        tmux=flags.tmux,
    )


def _check(flags: Entering, invocation: "Invocation") -> None:
    has_command = invocation.remote is not None
    if flags.forwards_only and (has_command or flags.tmux):
        raise ConfigError("-N runs nothing", hint="asgwarm get -N -L 8080:localhost:80")
    if not flags.tmux:
        return
    if has_command:
        raise ConfigError("--tmux is for a shell", hint="asgwarm get --tmux")
    if not os.isatty(invocation.streams.stdin):
        raise ConfigError("--tmux needs a terminal", hint="asgwarm get --tmux")


def _forwards(flags: Entering) -> "tuple[Forward, ...]":
    typed = (flags.local_forward, flags.remote_forward, flags.socks)
    if not any(typed):
        return ()  # and nothing that knows of them is loaded
    from asgwarm.connect.ports import check_free
    from asgwarm.domain.forwards import forwards

    wanted = forwards(*(specs or () for specs in typed))
    check_free(wanted)
    return wanted


def _agent(invocation: "Invocation") -> str:
    from asgwarm.connect.agent_forwarding import agent_of

    return agent_of(invocation.env)
