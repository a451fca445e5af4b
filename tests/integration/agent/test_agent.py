"""The agent as a process: one for each user, whose end costs nobody anything."""

import fcntl
import os
import signal
import stat
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from tests.integration.agent.conftest import agent_home
from tests.integration.cli.conftest import home_in

GONE_WRONG = [
    ["get", "--help"],
    ["get", "--version"],
    ["get", "--nonsense"],
    ["get", "--ttl"],
    ["get", "no_pool", "--", "true"],
    ["get", "missing", "--", "true"],
    ["get", "--ttl", "1s", "{pool}", "--", "true"],
    ["get", "--ttl", "long", "{pool}", "--", "true"],
    ["get", "--no-shell", "{pool}", "--", "true"],
    ["get", "{pool}", "--"],
    ["get", "{pool}", "--", ""],
    ["--json", "get", "missing", "--", "true"],
    ["get", "--json", "--wait", "0s", "missing"],
]


def pid_of(home):
    """The process of the user's agent."""
    return home.agent("status")["pid"]


@pytest.mark.parametrize("argv", GONE_WRONG, ids=" ".join)
def test_what_goes_wrong_is_told_in_the_same_words(home, pool, argv):
    """Exit code, stdout and stderr are the same without an agent."""
    words = [word.format(pool=pool.name) for word in argv]

    with_agent = home.run(*words)
    without = home.run(*words, XDG_RUNTIME_DIR=str(home.folder / "nowhere"))

    assert with_agent == without


def test_who_starts_it_twice_hears_that_it_runs(home):
    """There is one, and it goes on; what was not said stays as it was."""
    before = home.agent("status")

    again = home.run("agent", "start")

    assert again.code == 0
    assert again.err == "it runs already\n"
    after = home.agent("start", "--for", "2h")
    assert after["pid"] == before["pid"]
    assert after["until"] < before["until"]
    assert after["spares_wanted"] == 0


def test_many_who_start_it_at_once_start_one(tmp_path, region):
    """All of them hear of the same process."""
    with home_in(tmp_path, **region.environment()) as home:
        starting = [home.start("agent", "start", "--json") for _ in range(4)]
        told = {process.communicate(timeout=60)[0] for process in starting}
        pids = {line.split(b'"pid": ')[1].split(b",")[0] for line in told}
        assert home.run("agent", "stop").err == "stopped\n"

    assert len(pids) == 1


def test_it_ends_when_it_is_told_to(home):
    """`stop` returns when the process is gone; nothing of it stays in the way."""
    assert home.run("agent", "stop").err == "stopped\n"

    with (home.folder / "run/asgwarm/agent/lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # its own for all its life
    assert home.agent("status") == {"schema": "asgwarm.agent/v1", "running": False}
    assert home.run("agent", "stop").err == "no agent is running\n"


def test_only_its_user_can_open_its_socket(home):
    """Folder 0700, socket 0600, and a log that is as private."""
    folder = home.folder / "run/asgwarm/agent"

    paths = (folder, *folder.iterdir())
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in paths}

    assert modes["agent"] == 0o700
    assert set(modes.values()) == {0o700, 0o600}
    assert stat.S_ISSOCK((folder / "socket").stat().st_mode)


def test_a_folder_that_others_can_enter_is_refused(tmp_path):
    """Whoever made it might have put something there."""
    with home_in(tmp_path) as home:
        (tmp_path / "run/asgwarm/agent").mkdir(parents=True, mode=0o777)
        (tmp_path / "run/asgwarm/agent").chmod(0o755)

        done = home.run("agent", "start")

    assert done.code == 2
    assert "not a folder of yours alone" in done.err


def test_its_memory_is_never_written_to_a_file(home):
    """What it holds are credentials: a crash writes no file with them."""
    status = Path(f"/proc/{pid_of(home)}/limits").read_text()

    core = next(line for line in status.splitlines() if "core file" in line)
    assert core.split()[4:6] == ["0", "0"]


