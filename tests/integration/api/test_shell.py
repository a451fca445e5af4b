"""A shell on an instance in the terminal of a program that blocks."""

import fcntl
import json
import struct
import subprocess
import sys
import termios
from dataclasses import asdict
from pathlib import Path

from tests.integration.cli.conftest import terminal  # noqa: F401  # a fixture
from tests.integration.pools import settings_of

PROGRAM = """
import json, sys
from asgwarm import Pool
from asgwarm.clients import AwsSettings
asked = json.loads(sys.argv[1])
with Pool("api", settings=AwsSettings(**asked)).get() as instance:
    code = instance.shell()
sys.exit(code)
"""
WAIT = "until test \"$(stty size)\" = '50 132'; do sleep .05; done"
TYPED = WAIT.encode() + b"; echo re''sized; exit 7\n"


def _resize(terminal, rows, columns):  # noqa: F811  # the fixture
    size = struct.pack("HHHH", rows, columns, 0, 0)
    fcntl.ioctl(terminal.screen, termios.TIOCSWINSZ, size)


def test_a_shell_has_the_terminal_and_learns_its_size(served, env, terminal):  # noqa: F811
    """Its exit code comes back; the terminal is as it was."""
    _resize(terminal, 24, 80)
    before = termios.tcgetattr(terminal.screen)
    asked = json.dumps(asdict(settings_of(served.region)))
    root = str(Path(__file__).parents[3])
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, asked],
        env={**env, "PYTHONPATH": root, "TERM": "xterm"},
        stdin=terminal.screen,
        stdout=terminal.screen,
        stderr=terminal.screen,
    ) as program:
        terminal.until(b"emulated")
        terminal.type(TYPED)
        _resize(terminal, 50, 132)
        terminal.until(b"resized\r\n")

        assert program.wait(20) == 7

    assert termios.tcgetattr(terminal.screen) == before
    assert served.leased() == {}
