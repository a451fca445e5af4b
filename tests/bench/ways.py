"""The ways from nothing to a command's first byte, side by side.

A way is one command line; what it needs to know stands in its environment. A new way
is one more line of `WAYS`. `limit` is no way: it is computed from the conditions.

Rule 1: a way is what its users would type. No way reads the settings of whoever runs
the bench: its environment is all that it knows.
Rule 2: what makes a connection ahead of the question is made before the first round,
and its time is not counted.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.command import REPOSITORY, running
from tests.bench.ec2 import KNOWN
from tests.bench.network import Network
from tests.bench.sshd import Keys
from tests.bench.supply import POOL

FLOWS = Path(__file__).with_name("flows")
SAYS = "here"
REMOTE = ("echo", SAYS)
PRODUCT = "one-shot"
_BIN = Path(sys.executable).parent
ASGWARM = str(_BIN / "asgwarm")
_PATH = f"{REPOSITORY}/.venv-aws/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The client's end: where it keeps files, and what it knows of the region."""

    folder: Path
    network: Network
    keys: Keys
    trusted: Path

    def environment(self) -> dict[str, str]:
        """A shell's variables, all of them."""
        network = self.network
        return {
            **told(self.folder),
            "AWS_CA_BUNDLE": str(self.trusted),
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "SSH_ADDRESS": network.address,
            "SSH_PORT": str(network.ssh_port),
            "OS_USER": network.os_user,
            "INSTANCE": KNOWN,
            "KNOWN_HOSTS": str(self.known_hosts),
            **network.environment,
        }

    @property
    def known_hosts(self) -> Path:
        """The pinned host key, for OpenSSH."""
        return self.folder / "known_hosts"

    @property
    def control_path(self) -> Path:
        """The socket of OpenSSH's master."""
        return self.folder / "master"

    def ssh(self, *options: str) -> list[str]:
        """OpenSSH's command to the instance, with the standing key."""
        network = self.network
        return [
            *("ssh", "-F", "none", "-i", str(self.keys.standing)),
            *("-o", "IdentitiesOnly=yes", "-o", "LogLevel=ERROR"),
            *("-o", f"UserKnownHostsFile={self.known_hosts}"),
            *("-p", str(network.ssh_port), *options),
            f"{network.os_user}@{network.address}",
        ]


def told(folder: Path) -> dict[str, str]:
    """The variables that every way is started with, at home in *folder*."""
    return {
        "PATH": _PATH,
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "LOGNAME": "bench",
        "TMPDIR": str(folder),
        "POOL": POOL,
        "OWNER": "bench@client",
        "REMOTE_COMMAND": " ".join(REMOTE),
    }


def product() -> list[str]:
    """The product's one-shot command, of this checkout."""
    return [ASGWARM, "get", POOL, "--", *REMOTE]


def at_agent(desk: Desk, name: str) -> list[str]:
    """What leads a command of the product to an agent that is called *name* here."""
    folder = desk.folder / name
    folder.mkdir(mode=0o700, exist_ok=True)
    return ["env", f"XDG_RUNTIME_DIR={folder}"]


def naive() -> list[str]:
    """The same by boto3 and asyncssh as they come."""
    return [str(_BIN / "python"), str(FLOWS / "naive.py")]


def commands(desk: Desk) -> dict[str, list[str]]:
    """The command lines by the names of the ways, in the order of a round."""
    return {name: line(desk) for name, line in WAYS.items()}


def _flow(name: str) -> Callable[[Desk], list[str]]:
    return lambda _: ["bash", str(FLOWS / f"{name}.sh")]


def _mssh(desk: Desk) -> list[str]:
    network = desk.network
    return [
        *(str(REPOSITORY / ".venv-mssh" / "bin" / "mssh"), "-F", "none"),
        *("-o", "LogLevel=ERROR", "-o", f"UserKnownHostsFile={desk.known_hosts}"),
        *("-p", str(network.ssh_port), f"{network.os_user}@{KNOWN}", *REMOTE),
    ]


def sit_down(desk: Desk) -> None:
    """Write what the desk knows of the instance's host key."""
    desk.folder.mkdir(mode=0o700)
    network = desk.network
    names = [network.address, f"[{network.address}]:{network.ssh_port}"]
    lines = [f"{name} {desk.keys.host_key}\n" for name in names]
    desk.known_hosts.write_text("".join(lines))


@contextmanager
def master(desk: Desk) -> Iterator[None]:
    """Keep OpenSSH's master connected; it may not be yet when the block begins."""
    command = [
        *desk.network.client,
        *desk.ssh("-M", "-N", "-S", str(desk.control_path)),
    ]
    with running(command, env=desk.environment()):
        yield


WAYS: dict[str, Callable[[Desk], list[str]]] = {
    PRODUCT: lambda _: product(),
    "agent": lambda desk: [*at_agent(desk, "agent"), *product()],
    "spare": lambda desk: [*at_agent(desk, "spare"), *product()],
    "naive": lambda _: naive(),
    "plain-ssh": lambda desk: [*desk.ssh(), *REMOTE],
    "controlmaster": lambda desk: [*desk.ssh("-S", str(desk.control_path)), *REMOTE],
    "simple-eic": _flow("simple-eic"),
    "mssh": _mssh,
    "seed-database": _flow("seed-database"),
    "seed-tags": _flow("seed-tags"),
}
NAMES = tuple(WAYS)