def test_other_keys_are_used_and_no_others(home, pool):
    """What a front's environment says counts, also where boto3 tries again."""
    pool.until_ready()
    env = {"AWS_SECRET_ACCESS_KEY": "another"}

    with_agent = home.run("get", pool.name, "--", "true", **env)

    env |= {"XDG_RUNTIME_DIR": str(home.folder / "nowhere")}
    assert with_agent == home.run("get", pool.name, "--", "true", **env)
    assert with_agent.code == 125
    assert home.agent("status")["served"] == 1


def test_letters_of_another_encoding_go_the_usual_way(home, pool):
    """What is said is written as the user's terminal shows it."""
    pool.until_ready()

    done = home.run("get", pool.name, "--", "exit 3", PYTHONIOENCODING="latin-1")

    assert done.code == 3
    assert home.agent("status")["served"] == 0


def test_settings_that_only_boto3_knows_go_the_usual_way(home, pool):
    """It reads them from the environment of its process, which is not the agent's."""
    pool.until_ready()
    env = {"AWS_USE_DUALSTACK_ENDPOINT": "false"}

    assert home.run("get", pool.name, "--", "exit 3", **env).code == 3
    assert home.agent("status")["served"] == 0


def test_persist_starts_it_and_goes_through_it(tmp_path, region, pool):
    """The first `get` starts the agent, the second finds it."""
    with agent_home(tmp_path, **region.environment()) as home:
        home.agent("stop")
        pool.until_ready(2)

        first = home.run("get", pool.name, "--persist", "--", "echo one")
        second = home.run("get", pool.name, "--persist", "--", "echo two")

        assert (first.code, first.out, second.code, second.out) == (
            *(0, b"one\n"),
            *(0, b"two\n"),
        )
        assert home.agent("status")["served"] == 2


def test_a_stale_socket_is_in_nobodys_way(home, pool):
    """After SIGKILL the next `get` goes the usual way, and `start` starts anew."""
    pool.until_ready()
    pid = pid_of(home)
    os.kill(pid, signal.SIGKILL)

    assert home.run("get", pool.name, "--", "exit 3").code == 3
    assert home.agent("start")["pid"] != pid


def test_an_agent_that_dies_is_an_error_and_runs_nothing_twice(
    home, pool, region, tmp_path
):
    """The front says so with 255, once the command may have been started."""
    pool.until_ready()
    runs = tmp_path / "runs"
    command = f"echo run >> {runs}; exec sleep 1000"
    process = home.start("get", pool.name, "--ttl", "60s", "--", command)
    region.until(runs.exists)
    ((lease_id, _),) = pool.leased().items()

    os.kill(pid_of(home), signal.SIGKILL)

    _, err = process.communicate(timeout=20)
    assert process.returncode == 255
    assert err == b"error: the agent ended in the middle\nhint: asgwarm ls\n"
    assert runs.read_text() == "run\n"
    assert pool.rows()[home.journal()[lease_id]["instance_id"]]["dur_s"] == "60"
    assert home.run("release", lease_id).code == 0


def test_an_agent_that_dies_leaves_the_terminal_as_it_was(home, pool, terminal):
    """The front gives it back, since the agent cannot any more."""
    before = termios.tcgetattr(terminal.screen)
    pool.until_ready()
    process = home.start(
        *("get", pool.name, "--ttl", "60s"),
        stdin=terminal.screen,
        stdout=terminal.screen,
        stderr=terminal.screen,
    )
    terminal.type(b"echo so$((40+2))far\n")
    terminal.until(b"so42far")
    assert termios.tcgetattr(terminal.screen) != before

    os.kill(pid_of(home), signal.SIGKILL)

    assert process.wait(20) == 255
    assert termios.tcgetattr(terminal.screen) == before
    (lease_id,) = home.journal()
    assert home.run("release", lease_id).code == 0


