"""What an emulated instance makes of its user data."""

import base64
import stat

import pytest

from asgwarm.local.guest import Machine, cloud_config, files_of, lay_out, program_of

USER_DATA = """#cloud-config
write_files:
- path: /opt/tool/run.py
  permissions: '0755'
  content: print("hello")
- path: /opt/tool/data
  encoding: b64
  content: aGVsbG8=
- path: ../../escape
  content: no
- path: /../escape
  content: no
- path: /etc/systemd/system/tool.service
  content: |
    [Service]
    ExecStart=/usr/bin/python3 /opt/tool/run.py --fast "a b"
- path: /etc/systemd/system/other.service
  content: |
    [Service]
    ExecStart=/opt/tool/run.py
- path: /etc/systemd/system/absent.service
  content: |
    [Service]
    ExecStart=/usr/bin/python3 /opt/tool/absent.py
runcmd:
- touch /ran
"""


def machine(folder, text=USER_DATA) -> Machine:
    """An instance that boots from *text*."""
    return Machine(
        folder=folder,
        user_data=base64.b64encode(text.encode()).decode(),
        host_key="ssh-ed25519 AAAA",
        address="127.0.1.9",
        port=2222,
        surroundings={},
    )


def test_only_python_units_whose_file_was_written_are_started(tmp_path):
    """Other programs, and files that are not there, are not."""
    programs = lay_out(machine(tmp_path))

    run = str(tmp_path / "root/opt/tool/run.py")
    assert programs == [[run, "--fast", "a b"]]


def test_no_file_of_the_user_data_is_executable(tmp_path):
    """Whatever permissions it asks for."""
    lay_out(machine(tmp_path))

    for path in (tmp_path / "root/opt/tool").iterdir():
        assert not path.stat().st_mode & (stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    assert (tmp_path / "root/opt/tool/data").read_bytes() == b"hello"


def test_a_path_cannot_leave_the_tree(tmp_path):
    """An entry that tries is left out."""
    folder = tmp_path / "i-1"
    folder.mkdir()
    lay_out(machine(folder))

    assert [path.name for path in tmp_path.rglob("escape")] == []


def test_the_tree_says_where_sshd_is(tmp_path):
    """`sshd -T`, the host key and a boot id that is new at each boot."""
    lay_out(machine(tmp_path))
    boot_id = tmp_path / "root/proc/sys/kernel/random/boot_id"
    first = boot_id.read_text()
    lay_out(machine(tmp_path))

    sshd = (tmp_path / "bin/sshd").read_text()
    assert "port 2222\n" in sshd
    assert "listenaddress 127.0.1.9:2222\n" in sshd
    key = tmp_path / "root/etc/ssh/ssh_host_ed25519_key"
    assert f"hostkey {key}\n" in sshd
    assert key.with_suffix(".pub").read_text() == "ssh-ed25519 AAAA\n"
    assert boot_id.read_text() != first


@pytest.mark.parametrize(
    "text",
    ["#!/bin/sh\ntouch /ran\n", "", "#cloud-config\n- a list\n", "#cloud-config\n{"],
)
def test_other_user_data_installs_nothing(tmp_path, text):
    """Scripts, lists and what is no YAML."""
    assert lay_out(machine(tmp_path, text)) == []


def test_user_data_that_is_no_base64_is_ignored():
    """EC2 takes any text."""
    assert cloud_config("%%%") == {}


def test_a_unit_is_read_as_systemd_does():
    """Prefixes of ExecStart mean something to systemd and nothing here."""
    assert program_of("ExecStart=-/usr/bin/python3 /a.py") == ["/a.py"]
    assert program_of("[Service]\nExecStart = /usr/bin/python3 /a.py 1") == [
        "/a.py",
        "1",
    ]
    assert program_of("ExecStart=/usr/bin/python3.11 /a.py") == []
    assert program_of("[Unit]") == []


def test_an_entry_without_a_path_is_left_out():
    """It names no file."""
    assert list(files_of({"write_files": [{"content": "x"}]})) == []
