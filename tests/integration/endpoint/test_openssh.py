"""OpenSSH's own programs, going into an instance through the endpoint."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cli.conftest import TIMEOUT_S

pytestmark = pytest.mark.debian

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
def run(way: Any, home: Any) -> Iterator[Run]:
    """Runs a program of OpenSSH's whose configuration knows `*.asgwarm`."""
    if missing := [name for name in ("ssh", "scp") if shutil.which(name) is None]:
        pytest.skip(f"needs {', '.join(missing)}: tests/install-debian")
    way.pool.until_ready(1)
    with tempfile.TemporaryDirectory(prefix="asgwarm-") as run_dir:
        home.env["XDG_RUNTIME_DIR"] = run_dir  # short: sockets are in it
        assert home.run("ssh-config", "dev", "--install").code == 0

        def run(program: str, *words: str) -> "subprocess.CompletedProcess[bytes]":
            config = str(home.folder / ".ssh" / "config")
            return subprocess.run(
                [program, "-F", config, *words],
                capture_output=True,
                env=home.env,
                cwd=home.folder,
                timeout=TIMEOUT_S,
                check=False,
            )

        yield run
        home.run("release", "--mine", "--pool", "dev")


def test_ssh_and_scp_go_through_the_tunnel(way, home, run):
    """The proxy opens it; what they say and copy is whole."""
    sent: Path = home.folder / "sent"
    sent.write_bytes(bytes(range(256)) * 5_000)

    said = run("ssh", "box.asgwarm", "echo in; exit 7")
    copied = run("scp", "-q", str(sent), "box.asgwarm:there")
    back = run("scp", "-q", "box.asgwarm:there", "back")

    assert (said.returncode, said.stdout) == (7, b"in\n"), said.stderr
    assert (copied.returncode, back.returncode) == (0, 0), (copied, back)
    assert (home.folder / "back").read_bytes() == sent.read_bytes()


def test_the_end_of_the_hour_is_told_to_whoever_uses_ssh(way, home, run):
    """In the endpoint's own words, beside ssh's."""
    config = str(home.folder / ".ssh" / "config")
    process = subprocess.Popen(
        ["ssh", "-F", config, "box.asgwarm", "echo in; exec cat"],  # noqa: S607
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=home.env,
    )
    home.started.append(process)
    assert process.stdout
    assert process.stderr
    assert process.stdout.readline() == b"in\n"

    way.pool.region.control.advance(3_600)

    assert b"The maximum tunnel duration is reached" in process.stderr.read()
    assert process.wait(TIMEOUT_S) == 255
