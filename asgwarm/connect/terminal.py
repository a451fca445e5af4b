"""The user's terminal while a remote shell has it.

Rule: it is given back as it was, whatever ends the session.
"""

import asyncio
import contextlib
import fcntl
import signal
import struct
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from types import FrameType

import asyncssh

_LINE_ENDS = b"\r\n"
_TILDE = ord("~")

# Local index of a control character -> its opcode in RFC 4254 section 8.
_CONTROL_CHARACTERS = {
    termios.VINTR: asyncssh.PTY_VINTR,
    termios.VQUIT: asyncssh.PTY_VQUIT,
    termios.VERASE: asyncssh.PTY_VERASE,
    termios.VKILL: asyncssh.PTY_VKILL,
    termios.VEOF: asyncssh.PTY_VEOF,
    termios.VSUSP: asyncssh.PTY_VSUSP,
}


def size(fd: int) -> tuple[int, int, int, int]:
    """Columns, rows, width and height in pixels of the terminal at *fd*."""
    packed = fcntl.ioctl(fd, termios.TIOCGWINSZ, bytes(8))
    rows, columns, width, height = struct.unpack("HHHH", packed)
    return columns, rows, width, height


def modes(fd: int) -> dict[int, int]:
    """The modes of the terminal at *fd* that the remote one should share."""
    characters = termios.tcgetattr(fd)[6]
    copied = {
        opcode: characters[index][0] for index, opcode in _CONTROL_CHARACTERS.items()
    }
    return copied | {asyncssh.PTY_IUTF8: 1}


@contextlib.contextmanager
def raw(fd: int) -> Iterator[None]:
    """Pass every key on unseen within the block.

    A signal that would end the process at once gives the terminal back first.
    """
    saved = termios.tcgetattr(fd)

    def give_back() -> None:
        # Not after draining: a terminal that nobody reads would hold us for ever.
        with contextlib.suppress(termios.error):  # or one that is gone
            termios.tcsetattr(fd, termios.TCSANOW, saved)

    with _before_dying(give_back):
        try:
            tty.setraw(fd, termios.TCSANOW)
            yield
        finally:
            give_back()


@contextlib.contextmanager
def _before_dying(act: Callable[[], None]) -> Iterator[None]:
    def last_act(number: int, frame: FrameType | None) -> None:
        act()
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    taken = [
        number
        for number in (signal.SIGTERM, signal.SIGHUP)
        if _is_main_thread() and signal.getsignal(number) is signal.SIG_DFL
    ]
    for number in taken:
        signal.signal(number, last_act)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


@contextlib.contextmanager
def resizes(callback: Callable[[], None]) -> Iterator[None]:
    """Call *callback* on the loop whenever the terminal changes its size."""
    if not _is_main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = signal.getsignal(signal.SIGWINCH)
    loop.add_signal_handler(signal.SIGWINCH, callback)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGWINCH)
        signal.signal(signal.SIGWINCH, before or signal.SIG_DFL)


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


class EscapeKeys:
    """Finds `~.` at the start of a line, which leaves the session; `~~` types a tilde.

    Called with each read; returns what is to be sent, or None to leave.
    """

    def __init__(self) -> None:
        self._at_line_start = True
        self._has_tilde = False

    def __call__(self, data: bytes) -> bytes | None:
        """Return *data* without escapes, or None after `~.`."""
        sent = bytearray()
        for key in data:
            if self._has_tilde:
                self._has_tilde = False
                if key == ord("."):
                    return None
                if key != _TILDE:
                    sent.append(_TILDE)
            elif self._at_line_start and key == _TILDE:
                self._has_tilde = True
                continue
            sent.append(key)
            self._at_line_start = key in _LINE_ENDS
        return bytes(sent)
