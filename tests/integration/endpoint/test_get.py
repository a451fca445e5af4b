"""A command and a shell in a private subnet, by the command line as it is."""

import re
import subprocess
import sys
from pathlib import Path

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


def test_an_agent_goes_the_same_way(way, home):
    """It opens the tunnel as the user whose `get` it is."""
    way.pool.until_ready(1)
    before = len(tunnels(way.pool.region))
    assert home.run("agent", "start").code == 0
    try:
        done = home.run("get", "dev", "--", "echo by agent")
        status = home.run("agent", "status", "--json").document
    finally:
        home.run("agent", "stop")

    assert (done.code, done.out) == (0, b"by agent\n"), done.err
    assert tunnels(way.pool.region)[before:] == [101], status


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's book of memory")
@pytest.mark.parametrize("mib", [64, pytest.param(1_024, marks=pytest.mark.long)])
def test_bulk_is_not_kept_in_memory(way, home, mib):
    """Whoever sends waits for whoever reads, through both sockets of the tunnel."""
    way.pool.until_ready(1)
    line = f"head -c {mib * MIB} /dev/zero; cat"
    process = home.start("get", "dev", "--", line, stderr=subprocess.DEVNULL)
    assert process.stdin and process.stdout
    got = 0
    while got < mib * MIB:
        got += len(process.stdout.read1(MIB))
    most_kib = peak_kib(process.pid)
    process.stdin.close()

    assert (process.wait(), process.stdout.read()) == (0, b"")
    assert most_kib < 96 * 1_024  # Python itself has half of it


def peak_kib(pid):
    """The most memory that a process has had, by the kernel."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0])
