"""The way back to a caller: whole, lost, broken off or damaged.

Rule: what was performed stays performed; only the answer suffers.
"""

from email.utils import formatdate
from typing import Any

from asgwarm.local.answers import Answer
from asgwarm.local.faults import HOLDING, Kind
from asgwarm.local.serving import Abort, Send

DAMAGING = (
    Kind.RESET_BEFORE,
    Kind.REPLY_LOST,
    Kind.CUT,
    Kind.GARBLED,
    Kind.TRUNCATED,
    *HOLDING,
)
_SILENT = (Kind.RESET_BEFORE, Kind.REPLY_LOST, *HOLDING)


class Out:
    """One answer on its way; remembers the status that the caller saw, 0 for none."""

    def __init__(self, send: Send, abort: Abort) -> None:
        self.status = 0
        self._send = send
        self._abort = abort
        self._kind: Kind | None = None
        self._start: dict[str, Any] = {}
        self._body = b""

    async def send(self, message: dict[str, Any]) -> None:
        """Pass one ASGI message on, or keep it for `finish` to damage."""
        if self._kind is not None:
            if message["type"] == "http.response.start":
                self._start = message
            self._body += message.get("body", b"")
            return
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self._send(message)

    async def reply(self, answer: Answer) -> None:
        """Send a complete answer."""
        headers = {
            "content-length": str(len(answer.body)),
            "date": formatdate(usegmt=True),  # a guest compares its clock with this
        } | answer.headers
        await self.send(
            {
                "type": "http.response.start",
                "status": answer.status,
                "headers": [
                    (k.lower().encode(), v.encode()) for k, v in headers.items()
                ],
            }
        )
        await self.send({"type": "http.response.body", "body": answer.body})

    def damage(self, kind: Kind) -> None:
        """Let nothing through as it is from now on; `finish` does what *kind* says."""
        self._kind = kind

    async def finish(self) -> None:
        """Send what is left of a damaged answer, and break off what is broken off."""
        if self._kind is None:
            return
        if self._kind not in _SILENT and self._start:
            await self._send_damaged()
        if self._kind in (*_SILENT, Kind.CUT):
            self._abort()

    async def _send_damaged(self) -> None:
        self.status = self._start["status"]
        half = self._body[: len(self._body) // 2]
        if self._kind is Kind.CUT:  # the headers promise the whole
            await self._send(self._start | {"headers": self._headers(len(self._body))})
            body = {"type": "http.response.body", "body": half, "more_body": True}
        else:
            # No document of any format begins with its own last byte.
            left = half if self._kind is Kind.TRUNCATED else self._body[::-1]
            await self._send(self._start | {"headers": self._headers(len(left))})
            body = {"type": "http.response.body", "body": left}
        await self._send(body)

    def _headers(self, length: int) -> list[tuple[bytes, bytes]]:
        told = self._start["headers"]
        left_out = {b"content-length", b"transfer-encoding"}
        if self._kind is Kind.TRUNCATED:
            left_out.add(b"x-amz-crc32")  # so that nothing but the document tells
        kept = [(name, value) for name, value in told if name.lower() not in left_out]
        return [*kept, (b"content-length", str(length).encode())]
