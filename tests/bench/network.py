"""A client and a region with a wire of a chosen length between them.

Two network namespaces stand at the two ends, and `forwarder.c` carries the packets, so
that TCP's handshakes, Nagle's algorithm and delayed ACKs are the kernel's own. Needs
root and a C compiler.

Rule 1: both namespaces, what runs in them and their part of /etc are gone at the end,
also when the bench is interrupted. What a killed bench left is removed by the next.
Rule 2: the region's user exists in the region's namespace only.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.command import BenchFailed, output_of, running

DEVICE = "bench0"
CLIENT, REGION = "198.18.0.1", "198.18.0.2"  # RFC 2544: networks for benchmarks
OS_USER, UID = "ec2-user", 54_321
HOSTS = tuple(
    f"{service}.us-east-1.amazonaws.com"
    for service in ("dynamodb", "ec2", "ec2-instance-connect")
)
PREFIX = "asgwarm-bench-"  # of everything that a bench makes, then its process id
_ETC, _NAMESPACES = Path("/etc/netns"), Path("/run/netns")


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Where things are started, where they listen, and where a client finds them.

    Args:
        client: What comes before a command to run it at the client's end.
        region: The same for the region's end.
        environment: What a client needs to know to find AWS.
    """

    how: str
    client: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    listen: str
    aws_port: int
    sshd_port: int
    address: str
    ssh_port: int
    os_user: str
    environment: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def tunnelled(rtt_ms: int, folder: Path) -> Iterator[Network]:
    """Join two new namespaces by a wire with a round trip of *rtt_ms*.

    Args:
        folder: For the forwarder, and the home of the region's user.

    Raises:
        BenchFailed: A program is missing or failed; says which.
    """
    _sweep()
    client, region = (f"{PREFIX}{os.getpid()}-{end}" for end in ("client", "region"))
    with ExitStack() as stack:
        for name in (client, region):
            stack.callback(_remove, name)
            output_of("ip", "netns", "add", name)
            output_of("ip", "-n", name, "link", "set", "lo", "up")
        _write_etc(client, region, _home(folder))
        stack.enter_context(_wire(client, region, rtt_ms, _forwarder(folder)))
        for name, address in ((client, CLIENT), (region, REGION)):
            within = ("ip", "-n", name)
            output_of(*within, "address", "add", f"{address}/30", "dev", DEVICE)
            output_of(*within, "link", "set", DEVICE, "up")
        yield Network(
            how="two network namespaces, two TUN devices, a forwarder between them",
            client=("ip", "netns", "exec", client),
            region=("ip", "netns", "exec", region),
            listen=REGION,
            aws_port=443,
            sshd_port=22,
            address=REGION,
            ssh_port=22,
            os_user=OS_USER,
        )


def _home(folder: Path) -> Path:
    """Make an empty home: no rc file of this machine's takes its time."""
    home = folder / "home"
    home.mkdir(mode=0o755, exist_ok=True)
    os.chown(home, UID, UID)
    return home


def _write_etc(client: str, region: str, home: Path) -> None:
    """Write what `ip netns exec` lays over /etc for the two ends."""
    lines = [f"{REGION} {host}" for host in HOSTS]
    hosts = "\n".join(["127.0.0.1 localhost", *lines, ""])
    for name in (client, region):
        (_ETC / name).mkdir(mode=0o755, parents=True)
        (_ETC / name / "hosts").write_text(hosts)
        (_ETC / name / "resolv.conf").write_text("")  # nobody is asked for a name
    users = Path("/etc/passwd").read_text().splitlines()
    others = [line for line in users if not line.startswith(f"{OS_USER}:")]
    ours = f"{OS_USER}:x:{UID}:{UID}::{home}:/bin/bash"
    (_ETC / region / "passwd").write_text("\n".join([*others, ours, ""]))


def _forwarder(folder: Path) -> Path:
    program, source = folder / "forwarder", Path(__file__).with_name("forwarder.c")
    output_of("cc", "-O2", "-Wall", "-o", str(program), str(source))
    return program


@contextmanager
def _wire(client: str, region: str, rtt_ms: int, program: Path) -> Iterator[None]:
    ends = [str(_NAMESPACES / name) for name in (client, region)]
    command = [str(program), *ends, DEVICE, str(rtt_ms * 1000 // 2)]
    with running(command, stdout=subprocess.PIPE) as forwarder:
        if forwarder.stdout is None or forwarder.stdout.readline() != b"ready\n":
            raise BenchFailed("the forwarder did not start; is /dev/net/tun there?")
        yield


def _remove(name: str) -> None:
    """End what runs in a namespace, then the namespace and its part of /etc."""
    if (_NAMESPACES / name).exists():
        for pid in output_of("ip", "netns", "pids", name).split():
            _kill(int(pid))
        output_of("ip", "netns", "delete", name)
    shutil.rmtree(_ETC / name, ignore_errors=True)
    if _ETC.is_dir() and not any(_ETC.iterdir()):
        _ETC.rmdir()


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _sweep() -> None:
    """Remove what a bench left that was killed."""
    for found in _NAMESPACES.glob(f"{PREFIX}*"):
        if _is_dead(found):
            _remove(found.name)
    for found in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if _is_dead(found):
            shutil.rmtree(found)


def _is_dead(found: Path) -> bool:
    pid = found.name.removeprefix(PREFIX).split("-")[0]
    return not Path("/proc", pid).exists()
