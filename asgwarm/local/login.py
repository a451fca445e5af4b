"""Who may log in to an instance, and its SFTP.

Only `ec2-user` may, with a key that was pushed through EC2 Instance Connect and is
still alive at the moment it is used. Who is in may forward ports both ways, and their
agent, as sshd's own configuration lets them.
"""

import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import asyncssh

from asgwarm.local.eic import canonical
from asgwarm.local.info import USER
from asgwarm.local.shell import Session, run_session


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What an instance's SSH server needs to know.

    `active_keys` gives the public keys that are good for an OS user at this moment;
    `step` may keep a login waiting.
    """

    instance_id: str
    address: str
    port: int  # 0: any free one
    key: asyncssh.SSHKey
    home: Path
    surroundings: Mapping[str, str] = field(default_factory=dict)  # of its sessions
    active_keys: Callable[[str], list[str]]
    step: Callable[[str], Awaitable[None]]  # awaited at `auth`, `key`, `session`


Connections = set[asyncssh.SSHServerConnection]
FilesFactory = Callable[["asyncssh.SSHServerChannel[bytes]"], asyncssh.SFTPServer]


async def listen(
    host: Host, connections: Connections, files: FilesFactory | None = None
) -> asyncssh.SSHAcceptor:
    """Open the SSH server; *connections* always holds the open ones.

    Args:
        files: Makes the SFTP of a session, if not the usual one.

    Raises:
        OSError: The address or port cannot be had.
    """
    banner = (
        f"{host.instance_id} is emulated: this is a shell on your own machine, "
        "not isolated from it.\n"
    )
    return await asyncssh.create_server(
        partial(_Login, host, connections),
        host.address,
        host.port,
        server_host_keys=[host.key],
        process_factory=partial(_serve, host=host, banner=banner),
        sftp_factory=files or partial(Files, home=host.home),
        allow_scp=True,
        encoding=None,
        line_editor=False,
        agent_forwarding=True,
        login_timeout=30,
    )


async def _serve(session: Session, *, host: Host, banner: str) -> None:
    await host.step("session")
    await run_session(
        session, home=host.home, surroundings=host.surroundings, banner=banner
    )


class _Login(asyncssh.SSHServer):
    def __init__(self, host: Host, connections: Connections) -> None:
        self._host = host
        self._connections = connections
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._connections.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._connection is not None:
            self._connections.discard(self._connection)

    async def begin_auth(self, username: str) -> bool:
        await self._host.step("auth")
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    async def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        await self._host.step("key")
        offered = canonical(key.export_public_key().decode())
        return username == USER and offered in self._host.active_keys(username)

    def connection_requested(
        self, dest_host: str, dest_port: int, orig_host: str, orig_port: int
    ) -> bool:
        return True

    def server_requested(self, listen_host: str, listen_port: int) -> bool:
        return True


class Files(asyncssh.SFTPServer):
    """SFTP on the machine's files; relative paths start at the instance's home."""

    def __init__(self, chan: asyncssh.SSHServerChannel[bytes], *, home: Path) -> None:
        super().__init__(chan)
        self._home = os.fsencode(home)

    def map_path(self, path: bytes) -> bytes:
        """Return where it is on this machine."""
        return os.path.join(self._home, path)  # noqa: PTH118  # bytes, as SFTP has them

    def realpath(self, path: bytes) -> bytes:
        """Return it without links."""
        return os.path.realpath(self.map_path(path))

    def exit(self) -> None:
        """End the session with success."""
        # OpenSSH's scp takes a session without an exit status for a failed one.
        self.channel.exit(0)
