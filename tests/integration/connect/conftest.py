"""Real SSH servers in this process, in the part of an instance."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from asgwarm.connect.keys import SessionKey
from asgwarm.connect.target import Target
from asgwarm.connect.timings import Timings
from tests.integration.connect.going import connect
from tests.integration.connect.openssh import SSHD, Sshd, prepare, until_it_answers
from tests.integration.connect.server import Recorded

Handler = Callable[[asyncssh.SSHServerProcess[bytes]], Awaitable[None]]


async def run_in_shell(process: asyncssh.SSHServerProcess[bytes]) -> None:
    """Run the command as sshd does, without a terminal."""
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(
        *("/bin/sh", "-c", process.command or "sh"),
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        start_new_session=True,
    )
    feeding = asyncio.create_task(_copy(process.stdin, child.stdin))
    try:
        await asyncio.gather(
            _copy(child.stdout, process.stdout), _copy(child.stderr, process.stderr)
        )
        status = await child.wait()
    finally:
        feeding.cancel()
        await asyncio.wait({feeding})
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        await child.communicate()
    if status < 0:
        process.exit_with_signal({-15: "TERM", -9: "KILL"}[status])
    else:
        process.exit(status)


async def _copy(source: Any, sink: Any) -> None:
    with contextlib.suppress(OSError, asyncssh.Error):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    if isinstance(sink, asyncio.StreamWriter):
        sink.close()


@dataclass
class Instance:
    """An SSH server that accepts the keys that were pushed to it."""

    handler: Handler = run_in_shell
    host_key: asyncssh.SSHKey = field(
        default_factory=lambda: asyncssh.generate_private_key("ssh-ed25519")
    )
    accepted: set[str] = field(default_factory=set)
    offered: list[str] = field(default_factory=list)
    speaks: type[Recorded] = Recorded  # each connection is one of these
    version: str = "asyncssh"
    met: asyncio.Event = field(default_factory=asyncio.Event)  # a key exchange is over
    tried: asyncio.Event = field(default_factory=asyncio.Event)  # a key was offered
    connections: list[Recorded] = field(default_factory=list)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    port: int = 0

    async def handle(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        """Run the handler so that `serving` can end it."""
        task = asyncio.ensure_future(self.handler(process))
        self.tasks.add(task)
        await asyncio.wait({task})

    @property
    def host_key_line(self) -> str:
        return " ".join(self.host_key.export_public_key().decode().split()[:2])

    @property
    def target(self) -> Target:
        return Target(
            instance_id="i-0123456789abcdef0",
            address="127.0.0.1",
            port=self.port,
            os_user="ec2-user",
            host_key=self.host_key_line,
        )

    def on_offer(self, line: str) -> bool:
        """Say whether the key is on the instance; a test may put its own here."""
        return line in self.accepted

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator["Instance"]:
        options = await asyncssh.SSHServerConnectionOptions.construct(
            server_factory=lambda: _Server(self),
            server_version=self.version,
            server_host_keys=[self.host_key],
            process_factory=self.handle,
            encoding=None,
            line_editor=False,
            login_timeout=10,
        )
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: self.speaks(loop, options, self.met.set), "127.0.0.1", self.port
        )
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for conn in self.connections:
                conn.abort()
                await conn.wait_closed()
            for task in self.tasks:
                task.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)
            await server.wait_closed()


class _Server(asyncssh.SSHServer):
    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        assert isinstance(conn, Recorded)
        self._instance.connections.append(conn)

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        line = " ".join(key.export_public_key().decode().split()[:2])
        self._instance.offered.append(line)
        self._instance.tried.set()
        return self._instance.on_offer(line)

    def connection_requested(self, *_: object) -> bool:
        return True

    def server_requested(self, *_: object) -> bool:
        return True


@pytest.fixture
async def instance() -> AsyncIterator[Instance]:
    """An instance that runs commands in a shell."""
    async with Instance().serving() as serving:
        yield serving


@pytest.fixture
def make_instance() -> type[Instance]:
    """The class, for a test that needs another server than the usual one."""
    return Instance


@pytest.fixture
def key() -> SessionKey:
    """A new session key."""
    return SessionKey.generate()


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def enter(key: SessionKey) -> Callable[..., Awaitable[asyncssh.SSHClientConnection]]:
    """Push and connect as the product does."""

    async def enter(instance: Instance) -> asyncssh.SSHClientConnection:
        async def push() -> None:
            instance.accepted.add(key.public_line)

        return await connect(instance.target, key, push, timings=Timings())

    return enter


@pytest.fixture
async def conn(
    instance: Instance,
    enter: Callable[[Instance], Awaitable[asyncssh.SSHClientConnection]],
) -> AsyncIterator[asyncssh.SSHClientConnection]:
    """An authenticated connection to `instance`."""
    connection = await enter(instance)
    yield connection
    connection.abort()
    await connection.wait_closed()


@pytest.fixture
def full_backlog() -> Iterator[int]:
    """A port whose queue of connections is full, so that the kernel drops more."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(3):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(server.getsockname())
        yield int(server.getsockname()[1])


@pytest.fixture
def max_auth_tries() -> int:
    """What hardened images (CIS) set; OpenSSH's own default is 6."""
    return 4


@pytest.fixture
def log_level() -> str:
    """DEBUG2 says what the client did; sshd then talks on commands' stderr too."""
    return "DEBUG2"


@pytest.fixture
def more() -> str:
    """More lines for its configuration."""
    return ""


@pytest.fixture
async def sshd(max_auth_tries: int, log_level: str, more: str) -> AsyncIterator[Sshd]:
    """An sshd on a free port, under the test's own configuration."""
    if SSHD is None or os.getuid() != 0:
        pytest.skip("needs root and Debian's openssh-server")
    # sshd starts a key command only from folders that root alone can write.
    folder = Path("/run") / f"asgwarm-test-{os.getpid()}"
    folder.mkdir(mode=0o755)
    try:
        server = prepare(
            folder, max_auth_tries=max_auth_tries, log_level=log_level, more=more
        )
        log = (folder / "log").open("wb")
        daemon = await asyncio.create_subprocess_exec(
            *(SSHD, "-D", "-e", "-f", str(folder / "config")), stderr=log
        )
        await until_it_answers(server.port)
        yield server
        daemon.terminate()
        await daemon.wait()
        log.close()
    finally:
        shutil.rmtree(folder)
