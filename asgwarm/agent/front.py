"""The front of a `get` that an agent runs: words and streams go there, a code returns.

Rule 1: this is all that such a `get` loads; a library that is imported here costs
more than the rest of it.
Rule 2: until GO was sent nothing has begun, and whatever goes wrong is a reason to go
the usual way, silently. After it nothing is done again.
Rule 3: signals go to the agent, which answers when it has put things right. The
terminal is given back here as well, should the agent die.
Rule 4: of a terminal that is not the remote shell's only what is typed while this
process is in the foreground is read, hence here (`_Typing`).
"""

import _signal  # type: ignore[import-not-found]  # `signal` loads enums
import _socket
import os
import sys

import asgwarm
from asgwarm.agent.where import SOCKET, folder, peer_uid, reach

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import FrameType
    from typing import Any

GET, GO, YES = b"get", b"\x00", b"y"
ANSWER_S = 2.0  # before the agent is taken for one that hangs
CUT_SHORT_S = 5  # after a second signal
_ENDING = (_signal.SIGINT, _signal.SIGTERM, _signal.SIGHUP)
_PART_BYTES = 1 << 16
_TYPED_BYTES = 4096  # what a pipe takes at once, and the longest line of a terminal


def run(argv: "Sequence[str]", env: "Mapping[str, str]" = os.environ) -> int | None:
    """Let a running agent run *argv*; None where it did not begin to.

    Raises:
        AgentDied: It began, and nobody knows how far it came.
    """
    if "get" not in _own(argv) or not _speaks_utf8():
        return None
    try:
        sock = call(env)
        if sock is None or _is_in_background():
            return None
        request = message(GET, argv, env)
    except OSError:
        return None
    return _Visit(sock, has_command="--" in argv).run(request)


def asks_for_one(argv: "Sequence[str]") -> bool:
    """Whether an agent is to be started for *argv*."""
    own = _own(argv)
    return "get" in own and "--persist" in own


def _own(argv: "Sequence[str]") -> "Sequence[str]":
    return argv[: argv.index("--")] if "--" in argv else argv


class AgentDied(Exception):
    """The agent ended while it ran a command line."""


def call(env: "Mapping[str, str]") -> _socket.socket | None:
    """Return a connection to the user's agent; None when there is none.

    Raises:
        OSError: There is no use in it.
    """
    sock = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    sock.settimeout(ANSWER_S)
    try:
        reach(folder(env), SOCKET, sock.connect)
    except FileNotFoundError:
        sock.close()
        return None
    if peer_uid(sock) != os.getuid():
        sock.close()
        return None
    return sock


def message(kind: bytes, argv: "Sequence[str]", env: "Mapping[str, str]") -> bytes:
    """Return a request: its length, then its parts, which hold no NUL, by NULs.

    Raises:
        OSError: There is no working directory.
    """
    variables = [f"{name}={value}" for name, value in env.items()]
    cwd = os.getcwd()  # noqa: PTH109  # pathlib is a library
    texts = [asgwarm.__version__, cwd, str(len(argv)), *argv, *variables]
    body = b"\0".join([kind, *map(os.fsencode, texts)])
    return len(body).to_bytes(4, "big") + body


def send(sock: _socket.socket, request: bytes, fds: "Sequence[int]" = ()) -> None:
    """Send a request, with file descriptors."""
    packed = b"".join(fd.to_bytes(4, sys.byteorder) for fd in fds)
    rights = [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, packed)] if fds else []
    sent = sock.sendmsg([request[:_PART_BYTES]], rights)
    if sent < len(request):  # else the answer may have come, and the other end gone
        sock.sendall(request[sent:])


def _speaks_utf8() -> bool:
    """Whether what is said here is written as the agent writes it."""
    encodings = (sys.stdout.encoding, sys.stderr.encoding)
    return all(name.lower() == "utf-8" for name in encodings)


def _is_in_background() -> bool:
    """Whether reading the terminal would stop this process."""
    try:
        return os.tcgetpgrp(0) != os.getpgrp()
    except OSError:  # it is none, or not this session's
        return False


