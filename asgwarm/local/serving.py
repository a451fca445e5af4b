"""The HTTP server: hypercorn's connection handling on a socket that is already bound.

Each connection is given the means to break it off, which an ASGI server does not
offer: a lost reply and a reset connection are things that clients must survive.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Abort = Callable[[], None]
App = Callable[[Scope, Receive, Send, Abort], Awaitable[None]]

KEEP_ALIVE_S = 75
CLOSE_S = 2.0


def bind(port: int | None) -> socket.socket:
    """A listening socket on 127.0.0.1; *port* None takes any free one."""
    # asyncio switches Nagle off only where the protocol is named.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port or 0))
    listener.listen(512)
    return listener


class Server:
    """Answers requests on a listening socket with *app* until it is closed."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._config = Config()
        self._config.keep_alive_timeout = KEEP_ALIVE_S
        self._config.max_app_queue_size = 64
        self._config.accesslog = None
        self._context = WorkerContext(None)
        self._open: dict[asyncio.Task[Any], Abort] = {}
        self._server: asyncio.Server | None = None

    async def start(self, listener: socket.socket) -> None:
        """Begin to answer."""
        self._server = await asyncio.start_server(self._connection, sock=listener)

    async def close(self) -> None:
        """Take no more connections and break the open ones off."""
        if self._server is not None:
            self._server.close()
        await self._context.terminated.set()  # ends what waits for a next request
        for abort in self._open.values():
            abort()
        if self._open:
            await asyncio.wait(list(self._open), timeout=CLOSE_S)

    async def _connection(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        async def one(scope: Any, receive: Any, send: Any) -> None:
            await self._app(scope, receive, send, writer.transport.abort)

        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a connection without a task")
        self._open[task] = writer.transport.abort
        try:
            loop = asyncio.get_running_loop()
            await TCPServer(
                ASGIWrapper(one), loop, self._config, self._context, {}, reader, writer
            )
        finally:
            del self._open[task]