def test_a_new_size_of_the_terminal_reaches_the_shell(home, pool, terminal):
    """SIGWINCH of the front is passed on."""
    pool.until_ready()
    process = home.start(
        *("get", pool.name),
        stdin=terminal.screen,
        stdout=terminal.screen,
        stderr=terminal.screen,
    )
    terminal.type(b"trap 'stty size; exit 4' WINCH; echo on$((40+2))\n")
    terminal.until(b"on42")

    termios.tcsetwinsize(terminal.screen, (33, 77))
    process.send_signal(signal.SIGWINCH)
    terminal.until(b"33 77")

    terminal.type(b"\n")
    assert process.wait(20) == 4


def test_what_is_typed_for_a_command_reaches_it(home, pool, terminal):
    """Line by line, to the end of input."""
    pool.until_ready()
    process = home.start(
        *("get", pool.name, "--", "cat; echo end$((40+2))"),
        stdin=terminal.screen,
        stdout=terminal.screen,
        stderr=terminal.screen,
    )
    terminal.type(b"one\n")
    terminal.until(b"one\r\none\r\n")

    terminal.type(b"\x04")

    terminal.until(b"end42")
    assert process.wait(20) == 0


def test_stop_lets_what_runs_end_first(home, pool, region, tmp_path):
    """Who is inside stays inside; the agent ends after them."""
    pool.until_ready()
    started, go_on = tmp_path / "started", tmp_path / "go-on"
    os.mkfifo(go_on)
    process = home.start(
        "get", pool.name, "--", f"touch {started}; cat {go_on}; exit 4"
    )
    region.until(started.exists)
    stopping = home.start("agent", "stop")
    assert stopping.stderr.readline().startswith(b"waiting for ")

    go_on.write_text("on")

    assert process.wait(20) == 4
    assert stopping.wait(20) == 0


def test_a_signal_to_the_agent_ends_what_it_runs(home, pool, region, tmp_path):
    """SIGTERM releases everything, as SIGHUP to each front would."""
    pool.until_ready()
    started = tmp_path / "started"
    process = home.start("get", pool.name, "--", f"touch {started}; exec sleep 1000")
    region.until(started.exists)

    os.kill(pid_of(home), signal.SIGTERM)

    assert process.wait(20) == 129
    assert pool.leased() == {}
    assert home.run("agent", "stop").code == 0


def test_an_agent_that_hangs_is_not_waited_for(home, pool, tmp_path):
    """The usual way is taken, and what was sent is not begun later."""
    pool.until_ready()
    pid, runs = pid_of(home), tmp_path / "runs"
    os.kill(pid, signal.SIGSTOP)

    done = home.run("get", pool.name, "--", f"echo run >> {runs}; exit 3")

    os.kill(pid, signal.SIGCONT)
    assert done.code == 3
    assert home.agent("status")["served"] == 0
    assert runs.read_text() == "run\n"


def test_a_second_signal_cuts_the_end_short(home, pool, region, tmp_path):
    """Who cannot wait for an agent that puts nothing right is let go."""
    pool.until_ready()
    started = tmp_path / "started"
    process = home.start("get", pool.name, "--", f"touch {started}; exec sleep 1000")
    region.until(started.exists)
    pid = pid_of(home)
    os.kill(pid, signal.SIGSTOP)

    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGINT)

    assert process.wait(20) in (143, 130)  # the kernel's order is its own
    os.kill(pid, signal.SIGCONT)
    region.until(lambda: pool.leased() == {})


def test_from_the_background_the_usual_way_is_taken(home, pool, terminal):
    """There, reading the terminal stops a process; the agent would not be stopped."""
    pool.until_ready()
    get = f"{sys.executable} -m asgwarm get {pool.name} -- 'exit 3'"

    def own_terminal() -> None:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    screen = dict.fromkeys(("stdin", "stdout", "stderr"), terminal.screen)
    shell = subprocess.Popen(
        ["/bin/sh", "-c", f"set -m; {get} & wait $!"],
        env=home.env,
        cwd=home.folder,
        start_new_session=True,
        preexec_fn=own_terminal,
        **screen,
    )
    home.started.append(shell)

    assert shell.wait(60) == 3
    assert home.agent("status")["served"] == 0
