"""An SSH agent of one key, for one ssh.

It names the key once the instance has it, and signs with it. Everything else that an
agent may be asked fails.

Source: the SSH agent protocol, draft-ietf-sshm-ssh-agent; OpenSSH's PROTOCOL.agent.
"""

import asyncio
from collections.abc import Awaitable, Callable

from asgwarm.connect.keys import SessionKey

FAILURE, REQUEST_IDENTITIES, IDENTITIES = 5, 11, 12
SIGN_REQUEST, SIGNATURE = 13, 14
LONGEST = 1 << 16  # bytes of a question; a request for authentication has some hundred

# An instance may see a key later than AWS says that it was sent: ssh offers a key as
# often as it is named. Hardened images allow four tries.
TIMES_NAMED = 3


class KeyAgent:
    """Answers ssh.

    Args:
        opened: Waits until the instance has the key; False when it will not have it.

    Attributes:
        signed: Set when a signature was given: nothing more will be asked.
    """

    def __init__(self, key: SessionKey, opened: Callable[[], Awaitable[bool]]) -> None:
        self.signed = asyncio.Event()
        self._key = key
        self._opened = opened

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Answer the questions of one connection."""
        try:
            while True:
                size = int.from_bytes(await reader.readexactly(4), "big")
                if not 0 < size <= LONGEST:
                    return
                question = await reader.readexactly(size)
                answer = await self._answer(question)
                writer.write(_string(answer))
                await writer.drain()
                if answer[0] == SIGNATURE:
                    self.signed.set()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    async def _answer(self, question: bytes) -> bytes:
        kind, about = question[0], question[1:]
        if kind == REQUEST_IDENTITIES:
            times = TIMES_NAMED if await self._opened() else 0
            named = _string(self._key.blob) + _string(b"asgwarm")
            return bytes([IDENTITIES]) + times.to_bytes(4, "big") + named * times
        if kind == SIGN_REQUEST:
            blob, rest = _taken(about)
            data, _ = _taken(rest)
            if blob == self._key.blob:
                return bytes([SIGNATURE]) + _string(self._key.sign(data))
        return bytes([FAILURE])


def _string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def _taken(data: bytes) -> tuple[bytes, bytes]:
    end = 4 + int.from_bytes(data[:4], "big")
    return data[4:end], data[end:]
