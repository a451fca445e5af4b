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


def bind(port: int | None) -> socket.socket:
    """A listening socket on 127.0.0.1; *port* None takes any free one."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port or 0))
    listener.listen(512)
    return listener


async def serve(app: App, listener: socket.socket) -> asyncio.Server:
    """Answer requests on *listener* with *app* until the server is closed."""
    config = Config()
    config.keep_alive_timeout = KEEP_ALIVE_S
    config.max_app_queue_size = 64
    config.accesslog = None
    loop = asyncio.get_running_loop()
    context = WorkerContext(None)

    async def connection(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        async def one(scope: Any, receive: Any, send: Any) -> None:
            await app(scope, receive, send, writer.transport.abort)

        await TCPServer(ASGIWrapper(one), loop, config, context, {}, reader, writer)

    return await asyncio.start_server(connection, sock=listener)
