"""Connections that are kept: one request, one whole answer, and again.

Rule 1: an answer is whole or there is none; see `http1`.
Rule 2: nothing is sent twice. A connection that its server has closed is noticed before
anything is sent, and opened anew; once a byte has been sent, the request may have been
performed, and who asked has to find out.
Rule 3: one request at a time on a connection; who finds all of them busy opens another.
"""

import socket
import ssl
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from threading import Lock

from asgwarm.lean.endpoint import Dialing, Endpoint, dial
from asgwarm.lean.http1 import Answer, NoAnswer, read_answer, request


class Connections:
    """Kept connections to one endpoint, for any number of threads.

    Args:
        read_timeout_s: How long the server may be silent before there is no answer.
    """

    def __init__(self, endpoint: Endpoint, *, read_timeout_s: float) -> None:
        self.endpoint = endpoint
        self._read_timeout_s = read_timeout_s
        self._idle: list[_Line] = []
        self._lock = Lock()
        weakref.finalize(self, _close_all, self._idle)

    def open(self, dialing: Dialing) -> None:
        """Make a connection of *dialing* before there is anything to send. Blocks.

        What goes wrong is met again, and told, by the one who sends.
        """
        line = self._new()
        with line.lock:  # whoever has something to send meanwhile waits for it
            with self._lock:
                self._idle.append(line)
            with suppress(OSError):
                line.open(dialing.socket)

    def ask(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """POST *body* to `/` and return the whole answer. Blocks.

        Raises:
            NoAnswer: There is none, for whatever reason.
        """
        with self._lock:
            line = self._idle.pop() if self._idle else self._new()
        try:
            with line.lock:  # whoever opens it ahead is waited for
                answer = line.ask(headers, body)
        except OSError as error:
            line.close()
            raise NoAnswer(repr(error)) from error
        except NoAnswer:
            line.close()
            raise
        self._put(line)
        return answer

    def close(self) -> None:
        """Close what is idle; the next request opens anew."""
        with self._lock:
            _close_all(self._idle)

    def _new(self) -> "_Line":
        return _Line(self.endpoint, self._read_timeout_s)

    def _put(self, line: "_Line") -> None:
        with self._lock:
            self._idle.append(line)


class _Line:
    """One connection; whoever uses it holds its lock."""

    def __init__(self, endpoint: Endpoint, read_timeout_s: float) -> None:
        self.lock = Lock()
        self._endpoint = endpoint
        self._read_timeout_s = read_timeout_s
        self._sock: socket.socket | None = None

    def open(self, dialled: Callable[[], socket.socket]) -> socket.socket:
        """Return the connection, opened over what is *dialled* where it is not."""
        if self._sock is not None and _is_quiet(self._sock):
            return self._sock
        self.close()
        sock = _secured(dialled(), self._endpoint)
        sock.settimeout(self._read_timeout_s)
        self._sock = sock
        return sock

    def close(self) -> None:
        """Close the connection, if there is one."""
        sock, self._sock = self._sock, None
        if sock is not None:
            sock.close()

    def ask(self, headers: Mapping[str, str], body: bytes) -> Answer:
        sock = self.open(lambda: dial(self._endpoint))
        sock.sendall(request(headers, body))
        answer, is_kept = read_answer(sock.recv)
        if not is_kept:
            self.close()
        return answer


def _close_all(idle: list[_Line]) -> None:
    while idle:
        idle.pop().close()


def _secured(sock: socket.socket, endpoint: Endpoint) -> socket.socket:
    """Return the connection with TLS over it where the endpoint has it.

    Raises:
        OSError: Not to whom it should lead, or it broke; it is closed then.
    """
    if endpoint.scheme == "http":
        return sock
    from asgwarm.lean.trust import context

    try:
        verified = context(endpoint.host, endpoint.ca_file)
        return verified.wrap_socket(sock, server_hostname=endpoint.ascii_host)
    except OSError:
        sock.close()
        raise


def _is_quiet(sock: socket.socket) -> bool:
    """Whether a kept connection is open and has nothing to say that nobody asked for.

    It is read, not polled: TLS sends tickets that are no answer.
    """
    timeout_s = sock.gettimeout()
    sock.settimeout(0)
    try:
        sock.recv(1)  # the end, or a byte that belongs to no answer
    except (BlockingIOError, ssl.SSLWantReadError):
        quiet = True
    except OSError:
        quiet = False
    else:
        quiet = False
    sock.settimeout(timeout_s)
    return quiet
