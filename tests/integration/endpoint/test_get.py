"""A command and a shell in a private subnet, by the command line as it is."""

import os
import subprocess

import pytest

MIB = 1 << 20


def tunnels(region):
    """How each request for a tunnel ended."""
    answered = region.control.requests()
    return [one["status"] for one in answered if one["action"] == "OpenTunnel"]


def test_a_command_runs_through_the_tunnel_with_its_exit_code(way, home):
    """Bytes pass unchanged in both directions."""
    way.pool.until_ready(1)
    before = len(tunnels(way.pool.region))

    done = home.run("get", "dev", "--", "cat; exit 3", stdin=bytes(range(256)) * 999)

    assert (done.code, done.out) == (3, bytes(range(256)) * 999), done.err
    assert tunnels(way.pool.region)[before:] == [101]


def test_a_shell_reads_its_commands_through_the_tunnel(way, home):
    """As on the direct way."""
    way.pool.until_ready(1)

    done = home.run("get", "dev", stdin=b"echo $((6*7))\nexit 5\n")

    assert (done.code, done.out) == (5, b"42\n"), done.err


@pytest.mark.parametrize("mib", [64, pytest.param(1_024, marks=pytest.mark.long)])
def test_bulk_is_not_kept_in_memory(way, home, mib):
    """Whoever sends waits for whoever reads, through both sockets of the tunnel."""
    way.pool.until_ready(1)
    line = f"head -c {mib * MIB} /dev/zero"
    process = home.start("get", "dev", "--", line, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    got = sum(len(part) for part in iter(lambda: process.stdout.read1(MIB), b""))
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)

    assert (process.returncode, got) == (0, mib * MIB)
    assert used.ru_maxrss < 160 * 1_024  # KiB, of which half is Python's own
