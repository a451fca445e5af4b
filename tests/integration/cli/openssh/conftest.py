"""A user whose ssh knows `*.asgwarm`, and an sshd that a lease's row leads to.

The sshd accepts whatever key it is offered, and notes it.
"""

import asyncio
import contextlib
import getpass
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
from tests.integration.connect.openssh import SSHD, Sshd, prepare, until_it_answers

PROGRAMS = ("ssh", "scp", "sftp", "rsync", "git")
TIMEOUT_S = 60
ME = getpass.getuser()


@dataclass
class Desk:
    """A user whose ssh knows `*.asgwarm`, and an sshd that a lease's row leads to.

    The sshd accepts whatever key it is offered, and notes it.
    """

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
            ["ssh", "-F", self.config, *map(str, words)],  # noqa: S607
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


@dataclass
class Instance:
    """An sshd that a lease's row leads to."""

    server: Sshd
    desk: Desk
    pool: Any
    daemon: "subprocess.Popen[bytes] | None" = None

    def listen(self) -> None:
        """Start the server, again on the port that it had."""
        folder = self.server.folder
        command = [str(SSHD), "-D", "-e", "-f", str(folder / "config")]
        with (folder / "log").open("ab") as log:
            self.daemon = subprocess.Popen(command, stderr=log)

    def stop(self) -> None:
        """End the server; sessions that it has begun live on."""
        if self.daemon:
            self.daemon.terminate()
            self.daemon.wait(TIMEOUT_S)

    def leads_here(self, **changes: object) -> None:
        """Make the lease's row lead to the server."""
        (lease,) = self.desk.home.journal().values()
        row = {"address": "127.0.0.1", "port": self.server.port, "os_user": ME}
        row |= {"host_key": self.server.host_key} | changes
        values = {
            f":{name}": {"N" if isinstance(value, int) else "S": str(value)}
            for name, value in row.items()
        }
        self.pool.table.update_item(
            TableName=f"asgwarm-{self.pool.name}",
            Key=self.pool.key(lease["instance_id"]),
            UpdateExpression="SET " + ", ".join(f"#{n} = :{n}" for n in row),
            ExpressionAttributeNames={f"#{name}": name for name in row},
            ExpressionAttributeValues=values,
        )

    @property
    def offered(self) -> list[str]:
        """The keys that it was asked about, by their lines."""
        asked = self.server.folder / "asked"
        return asked.read_text().splitlines() if asked.exists() else []

    def accept(self, program: str) -> None:
        """Let the shell program *program* say which keys are good; `$1` is offered."""
        command = self.server.folder / "known_keys"
        command.write_text(
            f'#!/bin/sh\necho "$1 $2" >> {self.server.folder}/asked\n{program}\n:\n'
        )


@pytest.fixture
def instance(desk, own_pool) -> Iterator[Instance]:
    """An sshd, and a lease `web` whose row leads there."""
    if SSHD is None or os.getuid() != 0:
        pytest.skip("needs root and Debian's openssh-server")
    # sshd starts a key command only from folders that root alone can write.
    folder = Path("/run") / f"asgwarm-test-{os.getpid()}"
    folder.mkdir(mode=0o755)
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder)
        sftp = "Subsystem sftp internal-sftp"
        server = prepare(folder, max_auth_tries=4, log_level="DEBUG1", more=sftp)
        config = folder / "config"
        command = f"AuthorizedKeysCommand {folder}/known_keys"
        config.write_text(config.read_text().replace(command, f"{command} %t %k"))
        made = Instance(server, desk, own_pool)
        made.accept('echo "$1 $2"')
        made.listen()
        stack.callback(made.stop)
        asyncio.run(until_it_answers(server.port))
        desk.home.run("get", own_pool.name, "--name", "web", "--no-shell")
        made.leads_here()
        yield made
