"""OpenSSH's own server, under the configuration of a test.

sshd asks an AuthorizedKeysCommand at each offer, as it does with EC2 Instance
Connect; here the command prints what the test has pushed into a file.
"""

import asyncio
import contextlib
import getpass
import os
import shutil
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import asyncssh

from asgwarm.connect.keys import SessionKey
from asgwarm.connect.levels import Level
from asgwarm.connect.target import Target
from asgwarm.connect.timings import Timings
from tests.integration.connect.going import connect

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")

# Of two values sshd takes the first.
CONFIG = """
{more}
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host_key
PidFile none
AuthorizedKeysFile none
AuthorizedKeysCommand {command}
AuthorizedKeysCommandUser root
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
PermitRootLogin prohibit-password
StrictModes yes
PrintMotd no
MaxAuthTries {max_auth_tries}
LogLevel {log_level}
"""


@dataclass
class Sshd:
    """A running sshd, the keys that it knows, and its log."""

    folder: Path
    port: int
    host_key: str

    @property
    def target(self) -> Target:
        return Target(
            instance_id="i-0123456789abcdef0",
            address="127.0.0.1",
            port=self.port,
            os_user=getpass.getuser(),
            host_key=self.host_key,
        )

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    @property
    def lookups(self) -> int:
        """How often sshd asked for the user's keys."""
        asked = self.folder / "asked"
        return len(asked.read_text().splitlines()) if asked.exists() else 0

    def put(self, key: SessionKey) -> None:
        """Make the key known, atomically."""
        fresh = self.folder / "keys.new"
        fresh.write_text(key.public_line + "\n")
        fresh.rename(self.folder / "keys")

    async def enter(
        self,
        key: SessionKey,
        push: Callable[[], Awaitable[None]] | None = None,
        level: Level | None = None,
    ) -> asyncssh.SSHClientConnection:
        """Connect as the product does."""

        async def put() -> None:
            self.put(key)

        return await connect(
            self.target, key, push or put, timings=Timings(), level=level
        )


def prepare(folder: Path, **settings: object) -> Sshd:
    """Write host key, key command and configuration."""
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # sshd will not start without
    host = asyncssh.generate_private_key("ssh-ed25519")
    host.write_private_key(folder / "host_key")
    (folder / "host_key").chmod(0o600)
    command = folder / "known_keys"
    command.write_text(
        f"#!/bin/sh\necho asked >> {folder}/asked\ncat {folder}/keys 2>/dev/null\n:\n"
    )
    command.chmod(0o755)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    (folder / "config").write_text(
        CONFIG.format(port=port, folder=folder, command=command, **settings)
    )
    line = " ".join(host.export_public_key().decode().split()[:2])
    return Sshd(folder=folder, port=port, host_key=line)


async def until_it_answers(port: int) -> None:
    """Return when something listens on *port*."""
    async with asyncio.timeout(10):
        while True:
            with contextlib.suppress(OSError):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                await reader.readline()
                writer.close()
                await writer.wait_closed()
                return
            await asyncio.sleep(0.01)
