"""The boot of an emulated instance: its tree, and the services its user data installs.

Of a `#cloud-config` document the region takes `write_files` and nothing else. The
files are written into a tree inside the instance's folder, none of them executable.
Then every systemd unit among them whose ExecStart is `/usr/bin/python3 FILE` is started
as a process of the user, with FILE taken from that tree. `runcmd`, `bootcmd` and
scripts are never run: user data is written for another machine than this one.

The tree also has what such a service looks at: a boot id, the host's public key, and a
`sshd -T` that says where the instance's SSH server is.
"""

import asyncio
import base64
import binascii
import contextlib
import gzip
import os
import shlex
import signal
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from asgwarm.local.shell import environment, kill_group

UNIT_FOLDER = "/etc/systemd/system/"
PYTHON = "/usr/bin/python3"
EIC_COMMAND = "/opt/aws/bin/eic_run_authorized_keys"
HOST_KEY = "/etc/ssh/ssh_host_ed25519_key"

MAX_RESTARTS = 5
RESTART_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What an instance boots from."""

    folder: Path
    user_data: str  # base64, as EC2 keeps it
    host_key: str  # the public one, "TYPE BASE64"
    address: str
    port: int
    surroundings: dict[str, str]  # environment of its services

    @property
    def root(self) -> Path:
        """The tree that stands for `/`."""
        return self.folder / "root"

    @property
    def home(self) -> Path:
        """HOME of whoever logs in."""
        return self.folder / "home"


def cloud_config(user_data: str) -> dict[str, Any]:
    """The document in base64 *user_data*; empty when it is no cloud-config."""
    import yaml

    try:
        text = base64.b64decode(user_data, validate=True).decode()
    except (binascii.Error, ValueError):
        return {}
    if not text.startswith("#cloud-config"):
        return {}
    try:
        # The quick one is not in every build of PyYAML; both make plain values only.
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        document = yaml.load(text, Loader=loader)  # noqa: S506
    except yaml.YAMLError:
        return {}
    return document if isinstance(document, dict) else {}


def files_of(document: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Absolute path and content of each `write_files` entry that makes sense."""
    for entry in document.get("write_files") or ():
        path = str(entry.get("path", ""))
        if not path.startswith("/") or ".." in Path(path).parts:
            continue
        content = str(entry.get("content", "")).encode()
        encoding = str(entry.get("encoding", "")).lower()
        if encoding.endswith(("b64", "base64")):
            content = base64.b64decode(content)
        if encoding.startswith(("gz", "gzip")):
            content = gzip.decompress(content)
        yield path, content


def program_of(unit: str) -> list[str]:
    """Arguments for Python of a unit's ExecStart; empty when it is another program."""
    for line in unit.splitlines():
        name, _, value = line.partition("=")
        if name.strip() == "ExecStart":
            words = shlex.split(value.strip().lstrip("-@:+!"))
            return words[1:] if words[:1] == [PYTHON] else []
    return []


def lay_out(machine: Machine) -> list[list[str]]:
    """Write the tree of this boot; the programs that it starts, as Python's arguments.

    Raises:
        OSError: The folder cannot be written.
    """
    root, programs = machine.root, []
    for path, content in files_of(cloud_config(machine.user_data)):
        _write(root, path, content)
        if path.startswith(UNIT_FOLDER) and path.endswith(".service"):
            programs.append(program_of(content.decode(errors="replace")))
    _write(root, "/proc/sys/kernel/random/boot_id", f"{uuid4()}\n".encode())
    _write(root, f"{HOST_KEY}.pub", f"{machine.host_key}\n".encode())
    _write(root, EIC_COMMAND, b"#!/bin/sh\nexit 0\n", executable=True)
    _write(machine.folder, "/bin/sshd", _sshd(machine).encode(), executable=True)
    machine.home.mkdir(mode=0o700, exist_ok=True)
    return [
        [str(root / program[0].lstrip("/")), *program[1:]]
        for program in programs
        if program and (root / program[0].lstrip("/")).is_file()
    ]


def _sshd(machine: Machine) -> str:
    where = f"{machine.address}:{machine.port}"
    return (
        "#!/bin/sh\ncat <<'EOF'\n"
        f"port {machine.port}\n"
        f"listenaddress {where}\n"
        f"hostkey {machine.root}{HOST_KEY}\n"
        f"authorizedkeyscommand {EIC_COMMAND} %u %f\n"
        "authorizedkeyscommanduser ec2-instance-connect\nEOF\n"
    )


def _write(root: Path, path: str, content: bytes, *, executable: bool = False) -> None:
    target = root / path.lstrip("/")
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    target.write_bytes(content)
    target.chmod(0o700 if executable else 0o600)


class Boot:
    """The services of one boot, from power-on to power-off."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._services: list[asyncio.Task[None]] = []

    def power_on(self) -> None:
        """Lay the tree out and start its services."""
        for program in lay_out(self._machine):
            self._services.append(asyncio.create_task(self._run(program)))

    async def power_off(self) -> None:
        """End the services and wait until they are gone."""
        for service in self._services:
            service.cancel()
        if self._services:
            await asyncio.wait(self._services)
        self._services.clear()

    async def _run(self, program: list[str]) -> None:
        """Start, and start again when it fails: systemd's Restart=on-failure."""
        for _ in range(1 + MAX_RESTARTS):
            if await self._once(program) == 0:
                return
            await asyncio.sleep(RESTART_S)

    async def _once(self, program: list[str]) -> int:
        machine = self._machine
        environ = environment(machine.home) | machine.surroundings
        environ["PATH"] = f"{machine.folder / 'bin'}:{environ.get('PATH', os.defpath)}"
        with (machine.folder / "console.log").open("ab") as console:
            child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                *program,
                cwd=machine.root,
                env=environ,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                start_new_session=True,
            )
        try:
            return await child.wait()
        finally:
            if child.returncode is None:
                kill_group(child.pid, signal.SIGKILL)
                with contextlib.suppress(ProcessLookupError):
                    await asyncio.shield(child.wait())
