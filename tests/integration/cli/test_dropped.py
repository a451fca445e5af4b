"""What is left when the network between a user and their instance breaks."""

import shutil
import signal
import termios

import pytest

from tests.integration.cli.wire import wired


@pytest.fixture
def wires(own_pool):
    """The wires to the instances that are ready."""
    own_pool.until_ready(2)
    with wired(own_pool) as made:
        yield made


def cut(wires):
    """Break the network."""
    for wire in wires:
        wire.cut()


def test_the_lease_survives_and_connect_goes_on(own_home, own_pool, wires, tmp_path):
    """255, the command that goes back, and what was there is still there."""
    started = tmp_path / "started"
    process = own_home.start(
        *("get", "dev", "--name", "web", "--"),
        f"echo was here > note; touch {started}; exec sleep 1000",
    )
    own_pool.region.until(started.exists)
    ((lease_id, _),) = own_pool.leased().items()

    cut(wires)

    _, err = process.communicate(timeout=20)
    assert process.returncode == 255
    message, hint = err.decode().splitlines()
    assert message.startswith("error: the SSH connection broke: ")
    assert message.endswith(f"; {lease_id} is still yours")
    assert hint == "hint: asgwarm connect web"
    back = own_home.run(*hint.split()[2:], "--", "cat note")
    assert (back.code, back.out) == (0, b"was here\n")
    assert own_home.run("release", "web").code == 0


def test_a_shell_that_breaks_gives_the_terminal_back(
    own_home, own_pool, wires, terminal
):
    """And its lease is named where it has no name."""
    before = termios.tcgetattr(terminal.screen)
    process = own_home.start(
        *("get", "dev"),
        stdin=terminal.screen,
        stdout=terminal.screen,
        stderr=terminal.screen,
    )
    terminal.type(b"echo so$((40+2))far\n")
    terminal.until(b"so42far")
    ((lease_id, _),) = own_pool.leased().items()

    cut(wires)

    assert process.wait(20) == 255
    terminal.until(f"hint: asgwarm connect {lease_id}".encode())
    assert termios.tcgetattr(terminal.screen) == before
    assert own_home.run("release", lease_id).code == 0


@pytest.mark.debian
@pytest.mark.skipif(not shutil.which("tmux"), reason="needs tmux")
def test_with_tmux_the_same_shell_is_found_again(own_home, own_pool, wires, terminal):
    """What was set there before the network broke is set there after."""
    env = own_home.env | {"TERM": "xterm-256color"}
    screen = dict.fromkeys(("stdin", "stdout", "stderr"), terminal.screen)
    process = own_home.start("get", "dev", "--name", "tm", "--tmux", env=env, **screen)
    terminal.type(b"word=so$((40+2))far; echo $word\n")
    terminal.until(b"so42far\r\n")
    cut(wires)
    assert process.wait(20) == 255
    terminal.until(b"hint: asgwarm connect tm")
    terminal.seen = b""

    process = own_home.start("connect", "tm", "--tmux", env=env, **screen)
    terminal.until(b"so42far")
    terminal.type(b"echo again $word; exit\n")

    terminal.until(b"again so42far")
    assert process.wait(20) == 0
    assert own_home.run("release", "tm").code == 0


def test_without_a_shell_the_break_is_told_as_well(own_home, own_pool, wires):
    """`-N` does not wait for ever for a connection that is gone."""
    process = own_home.start("get", "dev", "-N")
    process.stderr.readline()
    assert process.stderr.readline() == b"connected until Ctrl-C\n"
    ((lease_id, _),) = own_pool.leased().items()

    cut(wires)

    _, err = process.communicate(timeout=20)
    assert process.returncode == 255
    assert f"hint: asgwarm connect {lease_id}" in err.decode()
    assert own_home.run("release", lease_id).code == 0


def test_a_lease_that_somebody_ended_is_no_network_that_broke(own_home, own_pool):
    """6, and who is told why is not told to go back."""
    own_pool.until_ready()
    process = own_home.start("get", "dev", "-N")
    process.stderr.readline()
    ((lease_id, _),) = own_pool.leased().items()

    assert own_home.run("release", lease_id, "--force").code == 0

    _, err = process.communicate(timeout=40)
    assert process.returncode == 6
    assert f"lease {lease_id}" in err.decode()
    assert "asgwarm connect" not in err.decode()


def test_keep_and_a_signal_are_as_before(own_home, own_pool, tmp_path):
    """What was to be kept is kept after SIGINT, too."""
    own_pool.until_ready()
    started = tmp_path / "started"
    process = own_home.start(
        "get", "dev", "--keep", "--", f"touch {started}; exec sleep 1000"
    )
    own_pool.region.until(started.exists)

    process.send_signal(signal.SIGINT)

    assert process.wait(20) == 130
    ((lease_id, _),) = own_pool.leased().items()
    assert own_home.run("release", lease_id).code == 0
