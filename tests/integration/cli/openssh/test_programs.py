"""OpenSSH's own programs, rsync and git, going into leases by their names."""

import os
import signal
import subprocess

import pytest

from tests.integration.cli.openssh.conftest import TIMEOUT_S
from tests.integration.cli.test_start import HEAVY, LOADED

pytestmark = pytest.mark.debian


def test_a_name_that_is_new_claims_a_lease_and_says_so(desk):
    """It is kept, and the same name means it from then on."""
    first = desk.ssh("web.asgwarm", "echo out; echo err >&2; exit 7", code=7)
    second = desk.ssh("web.asgwarm", "pwd")

    (lease,) = desk.home.journal().values()
    assert first.out == b"out\n"
    assert f"claimed {lease['instance_id']} as 'web'" in first.err
    assert first.err.endswith("err\n")
    assert second.err == ""
    assert lease["instance_id"] in second.out.decode()


def test_files_are_copied_there_and_back(desk):
    """By scp, sftp and rsync."""
    here, config = desk.home.folder, desk.config
    (here / "sent").write_bytes(bytes(range(256)) * 5000)

    desk.run("scp", "-qF", config, here / "sent", "web.asgwarm:first")
    desk.run("sftp", "-qF", config, "web.asgwarm", stdin=b"rename first second\n")
    shell = f"ssh -F {config}"
    desk.run("rsync", "-e", shell, "web.asgwarm:second", here / "received")

    assert (here / "received").read_bytes() == (here / "sent").read_bytes()
    assert len(desk.home.journal()) == 1


def test_a_repository_is_cloned_and_pushed_to(desk):
    """With an address as git has them."""
    git = ["git", "-c", f"core.sshCommand=ssh -F {desk.config}"]
    who = ["-c", "user.name=me", "-c", "user.email=me@example.com"]
    desk.ssh("web.asgwarm", "git init -q --bare 'a repository'")

    desk.run(*git, "clone", "-q", "web.asgwarm:a repository", "copy")
    desk.run(*git, *who, "-C", "copy", "commit", "-q", "--allow-empty", "-m", "one")
    desk.run(*git, "-C", "copy", "push", "-q", "origin", "HEAD:main")

    said = desk.ssh("web.asgwarm", "git -C 'a repository' log --format=%s main")
    assert said.out == b"one\n"


def test_a_terminal_is_a_terminal(desk, terminal):
    """Typed at, echoing, with an exit code at the end."""
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), terminal.screen)
    process = desk.start("-tt", "web.asgwarm", **streams)

    terminal.until(b"is emulated")
    terminal.type(b"echo $((6 * 7)); tty\r")
    terminal.until(b"\r\n42\r\n/dev/pts/")
    terminal.type(b"exit 9\r")

    assert process.wait(TIMEOUT_S) == 9


def test_many_at_once_share_one_lease(desk):
    """Six of one name that is new: each gets through, and they claim one instance."""
    processes = [desk.start("crowd.asgwarm", "pwd") for _ in range(6)]

    said = [process.communicate(timeout=TIMEOUT_S) for process in processes]

    assert {process.returncode for process in processes} == {0}, said
    assert len({out for out, _ in said}) == 1
    assert len(desk.home.journal()) == 1


def test_the_pool_may_be_said_and_the_lease_by_its_id(desk, own_pool):
    """`NAME.POOL.asgwarm` and `LEASE.asgwarm`; an id claims nothing."""
    said = desk.home.run("get", own_pool.name, "--name", "web", "--json", "--no-shell")
    lease = said.document

    by_pool = desk.ssh(f"web.{own_pool.name}.asgwarm", "pwd")
    by_id = desk.ssh(f"{lease['lease_id']}.asgwarm", "pwd")

    assert by_pool.out == by_id.out
    assert lease["instance_id"] in by_id.out.decode()
    assert by_pool.err == by_id.err == ""


def test_what_goes_wrong_is_told_in_two_lines(desk):
    """As everywhere; ssh's own exit code is 255 whatever it was."""
    done = desk.ssh("web.nowhere.asgwarm", "true", code=255)

    error, hint, *_ = done.err.splitlines()
    assert error.startswith("error: ")
    assert "'nowhere'" in error
    assert hint.startswith("hint: asgwarm ")


def test_a_name_that_would_be_a_command_is_none(desk):
    """OpenSSH before 9.6 hands any host or user name on to a shell."""
    for words in (
        ["x';touch pwned;'.asgwarm"],
        ["-l", "x';touch pwned;'", "x.asgwarm"],
        ["$(touch pwned).asgwarm"],
        ["`touch pwned`.asgwarm"],
    ):
        desk.ssh(*words, "true", code=255)

    assert not (desk.home.folder / "pwned").exists()
    assert desk.home.journal() == {}


