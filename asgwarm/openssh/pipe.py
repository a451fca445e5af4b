"""Bytes between ssh and an instance, until either has no more.

Rule: what was read is passed on before more is read, so that a slow end slows the
other down and nothing is left over when one of them has ended.
"""

import asyncio
import os
import socket
from contextlib import suppress

_BUFFER_BYTES = 1 << 20
_READ_BYTES = 1 << 18


async def pipe(sock: socket.socket, stdin: int, stdout: int) -> None:
    """Pass bytes on between *sock*, which is owned from here on, and two pipes.

    Returns when either side has ended.
    """
    from_instance, to_instance = await asyncio.open_connection(
        sock=sock, limit=_BUFFER_BYTES
    )
    from_ssh, reading = await _reader(stdin)
    to_ssh = await _writer(stdout)
    for writer in (to_ssh, to_instance):
        writer.transport.set_write_buffer_limits(0)  # drained is passed on
    ways = [
        asyncio.create_task(_pump(from_instance, to_ssh)),
        asyncio.create_task(_pump(from_ssh, to_instance)),
    ]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.wait(ways)
        for transport in (reading, to_ssh, to_instance):
            transport.close()


async def _reader(fd: int) -> tuple[asyncio.StreamReader, asyncio.ReadTransport]:
    reader = asyncio.StreamReader(limit=_BUFFER_BYTES)
    stream = os.fdopen(os.dup(fd), "rb", buffering=0)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), stream
    )
    return reader, transport


async def _writer(fd: int) -> asyncio.StreamWriter:
    loop = asyncio.get_running_loop()
    stream = os.fdopen(os.dup(fd), "wb", buffering=0)
    protocol = asyncio.StreamReaderProtocol(asyncio.StreamReader())
    transport, _ = await loop.connect_write_pipe(lambda: protocol, stream)
    return asyncio.StreamWriter(transport, protocol, None, loop)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):  # the other end is gone, which is an end
        while data := await reader.read(_READ_BYTES):
            writer.write(data)
            await writer.drain()
