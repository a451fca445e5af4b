"""HTTP/1.1 as AWS's JSON services speak it: one POST, one whole answer.

`http.client` reads headers with the `email` package. To load the two takes longer than
all that a claim computes, and nothing of a claim can be sent before.

Rule 1: an answer is whole or there is none. What is cut off, too large, of unknown or
contradictory length, or anything that AWS does not say, is `NoAnswer`.
Rule 2: what comes behind an answer belongs to no other one; such a connection ends.

Source: RFC 9112.
"""

import re
from collections.abc import Callable, Mapping

from asgwarm.domain.value import value

# DynamoDB answers a page of 1 MiB at most, and escapes make it longer in JSON.
LARGEST = 16 * 2**20
_LONGEST_LINE, _MOST_LINES = 2**16, 100  # of a head, as `http.client` has it
_READ_BYTES = 2**16

_STATUS = re.compile(r"HTTP/1\.1 ([1-5][0-9]{2})(?: .*)?")
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*")
_LENGTH = re.compile(r"[0-9]{1,15}")
_CHUNK = re.compile(r"([0-9a-fA-F]{1,12})[ \t]*(?:;.*)?")


class NoAnswer(Exception):
    """No whole answer came. Whether the request was performed is not known."""


@value
class Answer:
    """A whole HTTP response; the names of its headers are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


def request(headers: Mapping[str, str], body: bytes) -> bytes:
    """Return a POST to `/`; *headers* are printable ASCII."""
    lines = [
        "POST / HTTP/1.1",
        "Accept-Encoding: identity",
        *(f"{name}: {text}" for name, text in headers.items()),
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body


def read_answer(receive: Callable[[int], bytes]) -> tuple[Answer, bool]:
    """Return the next answer, and whether its connection can be used for another one.

    Args:
        receive: Returns at most as many bytes as it is asked for; none at the end.

    Raises:
        NoAnswer: There is no whole one.
    """
    incoming = _Incoming(receive)
    status, pairs = _head(incoming)
    while status < 200:
        status, pairs = _head(incoming)
    headers = dict(pairs)
    lengths = {text for name, text in pairs if name == "content-length"}
    body = _body(incoming, lengths, headers.get("transfer-encoding"))
    is_last = "close" in headers.get("connection", "").lower()
    answer = Answer(status=status, headers=headers, body=body)
    return answer, not is_last and incoming.is_empty


class _Incoming:
    """What a server says, by lines and by numbers of bytes."""

    def __init__(self, receive: Callable[[int], bytes]) -> None:
        self._receive = receive
        self._held = bytearray()
        self._lines_left = _MOST_LINES

    @property
    def is_empty(self) -> bool:
        """Whether nothing has come that was not taken."""
        return not self._held

    def line(self) -> str:
        """Take a line, without its end."""
        self._lines_left -= 1
        if self._lines_left < 0:
            raise NoAnswer("the head is too long")
        while (end := self._held.find(b"\n")) < 0:
            if len(self._held) > _LONGEST_LINE:
                raise NoAnswer("a line is too long")
            self._more()
        return self._take(end + 1).decode("latin-1").rstrip("\r\n")

    def exactly(self, size: int) -> bytes:
        """Take that many bytes."""
        while len(self._held) < size:
            self._more()
        self._lines_left = _MOST_LINES
        return self._take(size)

    def _more(self) -> None:
        data = self._receive(_READ_BYTES)
        if not data:
            raise NoAnswer("the connection ended within the answer")
        self._held += data

    def _take(self, size: int) -> bytes:
        taken = bytes(self._held[:size])
        del self._held[:size]
        return taken


def _head(incoming: _Incoming) -> tuple[int, list[tuple[str, str]]]:
    status = _STATUS.fullmatch(incoming.line())
    if status is None:
        raise NoAnswer("it speaks another protocol")
    pairs = []
    while line := incoming.line():
        header = _HEADER.fullmatch(line)
        if header is None:
            raise NoAnswer("a line of the head is no header")
        pairs.append((header[1].lower(), header[2]))
    return int(status[1]), pairs


def _body(incoming: _Incoming, lengths: set[str], coding: str | None) -> bytes:
    if coding is not None:
        if coding.lower() != "chunked" or lengths:
            raise NoAnswer("the answer says in two ways how long it is")
        return _chunks(incoming)
    length = lengths.pop() if len(lengths) == 1 else ""
    if not _LENGTH.fullmatch(length):
        raise NoAnswer("the answer does not say how long it is")
    return incoming.exactly(_allowed(int(length)))


def _chunks(incoming: _Incoming) -> bytes:
    body = bytearray()
    while size := _chunk_size(incoming.line()):
        _allowed(len(body) + size)
        body += incoming.exactly(size)
        if incoming.line():
            raise NoAnswer("a chunk is longer than it says")
    while incoming.line():  # headers behind the body, which nobody asks for
        pass
    return bytes(body)


def _chunk_size(line: str) -> int:
    found = _CHUNK.fullmatch(line)
    if found is None:
        raise NoAnswer("no chunk where one should begin")
    return int(found[1], 16)


def _allowed(size: int) -> int:
    if size > LARGEST:
        raise NoAnswer(f"the answer is longer than {LARGEST} bytes")
    return size
