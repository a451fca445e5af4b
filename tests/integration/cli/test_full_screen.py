"""A program that has the whole screen, as vim, less, htop and tmux do."""

import signal
import sys
import termios

import pytest

pytest.importorskip("curses")

PROGRAM = """
import curses

def main(screen):
    curses.start_color()
    said = ""
    while True:
        screen.clear()  # everything is drawn anew, whatever was there
        screen.addstr(1, 0, said)
        size = f"{curses.COLS}x{curses.LINES}, {curses.COLORS} colors"
        screen.addstr(0, 0, size, curses.A_REVERSE)
        key = screen.getch()
        if key == ord("q"):
            raise SystemExit(7)
        curses.update_lines_cols()
        said = f"key {curses.keyname(key).decode()}"

curses.wrapper(main)
"""


def test_a_program_has_the_whole_terminal(home, pool, terminal, tmp_path):
    """Its size and a new one, its colours, keys by their names, and the way out."""
    pool.until_ready()
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    before = termios.tcgetattr(terminal.screen)
    termios.tcsetwinsize(terminal.screen, (33, 77))
    process = home.start(
        *("get", pool.name),
        stdin=terminal.screen,
        stdout=terminal.screen,
        stderr=terminal.screen,
        env=home.env | {"TERM": "xterm-256color"},
    )

    terminal.type(f"exec {sys.executable} {program}\n".encode())
    terminal.until(b"\x1b[?1049h")
    terminal.until(b"77x33, 256 colors")
    terminal.type(b"\x1bOA")
    terminal.until(b"key KEY_UP")
    terminal.type("ü".encode())
    terminal.until(b"key M-C")  # the first of its two bytes
    termios.tcsetwinsize(terminal.screen, (50, 132))
    process.send_signal(signal.SIGWINCH)
    terminal.until(b"132x50")
    terminal.type(b"q")

    assert process.wait(20) == 7
    terminal.until(b"\x1b[?1049l")
    assert termios.tcgetattr(terminal.screen) == before
    assert pool.leased() == {}
