"""Checksums of an instance's files, told by the instance itself.

One shell there answers all questions of a copy, one line each, so that a question
costs one round trip and no new process on the way.

Rule: an instance without the programs gives None; whoever asks says so.
"""

import asyncio
import re
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncssh

# Takes a path and a number of bytes at a time; every word is of POSIX but the
# programs' own names.
_PROGRAM = (
    "exec xargs -0 -n 2 sh -c '"
    '[ -f "$0" ] && [ -r "$0" ] && head -c "$1" <"$0" | sha256sum || echo -\''
)
_ANSWER = re.compile(rb"([0-9a-f]{64})\s")
_LONGEST = 1 << 12  # bytes of an answer


class Sums:
    """Answers one question after the other; several may be open at once."""

    def __init__(self, shell: asyncssh.SSHClientProcess[bytes] | None) -> None:
        self._shell = shell
        self._asked: deque[asyncio.Future[str | None]] = deque()
        self._has_ended = shell is None

    async def sha256(self, path: bytes, size: int) -> str | None:
        """Return the checksum of a file's first *size* bytes; None when unknown."""
        if self._has_ended or self._shell is None or self._shell.stdin.is_closing():
            return None
        answer: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._asked.append(answer)
        place = path if path.startswith(b"/") else b"./" + path
        self._shell.stdin.write(b"%b\0%d\0" % (place, size))
        return await answer

    async def listen(self) -> None:
        """Hand out answers until there are no more."""
        if self._shell is None:
            return
        try:
            with suppress(asyncssh.Error):  # whoever copies notices a broken connection
                while line := await self._shell.stdout.readline():
                    if len(line) > _LONGEST or not self._asked:
                        break
                    self._answer(line)
        finally:
            self._has_ended = True
            while self._asked:
                self._answer(b"")

    def _answer(self, line: bytes) -> None:
        found, asked = _ANSWER.match(line), self._asked.popleft()
        if not asked.done():
            asked.set_result(found[1].decode() if found else None)


@asynccontextmanager
async def sums(conn: asyncssh.SSHClientConnection) -> AsyncIterator[Sums]:
    """Yield what tells the checksums of the other side's files."""
    shell = None
    with suppress(asyncssh.Error):  # no second session there: nothing can be told
        shell = await conn.create_process(
            _PROGRAM, encoding=None, stderr=asyncssh.DEVNULL
        )
    told = Sums(shell)
    listening = asyncio.create_task(told.listen())
    try:
        yield told
    finally:
        if shell is not None:
            shell.close()
        listening.cancel()
        await asyncio.wait({listening})
