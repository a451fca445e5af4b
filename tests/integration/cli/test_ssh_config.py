"""`asgwarm ssh-config`, as far as it needs no ssh."""

import os

import pytest


@pytest.fixture
def user(own_home):
    """A user with a folder for sockets as it is usual."""
    own_home.env["XDG_RUNTIME_DIR"] = "/run/user/1000"
    return own_home


@pytest.fixture
def old_ssh(user):
    """A user whose ssh is an old one."""
    programs = user.folder / "bin"
    programs.mkdir()
    (programs / "ssh").write_text("#!/bin/sh\necho OpenSSH_7.4p1 >&2\n")
    (programs / "ssh").chmod(0o755)
    user.env["PATH"] = f"{programs}:{os.environ['PATH']}"
    return user


def test_it_is_printed_with_everything_written_out(user):
    """Program, pool, region and folder; nothing is installed."""
    done = user.run("ssh-config", "dev", "--ttl", "2h", "--region", "eu-west-1")

    command = next(line for line in done.out.splitlines() if b"ProxyCommand" in line)
    words = command.decode().split()[1:]
    assert words[0].startswith("/")
    assert "ssh-proxy dev --ttl 2h --place /" in " ".join(words)
    assert "--region eu-west-1 --host='%n' --user='%r'" in " ".join(words)
    assert not (user.folder / ".ssh").exists()


def test_installing_and_taking_back_are_told(user):
    """For programs as well."""
    installed = user.run("ssh-config", "--install", "--json")
    assert (user.folder / ".ssh" / "config").exists()
    taken_back = user.run("ssh-config", "--uninstall", "--json")
    again = user.run("ssh-config", "--uninstall")

    assert installed.document["state"] == "installed"
    assert taken_back.document["state"] == "uninstalled"
    assert not (user.folder / ".ssh" / "config").exists()
    assert again.err == "nothing was installed\n"


def test_an_old_ssh_is_told_from_one_that_will_do(old_ssh):
    """Nothing is installed that would fail later, and less clearly."""
    done = old_ssh.run("ssh-config", "--install")

    assert done.code == 2
    assert "OpenSSH 7.4, and 8.5 is the oldest" in done.err
    assert not (old_ssh.folder / ".ssh").exists()


def test_a_folder_that_is_too_deep_for_a_socket_is_told(user):
    """Now, and not when somebody connects."""
    done = user.run("ssh-config", XDG_RUNTIME_DIR="/" + "d" * 100)

    assert done.code == 2
    assert "too long for a socket" in done.err


def test_the_proxy_is_in_no_overview(user):
    """Only ssh types it."""
    overview = user.run("--help").out

    assert b"ssh-config" in overview
    assert b"ssh-proxy" not in overview
