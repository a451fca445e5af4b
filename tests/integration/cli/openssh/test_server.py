"""What OpenSSH's own server sees of an ssh that goes into a lease by its name."""

import os
import re
import socket
from collections.abc import Iterator

import pytest

from asgwarm.connect.keys import SessionKey
from tests.integration.cli.openssh.conftest import ME, TIMEOUT_S

pytestmark = pytest.mark.debian


@pytest.fixture
def keys_of_mine(desk) -> Iterator[set[str]]:
    """Two keys of the user's own: in a file that is configured, and in an agent."""
    lines = set()
    for name in ("file", "agent"):
        path = desk.home.folder / name
        desk.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path)
        lines.add(path.with_suffix(".pub").read_text().rpartition(" ")[0])
    with desk.config.open("a") as config:
        config.write(f"Host *\n    IdentityFile {desk.home.folder}/file\n")
        config.write("    IdentitiesOnly yes\n    StrictHostKeyChecking no\n")
    said = desk.run("ssh-agent", "-s").out.decode()
    variables = dict(re.findall(r"(SSH_\w+)=([^;]+);", said))
    desk.home.env |= variables
    desk.run("ssh-add", "-q", desk.home.folder / "agent")
    yield lines
    os.kill(int(variables["SSH_AGENT_PID"]), 15)


def test_one_key_is_offered_and_it_is_none_of_the_users(instance, desk, keys_of_mine):
    """Whatever the rest of the configuration and the user's agent have."""
    done = desk.ssh("-l", ME, "web.asgwarm", "echo in")

    assert done.out == b"in\n"
    assert len(set(instance.offered)) == 1
    assert not set(instance.offered) & keys_of_mine
    assert instance.server.log.count("Accepted publickey") == 1


def test_another_host_key_ends_it_before_authentication(instance, desk, keys_of_mine):
    """The row pins it; a configuration that accepts anything changes nothing."""
    instance.leads_here(host_key=SessionKey.generate().public_line)

    done = desk.ssh("-l", ME, "web.asgwarm", "true", code=255)

    assert "verification failed" in done.err
    assert instance.offered == []
    assert "userauth-request" not in instance.server.log


def test_a_key_that_is_known_late_is_offered_again(instance, desk):
    """On the same connection; a hardened sshd allows four tries."""
    counted = f"[ $(wc -l < {instance.server.folder}/asked) -gt 1 ]"
    instance.accept(f'{counted} && echo "$1 $2"')

    done = desk.ssh("-l", ME, "web.asgwarm", "echo in")

    assert done.out == b"in\n"
    assert len(set(instance.offered)) == 1
    assert instance.server.log.count("Connection from") == 2  # one asked if it is up


def test_a_key_that_stays_unknown_is_refused(instance, desk):
    """And nothing hangs; the next connection has another key."""
    instance.accept("")

    desk.ssh("-l", ME, "web.asgwarm", "true", code=255)
    instance.accept('echo "$1 $2"')
    desk.ssh("-l", ME, "web.asgwarm", "true")

    assert len(set(instance.offered)) == 2


def test_ports_are_forwarded_as_editors_do_it(instance, desk, unused_tcp_port):
    """`-T -D PORT HOST sh` with a script on its input, and a way through."""
    process = desk.start(*("-T", "-D", unused_tcp_port, "-l", ME, "web.asgwarm", "sh"))
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"echo ready\n")
    process.stdin.flush()
    assert process.stdout.readline() == b"ready\n"

    with socket.create_connection(("127.0.0.1", unused_tcp_port), TIMEOUT_S) as way:
        way.sendall(b"\x05\x01\x00")  # SOCKS 5, no authentication
        assert way.recv(2) == b"\x05\x00"
        where = socket.inet_aton("127.0.0.1") + instance.server.port.to_bytes(2, "big")
        way.sendall(b"\x05\x01\x00\x01" + where)
        assert way.recv(10)[:2] == b"\x05\x00"
        assert way.recv(8) == b"SSH-2.0-"

    process.communicate(b"exit 3\n", timeout=TIMEOUT_S)
    assert process.returncode == 3
