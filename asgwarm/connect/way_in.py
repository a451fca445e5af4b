"""The way in: a connection and a key on their way at the same time.

TCP and key exchange run beside the push; authentication alone waits for it.

Rule 1: everything ends within one deadline; whatever was opened is closed.
Rule 2: a refusal or a broken connection is tried again, another host key never.
Rule 3: after a surprise the next connection is stock, at once; it counts as a try.
"""

import asyncio
import getpass
import socket

import asyncssh

from asgwarm.connect.approach import Approach
from asgwarm.connect.dial import no_route, unreachable
from asgwarm.connect.handshake import Client, Interrupted, Surprise, handshake
from asgwarm.connect.levels import Level, best, stock
from asgwarm.connect.race import unless_push_fails
from asgwarm.errors import (
    AsgwarmError,
    ConfigError,
    KeyPushFailed,
    SessionFailed,
)

DEADLINE_S = 20.0

_KNOCK_AGAIN_AFTER_S = (0.5, 1.0)


async def connect(
    approach: Approach,
    *,
    deadline_s: float = DEADLINE_S,
    level: Level | None = None,
) -> asyncssh.SSHClientConnection:
    """Return an authenticated SSH connection to where *approach* goes, and close it.

    Its timings get the phases `connect` (TCP and key exchange) and `auth`, and a note
    of how the connection was opened. Its push is repeated at most once a connection.

    Args:
        level: How the first connection is opened, if not in the best way.

    Raises:
        NoRoute: Nothing answers at the address.
        HostKeyMismatch: The server shows another key than the pinned one; it got
            no byte of authentication.
        SessionFailed: The key is refused, the connection breaks, or it takes longer
            than *deadline_s* seconds.
        KeyPushFailed: The push took longer than that. Its own errors pass unchanged.
    """
    attempt = _Attempt(approach, level or best())
    try:
        _check_local_user()
        async with asyncio.timeout(deadline_s):
            return await unless_push_fails(approach.gate, attempt.succeed())
    except TimeoutError as error:
        raise attempt.late(deadline_s) from error
    finally:
        await approach.close()


class _Attempt:
    """Connections one after the other, until one is let in."""

    def __init__(self, approach: Approach, level: Level) -> None:
        self._approach = approach
        self._target = approach.target
        self._gate = approach.gate
        self._level = level
        self._is_answered = False

    async def succeed(self) -> asyncssh.SSHClientConnection:
        pauses_s = iter(_KNOCK_AGAIN_AFTER_S)
        timings = self._approach.timings
        while True:
            try:
                sock = await self._dial()
                self._is_answered = True
                client = Client(self._approach.key, self._gate, timings)
                conn = await handshake(sock, self._target, client, self._level)
            except Interrupted as error:
                pause_s = next(pauses_s, None)
                if pause_s is None or self._gate.failed.done():
                    raise self._failed(str(error)) from error
                if isinstance(error, Surprise):
                    self._level, pause_s = stock(str(error)), 0.0
                await asyncio.sleep(pause_s)
            else:
                level = str(conn.get_extra_info("level", self._level.name))
                timings.note(ssh=level, ssh_why=self._level.why)
                return conn

    async def _dial(self) -> socket.socket:
        try:
            return await self._approach.sock()
        except OSError as error:
            raise unreachable(self._target, error) from error

    def _failed(self, reason: str) -> SessionFailed:
        return SessionFailed(
            f"no SSH session with {self._target}: {reason}", hint="asgwarm status"
        )

    def late(self, deadline_s: float) -> AsgwarmError:
        """Return the error for a deadline that has passed."""
        if not self._is_answered:
            return no_route(self._target, f"no answer within {deadline_s:g} s")
        if self._gate.is_waiting:
            return KeyPushFailed(
                f"EC2 Instance Connect has not taken the key for"
                f" {self._target.instance_id} within {deadline_s:g} s",
                hint="run the same command again",
            )
        return self._failed(f"not let in within {deadline_s:g} s")


def _check_local_user() -> None:
    # asyncssh asks for the local user's name, which a container may not have.
    try:
        getpass.getuser()
    except (KeyError, ImportError, OSError) as error:
        raise ConfigError(
            "this process runs as a user without a name", hint="export LOGNAME=asgwarm"
        ) from error