def test_nothing_lies_about_while_a_session_is_open(desk):
    """Key and host key are there for the handshake only, in a folder of the user's."""
    process = desk.start("web.asgwarm", "echo in; cat")
    assert process.stdout is not None
    assert process.stdout.readline() == b"in\n"

    left = sorted(path.name for path in desk.place.iterdir())

    assert left == ["web.asgwarm.lock", "web.dev.lock"]
    assert desk.place.stat().st_mode & 0o777 == 0o700
    assert process.communicate(b"out", timeout=TIMEOUT_S)[0] == b"out"


def test_what_a_killed_proxy_left_behind_is_replaced(desk):
    """A socket that nobody listens on, and another host's key."""
    desk.place.mkdir(mode=0o700, parents=True)
    (desk.place / "web.asgwarm").write_text("a socket once")
    (desk.place / "web.asgwarm.known").write_text("* ssh-ed25519 AAAA")

    assert desk.ssh("web.asgwarm", "echo in").out == b"in\n"


def test_a_folder_that_others_may_use_is_not_used(desk):
    """Somebody else's socket there could be asked for a signature."""
    desk.place.mkdir(mode=0o777, parents=True)
    desk.place.chmod(0o777)

    done = desk.ssh("web.asgwarm", "true", code=255)

    assert "is open to others" in done.err
    assert desk.home.journal() == {}


def test_a_connection_renews_its_lease(desk, own_pool):
    """At its beginning; who stays connected goes on doing so."""
    desk.ssh("web.asgwarm", "true")
    (lease,) = desk.home.journal().values()
    before = int(own_pool.rows()[lease["instance_id"]]["hb"])

    desk.ssh("web.asgwarm", "true")

    assert int(own_pool.rows()[lease["instance_id"]]["hb"]) > before


def test_it_works_from_another_folder_and_environment(desk, own_pool, tmp_path):
    """An editor has neither the shell's folder nor its variables."""
    (tmp_path / "asgwarm.toml").write_text("pool = 'elsewhere'\n")
    desk.home.env["ASGWARM_POOL"] = "elsewhere"

    done = subprocess.run(
        ["ssh", "-F", desk.config, "web.asgwarm", "true"],  # noqa: S607
        cwd=tmp_path,
        env=desk.home.env,
        timeout=TIMEOUT_S,
        check=False,
    )

    assert done.returncode == 0
    (lease,) = desk.home.journal().values()
    assert lease["pool"] == own_pool.name


def test_the_proxy_loads_nothing_that_it_does_not_need(desk):
    """Neither a library for AWS nor one for SSH: ssh itself speaks it."""
    desk.home.env["PYTHONPROFILEIMPORTTIME"] = "1"

    done = desk.ssh("web.asgwarm", "true")

    loaded = set(LOADED.findall(done.err))
    assert "asgwarm.openssh.relay" in loaded
    assert not loaded & (HEAVY | {"asyncssh"})


def test_a_killed_ssh_leaves_no_proxy(desk):
    """It ends with its input; until then it holds ssh's error stream open."""
    process = desk.start("web.asgwarm", "echo in; cat")
    assert process.stdout is not None
    assert process.stdout.readline() == b"in\n"

    process.kill()

    process.communicate(timeout=TIMEOUT_S)
    assert len(desk.home.journal()) == 1


def test_a_claim_that_cannot_be_entered_is_given_back(desk, own_region, own_pool):
    """Nobody pays for a name that was typed in vain."""
    service = {"service": "ec2-instance-connect", "action": "*", "owner": "user"}
    own_region.control.set_faults(http=[service | {"kind": "denied"}])

    done = desk.ssh("web.asgwarm", "true", code=255)

    assert done.err.startswith("error: ")
    assert "SendSSHPublicKey" in done.err
    assert desk.home.journal() == {}
    assert own_pool.leased() == {}


def test_leaving_before_the_way_is_open_gives_the_claim_back(
    desk, own_region, own_pool
):
    """Ctrl-C reaches ssh and its proxy alike, and neither says a word."""
    service = {"service": "ec2-instance-connect", "action": "*", "owner": "user"}
    slow = {"kind": "slow", "delay_s": 0.5, "count": 1}
    own_region.control.set_faults(http=[service | slow])
    process = desk.start("web.asgwarm", "true", start_new_session=True)
    own_region.until(lambda: own_region.control.status()["struck"])

    os.killpg(process.pid, signal.SIGINT)

    assert process.communicate(timeout=TIMEOUT_S) == (b"", b"")
    assert desk.home.journal() == {}
    assert own_pool.leased() == {}


def test_a_claim_may_take_longer_than_connections_usually_may(desk, own_region):
    """Whatever the user has said about those."""
    with desk.config.open("a") as config:
        config.write("Host *\n    ConnectTimeout 1\n")
    service = {"service": "dynamodb", "action": "UpdateItem", "owner": "user"}
    slow = {"kind": "slow", "delay_s": 1.5, "count": 1}
    own_region.control.set_faults(http=[service | slow])

    assert desk.ssh("web.asgwarm", "echo in").out == b"in\n"
