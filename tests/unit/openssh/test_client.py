"""Which OpenSSH there is."""

import pytest

from asgwarm.openssh.client import OLDEST, version


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("OpenSSH_9.2p1 Debian-2+deb12u10, OpenSSL 3.0.19 27 Jan 2026", (9, 2)),
        ("OpenSSH_10.0p2, LibreSSL 3.3.6", (10, 0)),
        ("OpenSSH_7.4p1, OpenSSL 1.0.2k-fips  26 Jan 2017", (7, 4)),
        ("Sun_SSH_2.4", (0, 0)),
    ],
)
def test_an_ssh_says_its_version(tmp_path, said, found):
    """Versions are compared as numbers."""
    ssh = tmp_path / "ssh"
    ssh.write_text(f"#!/bin/sh\necho '{said}' >&2\n")
    ssh.chmod(0o755)

    assert version({"PATH": str(tmp_path)}) == found
    assert (found >= OLDEST) == (found[0] >= 9)


def test_no_ssh_is_no_version(tmp_path):
    """There is nothing to configure."""
    assert version({"PATH": str(tmp_path)}) is None
