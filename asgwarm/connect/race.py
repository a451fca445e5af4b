"""The handshake beside the push: which of the two decides.

Rule: a failed push is the cause, whatever SSH says. Only another host key than the
pinned one counts more.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

import asyncssh

from asgwarm.connect.gate import KeyGate
from asgwarm.errors import HostKeyMismatch, NoRoute

_LAST_WORD_S = 2.0  # how long a push may still explain why nothing answers


async def unless_push_fails(
    gate: KeyGate, work: Coroutine[Any, Any, asyncssh.SSHClientConnection]
) -> asyncssh.SSHClientConnection:
    """Return what *work* returns, or raise what the push raises if it does.

    When this ends without a connection there is none, and *work* has ended too.
    """
    task = asyncio.ensure_future(work)
    news: set[asyncio.Future[Any]] = {task, gate.failed}
    try:
        await asyncio.wait(news, return_when=asyncio.FIRST_COMPLETED)
        error = task.exception() if task.done() else None
        if isinstance(error, NoRoute):
            await gate.settle(_LAST_WORD_S)
        if gate.failed.done() and not isinstance(error, HostKeyMismatch):
            raise gate.failed.result()  # noqa: TRY301  # the task is discarded below
        return await task
    except BaseException:
        await _discard(task)
        raise


async def _discard(task: "asyncio.Task[asyncssh.SSHClientConnection]") -> None:
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled() and task.exception() is None:
        conn = task.result()
        conn.abort()
        await conn.wait_closed()
