"""A door before a region's own, through which answers come changed.

What a region cannot be brought to say: that its clock is another one, that Lambda gave
a function up, that CloudFormation does not come to an end.
"""

import http.client
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.utils import formatdate, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from asgwarm.local.front import action_of
from asgwarm.local.signature import SKEW_S, Request

TIMEOUT_S, POLL_S = 20, 0.02
SIGNED_AT = "%Y%m%dT%H%M%S"
OF_A_HOP = {"connection", "content-length", "transfer-encoding"}


class _Server(ThreadingHTTPServer):
    """Knows where the region is, and what is changed."""

    daemon_threads = True
    region: tuple[str, int]
    changes: Mapping[str, tuple[str, str]]
    ahead_s: int


class _Door(BaseHTTPRequestHandler):
    """Passes a request on as it came, signature and all, and its answer changed."""

    server: _Server

    def do_POST(self) -> None:
        """Every method alike."""
        sent = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): text for name, text in self.headers.items()}
        if abs(self.server.ahead_s) > SKEW_S:
            signed = datetime.strptime(headers["x-amz-date"], f"{SIGNED_AT}%z")
            late = signed - timedelta(seconds=self.server.ahead_s)
            headers["x-amz-date"] = f"{late:{SIGNED_AT}}Z"
        way = http.client.HTTPConnection(*self.server.region, timeout=TIMEOUT_S)
        try:
            way.request(self.command, self.path, sent, headers)
            answer = way.getresponse()
            body, told = answer.read(), answer.getheaders()
        finally:
            way.close()
        path, _, query = self.path.partition("?")
        asked = Request(
            method=self.command,
            raw_path=path,
            raw_query=query,
            headers=headers,
            body=sent,
        )
        before, after = self.server.changes.get(action_of(asked), ("", ""))
        self._reply(answer.status, told, body.replace(before.encode(), after.encode()))

    do_GET = do_PUT = do_DELETE = do_POST

    def _reply(self, status: int, told: Any, body: bytes) -> None:
        self.send_response_only(status)
        for name, text in told:
            if name.lower() == "date":
                own_s = parsedate_to_datetime(text).timestamp()
                text = formatdate(own_s + self.server.ahead_s, usegmt=True)
            if name.lower() not in OF_A_HOP:
                self.send_header(name, text)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def front(
    endpoint_url: str,
    *,
    ahead_s: int = 0,
    changes: Mapping[str, tuple[str, str]] | None = None,
) -> Iterator[str]:
    """Open a door; yield its URL.

    Args:
        ahead_s: How far the clock behind it is ahead of this computer's. The Date of
            answers says so; where it is more than AWS bears, requests are as late.
        changes: What is written otherwise in the answers to an action.
    """
    where = urlsplit(endpoint_url)
    server = _Server(("127.0.0.1", 0), _Door)
    server.region = where.hostname or "", where.port or 80
    server.ahead_s, server.changes = ahead_s, changes or {}
    thread = threading.Thread(target=server.serve_forever, args=(POLL_S,), name="door")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
