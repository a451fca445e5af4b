"""OpenSSH's own programs, rsync and git, going into leases by their names."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest

from tests.integration.cli.conftest import Done, Home

pytestmark = pytest.mark.debian

PROGRAMS = ("ssh", "scp", "sftp", "rsync", "git")
TIMEOUT_S = 60


@dataclass
class Desk:
    """A user whose ssh knows `*.asgwarm`."""

    home: Home
    run_dir: Path

    @property
    def config(self) -> Path:
        """What ssh reads."""
        return self.home.folder / ".ssh" / "config"

    @property
    def place(self) -> Path:
        """Where ssh finds keys."""
        return self.run_dir / "asgwarm" / "ssh"

    def run(self, *words: object, stdin: bytes = b"", code: int = 0) -> Done:
        """Run a program, whose exit code must be *code*."""
        done = subprocess.run(
            [str(word) for word in words],
            input=stdin,
            capture_output=True,
            env=self.home.env,
            cwd=self.home.folder,
            timeout=TIMEOUT_S,
            check=False,
        )
        assert done.returncode == code, done
        return Done(done.returncode, done.stdout, done.stderr.decode())

    def ssh(self, *words: object, **how: Any) -> Done:
        """Run ssh."""
        return self.run("ssh", "-F", self.config, *words, **how)

    def start(self, *words: object, **streams: Any) -> "subprocess.Popen[bytes]":
        """Start ssh; whatever is left of it ends with the test."""
        settings: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), PIPE)
        process: subprocess.Popen[bytes] = subprocess.Popen(
            ["ssh", "-F", self.config, *map(str, words)],
            env=self.home.env,
            **(settings | streams),
        )
        self.home.started.append(process)
        return process


@pytest.fixture
def desk(own_home: Home, own_pool: Any) -> Iterator[Desk]:
    """A user of the region's one pool, after `ssh-config --install`."""
    if missing := [name for name in PROGRAMS if shutil.which(name) is None]:
        pytest.skip(f"needs {', '.join(missing)}: tests/install-debian")
    own_pool.until_ready()
    run_dir = Path(tempfile.mkdtemp(prefix="asgwarm-"))  # short: sockets are in it
    own_home.env["XDG_RUNTIME_DIR"] = str(run_dir)
    done = own_home.run("ssh-config", own_pool.name, "--install")
    assert done.code == 0, done
    yield Desk(own_home, run_dir)
    own_home.run("release", "--mine", "--pool", own_pool.name)
    shutil.rmtree(run_dir)


def test_a_name_that_is_new_claims_a_lease_and_says_so(desk):
    """It is kept, and the same name means it from then on."""
    first = desk.ssh("web.asgwarm", "echo out; echo err >&2; exit 7", code=7)
    second = desk.ssh("web.asgwarm", "pwd")

    (lease,) = desk.home.journal().values()
    assert first.out == b"out\n"
    assert f"claimed {lease['instance_id']} as 'web'" in first.err
    assert first.err.endswith("err\n")
    assert second.err == ""
    assert lease["instance_id"] in second.out.decode()
