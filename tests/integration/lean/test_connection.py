"""Kept connections: whole answers or none, and nothing is sent twice."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from asgwarm.clock import monotonic_s
from asgwarm.lean.connection import Connections
from asgwarm.lean.endpoint import CONNECT_TIMEOUT_S, Dialing, Endpoint
from asgwarm.lean.http1 import LARGEST, NoAnswer

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Amzn-RequestId: R\r\n\r\n{}"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def connect():
    """Makes connections to a server; they are closed with the test."""
    made = []

    def make(endpoint, *, read_timeout_s=5.0):
        made.append(Connections(endpoint, read_timeout_s=read_timeout_s))
        return made[-1]

    yield make
    for connections in made:
        connections.close()


def ask(connections):
    """One request with a body."""
    return connections.ask({"Host": "h", "X-Amz-Target": "T.Op"}, b'{"a": 1}')


def test_a_connection_is_kept_from_one_request_to_the_next(scripted, connect):
    """Two requests, one connection, each as it was given."""
    server = scripted([OK, OK])
    connections = connect(server.endpoint)

    answers = [ask(connections), ask(connections)]

    assert [one.status for one in answers] == [200, 200]
    assert answers[0].headers["x-amzn-requestid"] == "R"
    assert (server.connections, len(server.requests)) == (1, 2)
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.splitlines() == [
        b"POST / HTTP/1.1",
        b"Accept-Encoding: identity",
        b"Host: h",
        b"X-Amz-Target: T.Op",
        b"Content-Length: 8",
    ]
    assert body == b'{"a": 1}'


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        pytest.param(OK, b"{}", id="length"),
        pytest.param(
            CHUNKED + b"1\r\n{\r\n1;x=y\r\n}\r\n0\r\n\r\n", b"{}", id="chunks"
        ),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" + OK, b"{}", id="continue"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b"", id="no body"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
            b"{}",
            id="the last one",
        ),
    ],
)
def test_an_answer_is_read_whole_however_it_comes(scripted, connect, answer, body):
    """And the next one after it, wherever that comes from."""
    server = scripted([answer, OK], [OK])
    connections = connect(server.endpoint)

    assert ask(connections).body == body
    assert ask(connections).body == b"{}"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(OK[:20], id="cut in the head"),
        pytest.param(OK[:-1], id="cut in the body"),
        pytest.param(CHUNKED + b"5\r\n{}", id="cut in a chunk"),
        pytest.param(CHUNKED + b"2\r\n{}\r\n", id="cut between chunks"),
        pytest.param(CHUNKED + b"zz\r\n{}\r\n", id="no chunk"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n{}", id="no length"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}", id="negative length"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 1\r\n\r\n{}",
            id="two lengths",
        ),
        pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n", id="another protocol"),
        pytest.param(b"\x00" * 100_000, id="garbage"),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200, id="endless head"),
    ],
)
def test_what_is_not_whole_is_no_answer(scripted, connect, answer):
    """It is not asked again here, and its connection is not used again."""
    server = scripted([answer, None], [OK])
    connections = connect(server.endpoint)

    with pytest.raises(NoAnswer):
        ask(connections)

    assert len(server.requests) == 1
    assert ask(connections).body == b"{}"
    assert server.connections == 2


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", id="length"),
        pytest.param(CHUNKED + b"%x\r\n", id="chunk"),
    ],
)
def test_what_is_too_long_is_not_read_to_its_end(scripted, connect, answer):
    """Somebody else's stream must not fill the memory."""
    size = LARGEST + 2**17  # more than what is read at once
    server = scripted([answer % size + b"x" * size])

    with pytest.raises(NoAnswer, match="longer than"):
        ask(connect(server.endpoint))


def test_a_connection_that_was_closed_meanwhile_is_opened_anew(scripted, connect):
    """Before anything is sent: the server saw each request once."""
    server = scripted([OK, None], [OK])
    connections = connect(server.endpoint)
    ask(connections)
    server.closed.wait(10)

    assert ask(connections).body == b"{}"
    assert (server.connections, len(server.requests)) == (2, 2)


def test_bytes_that_nobody_asked_for_end_a_connection(scripted, connect):
    """They would be taken for the next answer."""
    server = scripted([OK + b"HTTP/1.1 200 OK\r\n", None], [OK])
    connections = connect(server.endpoint)
    ask(connections)
    server.closed.wait(10)

    assert ask(connections).body == b"{}"
    assert server.connections == 2


def test_a_second_answer_is_not_taken_for_the_next_one(scripted, connect):
    """Also where it came with the first, and the connection is open still."""
    server = scripted([OK + OK.replace(b"{}", b"[]"), OK], [OK])
    connections = connect(server.endpoint)

    assert [ask(connections).body, ask(connections).body] == [b"{}", b"{}"]
    assert server.connections == 2


def test_a_server_that_is_silent_is_no_answer(scripted, connect):
    """After the time that was set."""
    server = scripted([b"HTTP/1.1 200 OK\r\n"])
    began_s = monotonic_s()

    with pytest.raises(NoAnswer, match="timed out"):
        ask(connect(server.endpoint, read_timeout_s=0.05))

    assert monotonic_s() - began_s < CONNECT_TIMEOUT_S


def test_nobody_there_is_no_answer(connect):
    """Whoever asks gets the same kind of failure."""
    with pytest.raises(NoAnswer, match="refused"):
        ask(connect(Endpoint(scheme="http", host="127.0.0.1", port=9)))


def test_a_connection_opened_ahead_is_the_one_that_is_used(scripted, connect):
    """Opened in another thread, before there was anything to send."""
    server = scripted([OK])
    connections = connect(server.endpoint)
    dialing = Dialing(server.endpoint)
    opening = threading.Thread(target=connections.open, args=(dialing,))
    opening.start()
    opening.join()

    assert server.accepted.wait(10)
    assert ask(connections).body == b"{}"
    assert server.connections == 1


def test_opening_ahead_what_is_not_there_fails_nobody(connect):
    """It is met again by the one who sends."""
    nobody = Endpoint(scheme="http", host="127.0.0.1", port=9)
    connections = connect(nobody)

    connections.open(Dialing(nobody))

    with pytest.raises(NoAnswer):
        ask(connections)


def test_two_who_ask_at_once_have_a_connection_each(own_region, connect):
    """Neither waits for the other; both connections are kept."""
    info = own_region.info
    host, port = info.endpoint_url.removeprefix("http://").split(":")
    connections = connect(Endpoint(scheme="http", host=host, port=int(port)))

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: ask(connections), range(200)))

    assert {one.status for one in answers} == {403}  # it is not signed
    assert 1 <= len(connections._idle) <= 8
