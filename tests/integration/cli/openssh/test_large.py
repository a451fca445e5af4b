"""A gigabyte by `asgwarm cp` and by scp, to the same sshd in the same run.

What a copy costs beside: `cp` compares checksums, scp does not.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.integration.cli.openssh.conftest import ME

pytestmark = [pytest.mark.debian, pytest.mark.long]

SIZE = 1_000_000_000
PIECE = os.urandom(1_000_000)
# An interpreter with asyncssh takes 60 MB; blocks under way another 16.
MOST_KB = 200_000


# A process is charged with what its parent held when it was forked: so a small one.
MEASURED = """
import os, sys
_, status, used = os.wait4(os.spawnvp(os.P_NOWAIT, sys.argv[1], sys.argv[1:]), 0)
print(used.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def run(desk, *words: object) -> tuple[float, int]:
    """Run a program; returns seconds and kilobytes at its most."""
    began_s = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-Sc", MEASURED, *(str(word) for word in words)],
        cwd=desk.home.folder,
        env=desk.home.env,
        stdout=subprocess.PIPE,
        check=True,
    )
    return time.monotonic() - began_s, int(done.stdout.split()[-1])


@pytest.fixture
def large(desk) -> Path:
    """A gigabyte of which no two megabytes are the same."""
    path: Path = desk.home.folder / "large"
    with path.open("wb") as file:
        for number in range(SIZE // len(PIECE)):
            file.write(number.to_bytes(8, "big") + PIECE[8:])
    return path


def test_a_gigabyte_takes_bounded_memory_there_and_back(
    instance, desk, large, record_property
):
    """And a time of which scp's is told beside it."""
    there = desk.home.folder / "there"
    there.mkdir()
    cp = (sys.executable, "-m", "asgwarm", "cp")

    put_s, put_kb = run(desk, *cp, large, f"web:{there}/ours")
    scp = ("scp", "-qF", desk.config)
    scp_s, _ = run(desk, *scp, large, f"{ME}@web.asgwarm:{there}/theirs")
    fetch_s, fetch_kb = run(desk, *cp, f"web:{there}/ours", desk.home.folder / "back")
    desk.run("cmp", large, desk.home.folder / "back")
    desk.run("cmp", large, there / "theirs")

    most_kb = max(put_kb, fetch_kb)
    record_property(
        "figure",
        f"1 GB: cp there {put_s:.1f} s, back {fetch_s:.1f} s, with checksums;"
        f" scp there {scp_s:.1f} s; at most {most_kb // 1000} MB of memory",
    )
    assert most_kb < MOST_KB
