"""OpenSSH's server that asks the metadata service for keys, as on EC2: each trouble.

What `asgwarm connect` does is all real: the key is pushed through the region's EC2
Instance Connect, where the server looks for it when it is offered.
"""

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.cli.conftest import Done
from tests.integration.cli.openssh.conftest import ME, TIMEOUT_S, Instance
from tests.integration.cli.wire import Wire
from tests.integration.connect.openssh import Sshd, until_it_answers

pytestmark = pytest.mark.debian

IMDS = "AWS_EC2_METADATA_SERVICE_ENDPOINT"
# What eic_run_authorized_keys does, but for checking AWS's signature. `before` may use
# `asked`: how often it was asked.
KEYS = """#!{python}
import pathlib, sys, time, urllib.request
folder = pathlib.Path({folder!r})
with (folder / "asked").open("a") as log:
    log.write("asked\\n")
asked = len((folder / "asked").read_text().splitlines())
{before}
def ask(path, method="GET", **headers):
    about = urllib.request.Request({imds!r} + path, method=method, headers=headers)
    return urllib.request.urlopen(about).read().decode()
ttl = {{"X-aws-ec2-metadata-token-ttl-seconds": "5"}}
token = ask("/latest/api/token", "PUT", **ttl)
path = "/latest/meta-data/managed-ssh-keys/active-keys/{me}/"
sys.stdout.write(ask(path, **{{"X-aws-ec2-metadata-token": token}}))
"""
# Waits until the test says so, the first time that it is asked.
HELD = """
while asked == 1 and not (folder / "go").exists():
    time.sleep(0.01)
"""


@dataclass
class OnEc2:
    """The lease `web`, and the sshd that it leads to."""

    instance: Instance
    imds: str

    @property
    def server(self) -> Sshd:
        return self.instance.server

    def looks_up(self, before: str = "pass") -> None:
        """Let sshd look keys up in the metadata service, and do *before* before."""
        text = KEYS.format(
            python=sys.executable,
            folder=str(self.server.folder),
            before=before,
            imds=self.imds,
            me=ME,
        )
        (self.server.folder / "known_keys").write_text(text)

    def go(self) -> None:
        """Let a lookup go on that is HELD."""
        (self.server.folder / "go").touch()

    def configure(self, line: str) -> None:
        """Start the server anew with another line of configuration."""
        config = self.server.folder / "config"
        config.write_text(f"{line}\n{config.read_text()}")
        self.start_anew()

    def start_anew(self) -> None:
        """End the server and start it with what its folder says now."""
        self.instance.stop()
        self.instance.listen()
        asyncio.run(until_it_answers(self.server.port))

    def connect(self, *command: str) -> Done:
        """Run a command on the instance."""
        return self.instance.desk.home.run("connect", "web", "--", *command)

    def start(self, *command: str) -> "subprocess.Popen[bytes]":
        """Begin to run a command on the instance."""
        return self.instance.desk.home.start("connect", "web", "--", *command)

    def until(self, done: Callable[[], Any]) -> Any:
        """Return when *done* says so."""
        return self.instance.pool.region.until(done)

    def pushes(self) -> int:
        """How often a key was pushed."""
        calls = self.instance.pool.region.control.requests()
        return sum(call["action"] == "SendSSHPublicKey" for call in calls)


@pytest.fixture
def on_ec2(desk: Any, own_pool: Any, request: pytest.FixtureRequest) -> OnEc2:
    """A lease `web` whose sshd asks the metadata service of the instance."""
    desk.home.run("get", own_pool.name, "--name", "web", "--no-shell")
    said = desk.home.run("connect", "web", "--", "printenv", IMDS)
    made = OnEc2(request.getfixturevalue("instance"), said.out.decode().strip())
    made.looks_up()
    return made


@contextmanager
def wire_to(on_ec2: OnEc2) -> Iterator[Wire]:
    """Put a wire between the user and the server."""
    wire = Wire("127.0.0.1", on_ec2.server.port)
    on_ec2.instance.leads_here(port=wire.port)
    try:
        yield wire
    finally:
        wire.close()


def ended(process: "subprocess.Popen[bytes]") -> Done:
    """Wait for a command line's end."""
    out, err = process.communicate(timeout=TIMEOUT_S)
    return Done(process.returncode, out, err.decode())


@pytest.mark.parametrize(
    "slow_s", [0, 1, pytest.param(6, marks=pytest.mark.long)], ids="{} s".format
)
def test_a_pushed_key_is_found_however_long_the_lookup_takes(on_ec2, slow_s):
    """One push, one lookup, one connection."""
    on_ec2.looks_up(f"time.sleep({slow_s})")
    before = on_ec2.pushes()

    done = on_ec2.connect("echo in")

    assert (done.code, done.out) == (0, b"in\n")
    assert on_ec2.pushes() - before == 1
    assert on_ec2.server.lookups == 1


def test_a_key_that_expired_meanwhile_is_pushed_again(on_ec2):
    """On the same connection: sshd asks again when it is offered again."""
    on_ec2.looks_up(HELD)
    before = on_ec2.pushes()
    process = on_ec2.start("echo in")
    on_ec2.until(lambda: on_ec2.server.lookups)
    on_ec2.instance.pool.region.control.advance(61)
    on_ec2.go()

    assert ended(process).out == b"in\n"
    assert on_ec2.pushes() - before == 2
    assert "Failed publickey" in on_ec2.server.log


