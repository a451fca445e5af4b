r"""What programs on an instance have switched in the user's terminal.

An editor whose connection breaks cannot put back what it had switched: another screen,
a hidden cursor, keys and pastes and the mouse reported by escape sequences. The user's
own shell would be hard to use after it.

Rule: only what was seen being switched is put back, in the one form that all of it has,
`ESC [ ? number h` or `l`.
"""

import os
import re
import select
from contextlib import suppress

_SWITCH = re.compile(rb"\x1b\[\?([0-9;]{1,32})([hl])")
_LONGEST = 32 + 4  # bytes of one of them, which may come in two pieces

# xterm's numbers. These are off before a program begins…
_OFF = frozenset({1, 9, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 2004, 2026})
_OTHER_SCREEN = frozenset({47, 1047, 1049})  # … these too, and are left last
_ON = frozenset({7, 25})  # these are on
_NUMBERS = _OFF | _OTHER_SCREEN | _ON


class Screen:
    """The switches of one terminal, as far as they are not as they were."""

    def __init__(self) -> None:
        self._switched: set[int] = set()
        self._tail = b""

    def see(self, data: bytes) -> None:
        """Note what *data*, the next of what is shown, switches."""
        data = self._tail + data if self._tail else data
        if b"\x1b[?" in data:
            for match in _SWITCH.finditer(data):
                self._note(match[1].split(b";"), is_on=match[2] == b"h")
        start = data.rfind(b"\x1b", -_LONGEST)
        self._tail = data[start:] if start >= 0 else b""

    def undo(self) -> bytes:
        """Return what puts everything back; nothing where everything is."""
        if not self._switched:
            return b""
        last = sorted(self._switched, key=lambda n: (n in _OTHER_SCREEN, n))
        switches = (f"\x1b[?{n}{'h' if n in _ON else 'l'}" for n in last)
        return "".join(["\x1b[m", *switches]).encode()

    def put_back(self, fd: int) -> None:
        """Put everything back at *fd*, unless the terminal stands still or is gone."""
        ready = select.poll()
        ready.register(fd, select.POLLOUT)
        if (undo := self.undo()) and ready.poll(0):
            with suppress(OSError):
                os.write(fd, undo)

    def _note(self, numbers: list[bytes], *, is_on: bool) -> None:
        for number in map(int, filter(None, numbers)):
            if number in _NUMBERS and is_on != (number in _ON):
                self._switched.add(number)
            else:
                self._switched.discard(number)