class _Visit:
    """One command line at the agent's."""

    def __init__(self, sock: _socket.socket, *, has_command: bool) -> None:
        self._sock = sock
        self._has_begun = False
        self._signals: list[int] = []
        self._saved = _modes()
        # A shell has the terminal itself.
        typed = self._saved is not None and has_command
        self._typing = _Typing() if typed else None

    def run(self, request: bytes) -> int | None:
        before = self._listen()
        try:
            code = self._wait() if self._is_taken(request) else b""
        except OSError:
            code = b""
        if not self._has_begun:
            self._usual_way(before)
            return None
        if not code:
            self._give_back()
            raise AgentDied
        return code[0]

    def _is_taken(self, request: bytes) -> bool:
        send(self._sock, request)
        if self._sock.recv(1) != YES:
            return False
        self._sock.settimeout(None)
        self._has_begun = True
        # Not before: an agent that hangs must not keep them open.
        stdin = self._typing.pipe if self._typing else 0
        send(self._sock, GO + bytes(self._signals), (stdin, 1, 2))
        if self._typing:
            os.close(self._typing.pipe)
        return True

    def _wait(self) -> bytes:
        """Return the exit code as one byte; none when the agent has died."""
        if self._typing:
            self._typing.pass_on_until_readable(self._sock)
        return self._sock.recv(1)

    def _listen(self) -> "dict[int, object]":
        """Receive signals from now on; return who did before."""
        before: dict[int, object] = {}
        told = [n for n in _ENDING if _signal.getsignal(n) != _signal.SIG_IGN]
        for number in (*told, _signal.SIGWINCH):
            before[number] = _signal.signal(number, self._pass_on)
        if self._saved is not None and self._typing is None:
            # The remote shell has the terminal, wherever this process would go.
            before[_signal.SIGTSTP] = _signal.signal(_signal.SIGTSTP, _signal.SIG_IGN)
        return before

    def _pass_on(self, number: int, _frame: "FrameType | None") -> None:
        ended = any(earlier in _ENDING for earlier in self._signals)
        self._signals.append(number)
        if ended and number in _ENDING:
            _signal.signal(_signal.SIGALRM, self._leave)
            _signal.alarm(CUT_SHORT_S)
        if self._has_begun:
            try:
                self._sock.send(bytes([number]))
            except OSError:
                return  # it has died, which the answer shows

    def _leave(self, _number: int, _frame: "FrameType | None") -> None:
        self._give_back()
        first = next(number for number in self._signals if number in _ENDING)
        os._exit(128 + first)

    def _usual_way(self, before: "dict[int, object]") -> None:
        """Put everything back, and receive again what came meanwhile."""
        self._sock.close()
        for number, handler in before.items():
            _signal.signal(number, handler)
        for number in self._signals:
            os.kill(os.getpid(), number)

    def _give_back(self) -> None:
        if self._saved is not None:
            import termios

            try:
                termios.tcsetattr(0, termios.TCSANOW, self._saved)
            except termios.error:
                return  # it is gone


def _modes() -> "list[Any] | None":
    """Return the modes of the terminal at stdin; None where there is none."""
    if not os.isatty(0):
        return None
    import termios

    return termios.tcgetattr(0)


class _Typing:
    """What is typed for a remote command, passed on through a pipe.

    The agent is of no job: reading the terminal itself it would take what is typed for
    others after Ctrl-Z.
    """

    def __init__(self) -> None:
        self.pipe, self._into = os.pipe()

    def pass_on_until_readable(self, sock: _socket.socket) -> None:
        """Pass on what is typed; return when *sock* may have something to say."""
        import select

        def wait(fd: int, event: int) -> bool:
            poll = select.poll()
            poll.register(fd, event)
            poll.register(sock, select.POLLIN)
            return sock.fileno() not in dict(poll.poll())

        # First there is room, then it is read: what is read must not have to wait.
        while wait(self._into, select.POLLOUT) and wait(0, select.POLLIN):
            if not self._pass_on():
                return

    def _pass_on(self) -> bool:
        """Pass on one read; False when there is no more to come."""
        try:
            data = os.read(0, _TYPED_BYTES)
            if data:
                os.write(self._into, data)
                return True
        except OSError:  # the terminal is gone, or nobody reads
            pass
        os.close(self._into)
        return False