def test_a_key_is_good_for_its_own_user_and_instance(on_ec2):
    """The one who asks for another user's keys gets none of ours."""
    on_ec2.imds = on_ec2.imds.rpartition("/")[0] + "/of-another-instance"
    on_ec2.looks_up()

    done = on_ec2.connect("true")

    assert done.code == 125
    assert f"the key is not accepted for {ME}" in done.err


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_a_machine_that_took_the_address_sees_no_byte_of_authentication(on_ec2, kind):
    """Whatever kind of key it has, and whatever the user's own ssh believes of it."""
    home, host_key = on_ec2.instance.desk.home, on_ec2.server.folder / "host_key"
    host_key.unlink()
    on_ec2.instance.desk.run("ssh-keygen", "-qt", kind, "-N", "", "-f", host_key)
    shown = host_key.with_suffix(".pub").read_text()
    known = home.folder / ".ssh/known_hosts"
    known.write_text(f"[127.0.0.1]:{on_ec2.server.port} {shown}")
    on_ec2.start_anew()

    done = on_ec2.connect("true")

    assert done.code == 125
    said = "another machine" if kind == "ed25519" else "no ssh-ed25519 host key"
    assert said in done.err
    assert on_ec2.server.lookups == 0
    assert "userauth-request" not in on_ec2.server.log


def test_a_restart_of_the_server_ends_no_session_and_the_next_one_gets_in(on_ec2):
    """While it is down, a connection is tried again."""
    process = on_ec2.start("cat; echo still here")
    on_ec2.until(lambda: "Accepted publickey" in on_ec2.server.log)
    on_ec2.instance.stop()
    waiting = on_ec2.start("echo in")
    before = on_ec2.pushes()
    on_ec2.until(lambda: on_ec2.pushes() > before)
    on_ec2.instance.listen()

    assert ended(waiting).out == b"in\n"
    assert ended(process).out == b"still here\n"


def test_a_server_that_freezes_for_a_while_is_waited_for(on_ec2):
    """TCP is answered by the kernel, and nothing else."""
    daemon = on_ec2.instance.daemon
    assert daemon
    before = on_ec2.pushes()
    daemon.send_signal(signal.SIGSTOP)
    process = on_ec2.start("echo in")
    on_ec2.until(lambda: on_ec2.pushes() > before)
    daemon.send_signal(signal.SIGCONT)

    assert ended(process).out == b"in\n"


def test_a_reset_before_the_login_costs_one_connection(on_ec2):
    """The key is good for the next one as well."""
    on_ec2.looks_up(HELD)
    with wire_to(on_ec2) as wire:
        process = on_ec2.start("echo in")
        on_ec2.until(lambda: on_ec2.server.lookups)
        wire.cut()
        on_ec2.until(lambda: on_ec2.server.lookups > 1)
        on_ec2.go()

        assert ended(process).out == b"in\n"


def test_a_reset_in_a_session_is_said_and_the_lease_is_kept(on_ec2, tmp_path):
    """255, as ssh has it, and the command that goes on."""
    started = tmp_path / "started"
    with wire_to(on_ec2) as wire:
        process = on_ec2.start(f"touch {started}; exec sleep 1000")
        on_ec2.until(started.exists)
        wire.cut()

        done = ended(process)
        assert done.code == 255
        assert "the SSH connection broke" in done.err
        assert "hint: asgwarm connect web" in done.err
        assert on_ec2.connect("echo on").out == b"on\n"


@pytest.mark.long
def test_a_half_open_connection_is_noticed_within_a_minute(on_ec2, tmp_path):
    """Nothing comes any more, not even an end."""
    started = tmp_path / "started"
    with wire_to(on_ec2) as wire:
        process = on_ec2.start(f"touch {started}; exec sleep 1000")
        on_ec2.until(started.exists)
        wire.silence()

        done = ended(process)
        assert done.code == 255
        assert "not responding" in done.err
        assert "hint: asgwarm connect web" in done.err


@contextmanager
def at_the_door(on_ec2: OnEc2) -> Iterator[None]:
    """Connect, once nobody else does, and do not log in."""
    while True:
        with socket.create_connection(("127.0.0.1", on_ec2.server.port)) as first:
            if first.recv(100).startswith(b"SSH-"):
                yield
                return


def test_a_server_with_too_many_at_its_door_is_tried_again(on_ec2):
    """MaxStartups: whoever has not logged in yet keeps others out."""
    on_ec2.configure("MaxStartups 1")
    with at_the_door(on_ec2):
        kept_out = on_ec2.server.log.count("past MaxStartups")
        process = on_ec2.start("echo in")
        on_ec2.until(lambda: on_ec2.server.log.count("past MaxStartups") > kept_out)

    assert ended(process).out == b"in\n"


def test_a_server_that_stays_full_is_named(on_ec2):
    """What it may be, and nothing hangs."""
    on_ec2.configure("MaxStartups 1")
    with at_the_door(on_ec2):
        done = on_ec2.connect("true")

    assert done.code == 125
    assert "MaxStartups" in done.err
