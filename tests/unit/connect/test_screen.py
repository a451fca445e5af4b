"""What is put back in a terminal whose program could not do it."""

import pytest

from asgwarm.connect.screen import Screen

VIM = b"\x1b[?1049h\x1b[22;0;0t\x1b[?1h\x1b=\x1b[?2004h\x1b[?25l"


def undone(*shown: bytes) -> bytes:
    """What puts back what the pieces have switched."""
    screen = Screen()
    for data in shown:
        screen.see(data)
    return screen.undo()


def test_the_other_screen_is_left_last():
    """Colours first, then switches, and everything once."""
    assert undone(VIM, VIM) == (
        b"\x1b[m" + b"\x1b[?1l\x1b[?25h\x1b[?2004l" + b"\x1b[?1049l"
    )


@pytest.mark.parametrize(
    "shown",
    [
        b"",
        b"plain \x1b[31mred\x1b[m",
        b"\x1b[?25h\x1b[?2004l",
        VIM + b"\x1b[?2004l\x1b[?1l\x1b[?25h\x1b[?1049l",
        b"\x1b[?12l\x1b[?9999h",
        b"\x1b[?h\x1b[?;;l\x1b[?" + b"1" * 99 + b"h",
    ],
)
def test_nothing_is_written_where_nothing_is_to_be_put_back(shown):
    """After a program that ended well, or one that switched nothing we know."""
    assert undone(shown) == b""


@pytest.mark.parametrize("at", range(1, 14))
def test_a_switch_may_come_in_two_pieces(at):
    """Wherever it is cut."""
    switch = b"ab\x1b[?1000;1006hcd"

    assert undone(switch[:at], switch[at:]) == b"\x1b[m\x1b[?1000l\x1b[?1006l"


def test_what_came_in_two_pieces_counts_before_what_came_after():
    """The last switch is the one that counts."""
    assert undone(b"\x1b[?25", b"l", b"\x1b[?25h") == b""
    assert undone(b"\x1b[?25l\x1b[?25h", b"x" * 99, b"\x1b[?25l") == b"\x1b[m\x1b[?25h"
