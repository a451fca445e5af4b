"""Where the bytes of a remote command or shell come from and go to.

Rule: whoever runs one says so; only the default is this process's own.
"""

import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager

from asgwarm.domain.value import value

# Gets what has to be called whenever the terminal changes its size.
Resizes = Callable[[Callable[[], None]], AbstractContextManager[None]]


@value
class Streams:
    """Three file descriptors, and what a terminal behind them needs.

    Attributes:
        term: The terminal's type; None is that of this process's environment.
        resizes: Tells of new sizes while its block runs; None goes by SIGWINCH.
    """

    stdin: int
    stdout: int
    stderr: int = 2
    term: str | None = None
    resizes: Resizes | None = None

    @classmethod
    def own(cls) -> "Streams":
        """This process's streams."""
        fds = [stream.fileno() for stream in (sys.stdin, sys.stdout, sys.stderr)]
        return cls(stdin=fds[0], stdout=fds[1], stderr=fds[2])

    @property
    def terminal_type(self) -> str:
        """The terminal's type, `dumb` where nothing says it."""
        named = os.environ.get("TERM") if self.term is None else self.term
        return named or "dumb"
