"""Finding what was left running."""

import os
import subprocess
import sys
from subprocess import PIPE

import pytest

from asgwarm.local.reap import end_processes, processes_under

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="other systems do not show environments"
)


def test_processes_are_found_by_home_and_ended(tmp_path):
    """Those in a session of their own too; others are left alone."""
    mine, other = tmp_path / "a", tmp_path / "ab"
    home = {"PATH": os.environ["PATH"], "HOME": str(mine / "home")}
    # The line tells that the process has its own environment by now.
    command = ["/bin/sh", "-c", "echo here; exec sleep 600"]
    strange = home | {"HOME": str(other)}
    with (
        subprocess.Popen(command, env=home, stdout=PIPE) as one,
        subprocess.Popen(command, env=home, stdout=PIPE, start_new_session=True) as two,
        subprocess.Popen(command, env=strange, stdout=PIPE) as stranger,
    ):
        try:
            for process in (one, two, stranger):
                assert process.stdout and process.stdout.readline() == b"here\n"
            assert set(processes_under(mine)) == {one.pid, two.pid}
            end_processes(mine)
            assert (one.wait(5), two.wait(5)) == (-9, -9)
            assert stranger.poll() is None
        finally:
            for process in (one, two, stranger):
                process.kill()
