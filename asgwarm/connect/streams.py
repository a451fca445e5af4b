"""Where the bytes of a remote command or shell come from and go to.

Rule: whoever runs one says so; only the default is this process's own.
"""

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from asgwarm.domain.value import value

# Gets what has to be called whenever the terminal changes its size.
Resizes = Callable[[Callable[[], None]], AbstractContextManager[None]]

_LOCALES = ("LC_ALL", "LC_CTYPE", "LANG")  # the first that is set counts


@value
class Streams:
    """Three file descriptors, and what a terminal behind them needs.

    Attributes:
        env: The environment of whoever sits there; None is this process's.
        resizes: Tells of new sizes while its block runs; None goes by SIGWINCH.
    """

    stdin: int
    stdout: int
    stderr: int = 2
    env: Mapping[str, str] | None = None
    resizes: Resizes | None = None

    @classmethod
    def own(cls) -> "Streams":
        """This process's streams."""
        fds = [stream.fileno() for stream in (sys.stdin, sys.stdout, sys.stderr)]
        return cls(stdin=fds[0], stdout=fds[1], stderr=fds[2])

    @property
    def terminal_type(self) -> str:
        """The terminal's type, `dumb` where nothing says it."""
        return self._env.get("TERM") or "dumb"

    @property
    def terminal_environment(self) -> dict[str, str]:
        """What a shell has to know of a terminal beside its type.

        How many colours it has, and that it shows UTF-8: by the one such locale that
        needs no installing, since that of whoever sits there may be missing.
        """
        env = self._env
        locale = next((env[name] for name in _LOCALES if env.get(name)), "")
        found = {"COLORTERM": env["COLORTERM"]} if env.get("COLORTERM") else {}
        if locale.lower().replace("-", "").endswith("utf8"):
            found["LC_CTYPE"] = "C.UTF-8"
        return found

    @property
    def _env(self) -> Mapping[str, str]:
        return os.environ if self.env is None else self.env
