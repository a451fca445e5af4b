"""A real SSH server with SFTP in this process, in the part of an instance.

It is the one of the emulated region, whose SFTP a test may put another in place of.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import asyncssh
import pytest

from asgwarm.connect.keys import SessionKey
from asgwarm.connect.target import Target
from asgwarm.connect.timings import Timings
from asgwarm.local import login
from asgwarm.local.info import USER
from asgwarm.local.login import Host
from tests.integration.connect.going import connect


@dataclass
class Machine:
    """An instance: a home folder, and a server for it.

    Attributes:
        files: Its SFTP; a test changes how that behaves in a class of its own.
    """

    home: Path
    files: type[login.Files] = login.Files
    key: SessionKey = field(default_factory=SessionKey.generate)

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator[asyncssh.SSHClientConnection]:
        """Serve one connection."""
        before = asyncio.all_tasks()
        host_key = asyncssh.generate_private_key("ssh-ed25519")

        async def at_once(_: str) -> None:
            """Nothing keeps a login waiting."""

        host = Host(
            instance_id="i-0123456789abcdef0",
            address="127.0.0.1",
            port=0,
            key=host_key,
            home=self.home,
            active_keys=lambda user: [self.key.public_line],
            step=at_once,
        )
        connections: login.Connections = set()
        server = await login.listen(
            host, connections, partial(self.files, home=self.home)
        )
        line = " ".join(host_key.export_public_key().decode().split()[:2])
        target = Target(
            instance_id=host.instance_id,
            address=host.address,
            port=server.get_port(),
            os_user=USER,
            host_key=line,
        )
        conn = await connect(target, self.key, _pushed, timings=Timings())
        try:
            yield conn
        finally:
            conn.abort()
            await conn.wait_closed()
            server.close()
            for each in list(connections):
                each.abort()
                await each.wait_closed()
            await server.wait_closed()
            if sessions := asyncio.all_tasks() - before - {asyncio.current_task()}:
                await asyncio.wait(sessions)  # until their processes have ended


async def _pushed() -> None:
    """The server knows the key already."""


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """An instance with an empty home."""
    home = tmp_path / "instance"
    home.mkdir()
    return Machine(home)


@pytest.fixture
async def conn(machine: Machine) -> AsyncIterator[asyncssh.SSHClientConnection]:
    """A connection to it."""
    async with machine.connected() as conn:
        yield conn


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder of this computer's."""
    folder = tmp_path / "here"
    folder.mkdir()
    return folder


def tree_of(folder: Path) -> dict[bytes, tuple[object, ...]]:
    """What is in a folder: names with content, mode and time of change."""
    found: dict[bytes, tuple[object, ...]] = {}
    for place, folders, files in os.walk(os.fsencode(folder)):
        for name in [*folders, *files]:
            path = os.path.join(place, name)  # noqa: PTH118  # bytes
            about = os.lstat(path)
            told: tuple[object, ...]
            if os.path.islink(path):  # noqa: PTH114  # bytes
                told = ("link", os.readlink(path))  # noqa: PTH115  # bytes
            elif os.path.isdir(path):  # noqa: PTH112  # bytes
                told = ("folder", about.st_mode, int(about.st_mtime))
            else:
                data = Path(os.fsdecode(path)).read_bytes()
                told = ("file", data, about.st_mode, int(about.st_mtime))
            found[os.path.relpath(path, os.fsencode(folder))] = told
    return found
