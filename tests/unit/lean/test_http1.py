"""One request and one answer of HTTP/1.1, as bytes."""

from email.message import Message
from http.client import HTTPResponse
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest

from asgwarm.lean.http1 import LARGEST, NoAnswer, read_answer, request

HEAD = b"HTTP/1.1 200 OK\r\nX-Amzn-RequestId:  R \r\n"
LENGTH = HEAD + b"Content-Length: 5\r\n\r\n{\r\n}1"
CHUNKED = (
    HEAD
    + b"Transfer-Encoding: Chunked\r\n\r\n2\r\n{\r\r\n3;x\r\n\n}1\r\n0\r\nA: b\r\n\r\n"
)
WHOLE = [LENGTH, CHUNKED, b"HTTP/1.1 100 Continue\r\n\r\n" + LENGTH]


def giving(data: bytes, size: int):
    """A connection that gives at most *size* bytes at once, and then ends."""
    stream = BytesIO(data)
    return lambda most: stream.read(min(most, size))


def stdlib(data: bytes) -> tuple[int, dict[str, str], bytes]:
    """What Python's own client makes of an answer."""
    sock: Any = SimpleNamespace(makefile=lambda _: BytesIO(data))
    response = HTTPResponse(sock, method="POST")
    response.begin()
    headers: Message = response.headers
    told = {name.lower(): text for name, text in headers.items()}
    return response.status, told, response.read()


@pytest.mark.parametrize("data", WHOLE)
@pytest.mark.parametrize("size", [1, 7, 2**16])
def test_an_answer_is_what_python_makes_of_it_however_it_arrives(data, size):
    """Byte by byte or at once."""
    answer, is_kept = read_answer(giving(data, size))

    status, headers, body = stdlib(data)
    assert (answer.status, answer.body, is_kept) == (status, body, True)
    assert answer.headers == {k: text.strip() for k, text in headers.items()}


@pytest.mark.parametrize("data", WHOLE)
def test_an_answer_that_ends_early_is_none(data):
    """Wherever it is cut."""
    for size in range(len(data)):
        with pytest.raises(NoAnswer):
            read_answer(giving(data[:size], 2**16))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(LENGTH.replace(b"1.1", b"1.0"), id="an old protocol"),
        pytest.param(LENGTH.replace(b"200", b"2000"), id="no status"),
        pytest.param(
            CHUNKED.replace(b"Chunked", b"chunked\r\nContent-Length: 5"), id="both"
        ),
        pytest.param(CHUNKED.replace(b"Chunked", b"gzip, chunked"), id="compressed"),
        pytest.param(LENGTH.replace(b"5", b"5\r\n 6"), id="a folded header"),
        pytest.param(LENGTH.replace(b"Length:", b"Length :"), id="a name with a blank"),
        pytest.param(LENGTH.replace(b"5", b"+5"), id="a length with a sign"),
        pytest.param(LENGTH.replace(b"5", b"5, 5"), id="a list of lengths"),
        pytest.param(CHUNKED.replace(b"3;x", b"2;x"), id="a chunk that is longer"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" * 99 + LENGTH, id="no end of it"),
    ],
)
def test_what_aws_never_says_is_no_answer(data):
    """Two readers could take it for two different things."""
    with pytest.raises(NoAnswer):
        read_answer(giving(data, 2**16))


def test_chunks_are_too_many_when_together_they_are_too_long():
    """Each of them is short enough."""
    chunk = b"%x\r\n" % LARGEST + bytes(LARGEST) + b"\r\n"
    head = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

    with pytest.raises(NoAnswer, match="longer than"):
        read_answer(giving(head + chunk + b"1\r\nx\r\n0\r\n\r\n", 2**20))


def test_a_header_that_is_there_twice_alike_is_one():
    """A length above all: a second one that says the same is no contradiction."""
    twice = LENGTH.replace(b"\r\n\r\n", b"\r\nContent-Length: 5\r\n\r\n", 1)

    assert read_answer(giving(twice, 2**16))[0].body == b"{\r\n}1"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(LENGTH + b"\x00", id="more behind it"),
        pytest.param(
            LENGTH.replace(b"OK\r\n", b"OK\r\nConnection: Close\r\n"), id="told"
        ),
    ],
)
def test_a_connection_that_may_not_be_used_again_is_said_to_be_the_last(data):
    """Its answer is whole all the same."""
    answer, is_kept = read_answer(giving(data, 2**16))

    assert (answer.body, is_kept) == (b"{\r\n}1", False)


def test_a_request_says_how_long_it_is():
    """And wants nothing compressed, which nobody here could read."""
    assert request({"Host": "h"}, b"{}") == (
        b"POST / HTTP/1.1\r\nAccept-Encoding: identity\r\n"
        b"Host: h\r\nContent-Length: 2\r\n\r\n{}"
    )
