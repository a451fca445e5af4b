"""The instances' SSH server: OpenSSH's own, with EC2 Instance Connect's lookup.

Rule 1: it is started once in a run and never again: sshd draws how far it pads its
answers at each start, and a table would mix two of them.
Rule 2: the lookup is a program of the system's, with our files as its arguments. sshd
starts only what nobody but root can write, and a folder of the bench's is not that.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.command import BenchFailed, output_of, running
from tests.bench.conditions import Conditions
from tests.bench.network import Network

_PATHS = ("/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/bin/sshd")
_CONFIG = """\
ListenAddress {listen}
Port {port}
HostKey {folder}/host_key
PidFile none
AuthorizedKeysFile {folder}/standing.pub
AuthorizedKeysCommand {lookup}
AuthorizedKeysCommandUser {lookup_user}
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
PrintMotd no
PrintLastLog no
LogLevel ERROR
"""
# The guest's own script starts some 118 programs, and that is what its time goes to.
_SLOW = """\
end=$((${EPOCHREALTIME/./} + $2 * 1000))
while ((${EPOCHREALTIME/./} < end)); do /usr/bin/env true; done
cat "$1"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The files of an sshd: host key, a user's standing key, what was pushed."""

    folder: Path

    @property
    def host_key(self) -> str:
        """The public half, as `ssh-ed25519 AAAA…`."""
        line = (self.folder / "host_key.pub").read_text()
        return " ".join(line.split()[:2])

    @property
    def standing(self) -> Path:
        """A private key that is let in without a push."""
        return self.folder / "standing"

    @property
    def pushed(self) -> Path:
        """What the lookup prints."""
        return self.folder / "pushed"


def make_keys(folder: Path) -> Keys:
    """Make the keys of an sshd in a new folder."""
    folder.mkdir(mode=0o755)
    for name in ("host_key", "standing"):
        new = ("-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(folder / name))
        output_of("ssh-keygen", *new)
    keys = Keys(folder=folder)
    keys.pushed.write_text("")
    return keys


@contextmanager
def serving(keys: Keys, network: Network, conditions: Conditions) -> Iterator[None]:
    """Run an sshd; it may not listen yet when the block begins.

    Raises:
        BenchFailed: There is none on this computer.
    """
    program = next((path for path in _PATHS if Path(path).exists()), None)
    if program is None:
        raise BenchFailed("there is no sshd: tests/install-debian installs it")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # it will not start without
    config, log = keys.folder / "config", keys.folder / "log"
    config.write_text(
        _CONFIG.format(
            listen=network.listen,
            port=network.sshd_port,
            folder=keys.folder,
            lookup=_lookup(keys, conditions),
            lookup_user="root" if os.geteuid() == 0 else network.os_user,
        )
    )
    command = [*network.region, program, "-D", "-e", "-f", str(config)]
    with log.open("wb") as errors, running(command, stderr=errors):
        yield


def _lookup(keys: Keys, conditions: Conditions) -> str:
    if not conditions.lookup_ms:
        return f"/bin/cat {keys.pushed}"
    script = keys.folder / "lookup"
    script.write_text(_SLOW)
    return f"/bin/bash {script} {keys.pushed} {conditions.lookup_ms}"
