"""The user's own SSH agent, for what runs on the instance.

Whoever is root there can use the keys of a forwarded agent, so it is forwarded only
when asked for, and to a session rather than with the connection.

Rule: asyncssh knows one agent for a whole connection, from its options. A connection
that was opened before anybody asked gets its agent here, through one attribute that is
not public; where there is none of that name, nothing is forwarded silently.
"""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from asgwarm.errors import ConfigError

if TYPE_CHECKING:
    import asyncssh

_PATH = "_agent_forward_path"


def agent_of(env: Mapping[str, str]) -> str:
    """Return the path of the socket of the user's agent.

    Raises:
        ConfigError: There is none.
    """
    path = env.get("SSH_AUTH_SOCK", "")
    if not path:
        raise _missing("SSH_AUTH_SOCK is not set")
    try:
        is_socket = stat.S_ISSOCK(Path(path).stat().st_mode)
    except OSError as error:
        reason = os.strerror(error.errno or 0).lower()
        raise _missing(f"SSH_AUTH_SOCK names {path!r}: {reason}") from error
    if not is_socket:
        raise _missing(f"SSH_AUTH_SOCK names {path!r}, which is no socket")
    return path


def allow(conn: "asyncssh.SSHClientConnection", path: str) -> None:
    """Ask for the agent at *path* with every session that begins from now on.

    Raises:
        ConfigError: The installed asyncssh is another than this was made for.
    """
    if not hasattr(conn, _PATH):
        raise ConfigError(
            "-A does not work with the installed asyncssh",
            hint='pip install "asyncssh==2.24.1"',
        )
    setattr(conn, _PATH, path)


def _missing(why: str) -> ConfigError:
    return ConfigError(
        f"there is no SSH agent to forward: {why}", hint='eval "$(ssh-agent)"'
    )
