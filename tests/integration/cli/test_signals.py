"""What Ctrl-C, SIGTERM, SIGHUP and SIGKILL leave behind: nothing that is paid for."""

import os
import signal
import termios
import time

import pytest

from tests.integration.pools import serve

ENDS = [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
PROMPTLY_S = 4.0  # two seconds to release, the rest for a busy computer


@pytest.mark.parametrize(("signum", "code"), ENDS)
def test_a_command_that_is_interrupted_is_given_back(
    home, pool, region, tmp_path, signum, code
):
    """A signal ends the remote command, the lease and the process, in that order."""
    pool.until_ready()
    started = tmp_path / "started"
    process = home.start("get", pool.name, "--", f"touch {started}; exec sleep 1000")
    region.until(started.exists)

    began = time.monotonic()
    process.send_signal(signum)

    assert process.wait(20) == code
    assert time.monotonic() - began < PROMPTLY_S
    assert pool.leased() == {}
    assert home.journal() == {}
    assert f"interrupted by {signum.name}".encode() in process.stderr.read()


@pytest.mark.parametrize(("signum", "code"), ENDS)
def test_a_shell_that_is_interrupted_leaves_the_terminal_as_it_was(
    home, pool, region, terminal, signum, code
):
    """The terminal is raw during the session and restored after a signal."""
    before = termios.tcgetattr(terminal.screen)
    pool.until_ready()
    process = home.start(
        *("get", pool.name),
        stdin=terminal.screen,
        stdout=terminal.screen,
        stderr=terminal.screen,
    )
    terminal.type(b"echo so$((40+2))far\n")
    terminal.until(b"so42far")
    during = termios.tcgetattr(terminal.screen)

    process.send_signal(signum)

    assert process.wait(20) == code
    assert during[3] & termios.ICANON == 0
    assert termios.tcgetattr(terminal.screen) == before
    assert pool.leased() == {}


def test_ctrl_c_in_a_shell_is_the_shells(home, pool, terminal):
    """Typed Ctrl-C reaches the remote command and ends neither session nor lease."""
    pool.until_ready()
    process = home.start(
        *("get", pool.name),
        stdin=terminal.screen,
        stdout=terminal.screen,
        stderr=terminal.screen,
    )
    trapped = b"trap 'echo cau$((40+2))ght; exit 9' INT; echo on$((40+2))"
    script = trapped.replace(b"$", b"\\$") + b"; while :; do sleep 0.1; done"
    terminal.type(b'exec sh -c "' + script + b'"\n')
    terminal.until(b"on42")

    terminal.type(b"\x03")
    terminal.until(b"cau42ght")

    assert process.wait(20) == 9
    assert pool.leased() == {}


def test_waiting_can_be_interrupted(home, region):
    """Who gives up waiting has taken nothing."""
    empty = serve(region, "empty", hot=0, warm=0, cap=1)
    process = home.start("get", empty.name, "--wait", "60s", "--", "true")
    assert process.stderr.readline().startswith(b"waiting: ")

    process.send_signal(signal.SIGINT)

    assert process.wait(20) == 130
    assert empty.leased() == {}
    assert home.journal() == {}


@pytest.mark.parametrize(
    ("service", "action"),
    [("dynamodb", "UpdateItem"), ("ec2-instance-connect", "*")],
    ids=["claim", "push"],
)
def test_an_interruption_on_the_way_in_strands_nothing(
    own_home, own_region, own_pool, service, action
):
    """Neither while the claim is on its way nor while the key is pushed."""
    pool = own_pool
    pool.until_ready()
    own_region.control.set_faults(
        http=[
            {"service": service, "action": action, "owner": "user"}
            | {"kind": "slow", "delay_s": 0.5, "count": 1}
        ]
    )
    process = own_home.start("get", "dev")
    own_region.until(lambda: own_region.control.status()["struck"])

    began = time.monotonic()
    process.send_signal(signal.SIGINT)

    assert process.wait(20) == 130
    assert time.monotonic() - began < PROMPTLY_S
    assert pool.leased() == {}
    assert own_home.journal() == {}


def test_a_claim_without_an_answer_is_written_down(own_home, own_region, own_pool):
    """Who leaves then leaves promptly, and can release by the id in the journal."""
    own_pool.until_ready()
    own_region.control.set_faults(
        http=[
            {"service": "dynamodb", "action": "UpdateItem", "owner": "user"}
            | {"kind": "slow", "delay_s": 6.0, "count": 1}
        ]
    )
    process = own_home.start("get", "dev", "--", "true")
    own_region.until(lambda: own_region.control.status()["struck"])

    process.send_signal(signal.SIGINT)
    began = time.monotonic()

    assert process.wait(20) == 130
    assert time.monotonic() - began < PROMPTLY_S
    ((lease_id, entry),) = own_home.journal().items()
    assert entry["outcome"] == "unknown"
    own_region.until(own_pool.leased)
    assert own_home.run("release", lease_id).code == 0
    assert own_pool.leased() == {}
    assert own_home.journal() == {}


def test_a_killed_holder_loses_the_lease_at_its_end(
    own_home, own_region, own_pool, tmp_path
):
    """SIGKILL releases nothing; the lease expires and its instance is replaced."""
    pool = own_pool
    pool.until_ready()
    started = tmp_path / "started"
    process = own_home.start(
        "get", "dev", "--ttl", "60s", "--", f"touch {started}; exec sleep 1000"
    )
    own_region.until(started.exists)
    ((lease_id, instance_id),) = pool.leased().items()

    process.kill()
    process.wait()
    assert pool.leased() == {lease_id: instance_id}
    own_region.control.advance(300)

    own_region.until(lambda: pool.rows()[instance_id]["st"] == "TERMINATED")
    row = pool.rows()[instance_id]
    assert (row["last_lease"], row["why"]) == (lease_id, "expired")
    assert instance_id not in pool.until_ready(2)
    assert own_home.run("connect", lease_id, "--", "true").code == 125
    assert own_home.journal() == {}


def test_nohup_is_respected(home, pool, region, tmp_path):
    """A signal that the parent has ignored stays ignored."""
    pool.until_ready()
    started, go_on = tmp_path / "started", tmp_path / "go-on"
    os.mkfifo(go_on)
    process = home.start(
        *("get", pool.name, "--", f"touch {started}; cat {go_on}; exit 4"),
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )
    region.until(started.exists)

    process.send_signal(signal.SIGHUP)
    go_on.write_text("on")

    assert process.wait(20) == 4
