"""Commands of a program, on OpenSSH's own server.

It passes no signal on to what root runs, so that these need somebody else to log in.
"""

import asyncio
import pwd
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from asgwarm.api.running import run
from asgwarm.connect.command_line import command_line
from asgwarm.connect.keys import SessionKey
from asgwarm.connect.sinks import PIPE, Sinks
from asgwarm.connect.sources import pour
from asgwarm.connect.timings import Timings
from asgwarm.errors import CommandTimeout
from tests.integration.connect.going import connect

pytestmark = [
    pytest.mark.debian,
    pytest.mark.parametrize("more", ["UsePAM yes"]),  # for users without a password
]

SECRET = "it's\na \\ secret"  # noqa: S105


@pytest.fixture
def os_user():
    """Somebody with a shell who is not root."""
    for user in pwd.getpwall():
        if user.pw_uid and user.pw_shell.endswith("sh") and Path(user.pw_dir).is_dir():
            return user.pw_name
    return pytest.skip("no ordinary user has a shell here")


@pytest.fixture
async def conn(sshd, os_user):
    """A connection as the product has it."""
    key = SessionKey.generate()

    async def push():
        sshd.put(key)

    target = replace(sshd.target, os_user=os_user)
    made = await connect(target, key, push, timings=Timings())
    yield made
    made.close()
    await made.wait_closed()


async def _run(conn, line, *, stdin=None, timeout_s=None, **about):
    command = command_line(line, **{"env": {}, "cwd": None} | about)
    sinks = Sinks(PIPE, PIPE, limit_bytes=1 << 20)
    feed = partial(pour, stdin, before=command.first_input)
    return await run(conn, command.line, feed, sinks, timeout_s=timeout_s)


async def test_variables_that_sshd_does_not_accept_are_set_and_not_logged(sshd, conn):
    """Though it logs all that it can, and what follows them is the command's own."""
    done = await _run(
        conn, 'printf %s "$A"; cat', env={"A": SECRET}, stdin="rest", cwd="/"
    )

    assert done.stdout == SECRET + "rest"
    assert "secret" not in sshd.log


async def test_a_command_is_ended_after_the_end_of_its_input(conn):
    """TERM does; where it does not, KILL."""
    for stubborn in ("", "trap '' TERM; "):
        with pytest.raises(CommandTimeout) as caught:
            await _run(conn, f"{stubborn}echo $$; sleep 600", timeout_s=0.5)

        pid = int(caught.value.stdout)
        assert (await _run(conn, f"kill -0 {pid}")).returncode == 1


async def test_a_command_is_ended_when_its_caller_is_cancelled(conn):
    """The one signal is enough, sent before the channel is closed."""
    told = asyncio.get_running_loop().create_future()
    sinks = Sinks(told.set_result, PIPE, limit_bytes=0)
    line = command_line("echo $$; sleep 600", env={}, cwd=None)
    running = asyncio.create_task(
        run(conn, line.line, partial(pour, None), sinks, timeout_s=None)
    )
    pid = int(await told)

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    await _run(conn, f"while kill -0 {pid}; do sleep .01; done", timeout_s=10)
