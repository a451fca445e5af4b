"""What a person is told whose way through the endpoint is closed."""

import asyncio
import re
import subprocess
import sys
from contextlib import AsyncExitStack

import pytest
from websockets.asyncio.client import connect

from tests.integration.cli.conftest import TIMEOUT_S

pytestmark = pytest.mark.long

NO_LIBRARY = (
    "import sys; sys.modules['websockets'] = None; from asgwarm.__main__ import main;"
    "sys.argv[0] = 'asgwarm'; main()"
)


def get(home):
    """Run a command on an instance, and return the error."""
    done = home.run("get", "dev", "--json", "--", "true")
    assert done.code == 125, done.err
    return next(one for one in done.documents if one["schema"] == "asgwarm.error/v1")


def test_a_group_that_lets_nobody_in_is_named(way, home, rules):
    """The endpoint is reached and the instance is not: it is one of two groups."""
    way.pool.until_ready(1)
    rules(way.group(), "ingress")

    error = get(home)

    assert error["code"] == "NO_ROUTE"
    words = f"open port 22 from the endpoint's group {way.endpoint.group_id}"
    assert words in error["message"]


def test_who_may_not_open_tunnels_is_told_which_permission_is_missing(way, home):
    """The action as a policy spells it."""
    way.pool.until_ready(1)
    way.pool.region.control.set_faults(
        http=[{"kind": "denied", "action": "OpenTunnel"}]
    )

    error = get(home)

    assert error["code"] == "ACCESS_DENIED"
    assert "ec2-instance-connect:OpenTunnel" in error["message"]


def test_credentials_that_end_before_the_tunnel_are_named(way, home):
    """As at every other call."""
    way.pool.until_ready(1)
    way.pool.region.control.set_faults(
        http=[{"kind": "expired_token", "action": "OpenTunnel"}]
    )

    assert get(home)["code"] == "CREDENTIALS"


async def test_an_endpoint_with_twenty_connections_says_so(way, home):
    """It is nobody's fault, and somebody has to leave first."""
    way.pool.until_ready(1)
    async with AsyncExitStack() as stack:
        for _ in range(20):
            ws = await stack.enter_async_context(
                connect(way.url(), ping_interval=None, compression=None)
            )
            await ws.recv()
        error = await asyncio.to_thread(get, home)

    assert error["code"] == "TUNNEL_REFUSED"
    assert "20 connections" in error["message"]
    assert error["retryable"] is True


def test_without_the_library_pip_is_named(way, home):
    """It is an extra: who needs no endpoint need not install it."""
    way.pool.until_ready(1)

    done = home.run_python(NO_LIBRARY, "get", "dev", "--", "true")

    assert done.code == 2
    assert way.pool.leased() == {}
    assert "hint: pip install 'asgwarm[endpoint]'" in done.err


def test_the_direct_way_loads_nothing_of_it():
    """Neither the library nor what uses it."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "import asgwarm.leasing.holding"],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert not {"websockets", "asgwarm.connect.tunnel"} & loaded


def test_after_an_hour_the_connection_ends_and_a_kept_lease_lives(way, home):
    """With 255, the endpoint's own words, and a lease that one can go back to."""
    way.pool.until_ready(1)
    process = home.start("get", "dev", "--keep", "--ttl", "4h", "--", "cat")
    assert process.stdin and process.stdout and process.stderr
    process.stdin.write(b"there\n")
    process.stdin.flush()
    assert process.stdout.readline() == b"there\n"
    (lease,) = home.journal()

    way.pool.region.control.advance(3_600)

    said = process.stderr.read().decode()
    assert process.wait() == 255, said
    assert "closed the tunnel: The maximum tunnel duration is reached. (1008)" in said
    assert lease in way.pool.leased()
    again = home.run("connect", lease, "--", "echo back")
    assert (again.code, again.out) == (0, b"back\n"), again.err


def test_in_a_shell_the_endpoints_words_stand_on_a_line_of_their_own(
    way, home, terminal
):
    """Raw mode moves no cursor by itself."""
    way.pool.until_ready(1)
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), terminal.screen)
    process = home.start("get", "dev", "--ttl", "4h", **streams)
    terminal.type(b"echo so$((40+2))far\r")
    terminal.until(b"so42far")

    way.pool.region.control.advance(3_600)

    terminal.until(b"(1008)\r\n")
    assert process.wait(TIMEOUT_S) == 255
    seen = terminal.seen
    (at,) = [m.start() for m in re.finditer(rb"[^\r\n]* closed the tunnel", seen)]
    assert seen[at - 2 : at] == b"\r\n"
