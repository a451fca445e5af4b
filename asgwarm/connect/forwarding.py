"""Ports forwarded through an open connection.

Rule 1: all that is asked for listens, or nothing does.
Rule 2: what was let in lives as long as the connection; only listening ends before.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace

import asyncssh

from asgwarm.connect.ports import unusable
from asgwarm.domain.forwards import Forward, Kind
from asgwarm.errors import SessionFailed


@asynccontextmanager
async def forwards(
    conn: asyncssh.SSHClientConnection, wanted: Iterable[Forward]
) -> AsyncIterator[tuple[Forward, ...]]:
    """Forward ports while the block runs; yields the forwards with their real ports.

    Raises:
        ConfigError: A port of this computer's cannot be listened on.
        SessionFailed: The instance does not listen, or the connection broke.
    """
    with ExitStack() as stack:
        listening = []
        for forward in wanted:
            listener = await _listen(conn, forward)
            stack.callback(listener.close)
            listening.append(replace(forward, port=listener.get_port()))
        yield tuple(listening)


@asynccontextmanager
async def forwarded(
    conn: asyncssh.SSHClientConnection,
    port: int,
    *,
    host: str = "localhost",
    local_port: int = 0,
) -> AsyncIterator[int]:
    """Reach a port of the instance's at one of 127.0.0.1, which is yielded.

    Args:
        host: Another computer that the instance reaches.
        local_port: The port here; 0 is any that is free.

    Raises: As `forwards`.
    """
    wanted = Forward(
        kind=Kind.LOCAL, bind="127.0.0.1", port=local_port, host=host, hostport=port
    )
    async with forwards(conn, [wanted]) as (listening,):
        yield listening.port


async def _listen(
    conn: asyncssh.SSHClientConnection, forward: Forward
) -> asyncssh.SSHListener:
    bind, port = forward.bind, forward.port
    try:
        match forward.kind:
            case Kind.LOCAL:
                return await conn.forward_local_port(
                    bind, port, forward.host, forward.hostport
                )
            case Kind.REMOTE:
                return await conn.forward_remote_port(
                    bind, port, forward.host, forward.hostport
                )
            case Kind.SOCKS:
                return await conn.forward_socks(bind, port)
    except asyncssh.ChannelListenError as error:
        raise _refused(conn, forward) from error
    except asyncssh.DisconnectError as error:
        raise _broken() from error
    except OSError as error:
        raise unusable(forward, error) from error


def _refused(conn: asyncssh.SSHClientConnection, forward: Forward) -> SessionFailed:
    if conn.is_closed():
        return _broken()
    return SessionFailed(
        f"{forward}: the instance does not listen on port {forward.port}",
        hint=f"asgwarm get {forward.kind} 0:{forward.goes_to}",
    )


def _broken() -> SessionFailed:
    return SessionFailed("the SSH connection broke", hint="asgwarm ls")
