"""OpenSSH's own programs on a leased instance, with a key pushed by the `aws` command.

asgwarm only said which instance, and which host key it has.
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from asgwarm.connect.keys import SessionKey

pytestmark = pytest.mark.debian

KEY_TTL_S = 60
OUTPUT_BYTES = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The way to a leased instance, for programs of OpenSSH."""

    desk: Any
    lease: dict[str, Any]
    folder: Path

    @property
    def options(self) -> list[str]:
        """Only our key, only the host key that the registry has."""
        settings = {
            "BatchMode": "yes",
            "IdentitiesOnly": "yes",
            "IdentityFile": str(self.folder / "key"),
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": str(self.folder / "known_hosts"),
            "User": self.lease["user"],
            "Port": str(self.lease["port"]),
        }
        options = [word for k, v in settings.items() for word in ("-o", f"{k}={v}")]
        return ["-F", "none", *options]

    def know(self, host_key: str) -> None:
        """Have exactly this host key in the file of known hosts."""
        place = f"[{self.lease['host']}]:{self.lease['port']}"
        (self.folder / "known_hosts").write_text(f"{place} {host_key}\n")

    def push(self) -> None:
        """Make a key and push it."""
        (self.folder / "key").unlink(missing_ok=True)
        self.desk.run(
            *("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "somebody@desk"),
            *("-f", self.folder / "key"),
        )
        self.desk.aws(
            *("ec2-instance-connect", "send-ssh-public-key"),
            *("--instance-id", self.lease["instance_id"]),
            *("--instance-os-user", self.lease["user"]),
            *("--ssh-public-key", f"file://{self.folder}/key.pub"),
        )

    def ssh(self, *command: str, flags: str = "-T", code: int = 0, **more: Any) -> Any:
        """Run `ssh`."""
        words = [*self.options, flags, self.lease["host"], *command]
        return self.desk.run("ssh", *words, code=code, **more)


@pytest.fixture(scope="module")
def lease(deployed):
    """A lease, as another program gets it."""
    programs = ("ssh", "ssh-keygen", "scp", "sftp", "rsync")
    if missing := [name for name in programs if shutil.which(name) is None]:
        pytest.skip(f"needs {', '.join(missing)}: tests/install-debian")
    said = deployed.asgwarm("get", "dev", "--json", "--no-shell").stdout
    return json.loads(said)


@pytest.fixture
def way(deployed, lease, tmp_path):
    """The way in, with a key that was just pushed."""
    way = Way(desk=deployed, lease=lease, folder=tmp_path)
    way.know(lease["host_key"])
    way.push()
    return way


def test_a_command_has_its_streams_and_its_exit_code(way):
    """As on any other machine."""
    done = way.ssh("echo out; echo err >&2; exit 7", code=7)

    assert (done.stdout, done.stderr) == ("out\n", "err\n")


def test_a_terminal_can_be_had(way):
    """With -tt, although the client has none itself."""
    done = way.ssh("tty; stty size", flags="-tt")

    assert done.stdout.startswith("/dev/pts/")


def test_a_megabyte_passes_unchanged_in_both_directions(way):
    """Bytes of every value, through a command's input and output."""
    sent = bytes(range(256)) * (OUTPUT_BYTES // 256)

    done = way.ssh("cat", input=sent, text=False)

    assert done.stdout == sent


def test_files_are_copied_there_and_back(way):
    """By scp, by sftp and by rsync."""
    here, host, run = way.folder, way.lease["host"], way.desk.run
    (here / "sent").write_bytes(bytes(range(256)) * 100)

    run("scp", "-q", *way.options, here / "sent", f"{host}:first")
    run("sftp", "-q", *way.options, host, input="rename first second\n")
    shell = " ".join(["ssh", *way.options])
    run("rsync", "-e", shell, f"{host}:second", here / "received")

    assert (here / "received").read_bytes() == (here / "sent").read_bytes()


def test_another_host_key_ends_the_connection(way):
    """The pinned key is what makes the difference."""
    way.know(SessionKey.generate().public_line)

    done = way.ssh("true", code=255)

    assert "verification failed" in done.stderr


def test_a_key_that_was_not_pushed_is_refused(way):
    """A valid lease is no way in by itself."""
    (way.folder / "key").unlink()
    way.desk.run(
        "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", way.folder / "key"
    )

    done = way.ssh("true", code=255)

    assert "Permission denied" in done.stderr


def test_a_pushed_key_is_good_for_a_minute(way):
    """Then it is refused; until then it may be used again and again."""
    way.ssh("true")
    way.desk.control.advance(KEY_TTL_S - 20)
    way.ssh("true")

    way.desk.control.advance(21)

    done = way.ssh("true", code=255)
    assert "Permission denied" in done.stderr
