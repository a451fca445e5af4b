"""A wire of a chosen length for those who are not root: a proxy that waits.

It delays what programs write, not packets: handshakes of TCP are imitated by a pause of
one round trip, Nagle's algorithm and delayed ACKs see a loopback. A figure that was
measured through it says so.

usage: python -m tests.bench.proxy RTT_MS PORT…, the ports of 127.0.0.1 that it leads to
"""

import asyncio
import getpass
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.bench.command import REPOSITORY, BenchFailed, running
from tests.bench.network import Network

HOST = "127.0.0.1"
_SERVICES = ("DYNAMODB", "EC2", "EC2_INSTANCE_CONNECT")


@contextmanager
def proxied(rtt_ms: int) -> Iterator[Network]:
    """Put a proxy with a round trip of *rtt_ms* before two free ports.

    Raises:
        BenchFailed: It did not start.
    """
    ports = _free_ports(2)
    words = (str(rtt_ms), *map(str, ports))
    command = [sys.executable, "-m", "tests.bench.proxy", *words]
    with running(command, cwd=REPOSITORY, stdout=subprocess.PIPE) as proxy:
        said = proxy.stdout.readline() if proxy.stdout else b""
        if not said:
            raise BenchFailed("the proxy did not start")
        aws, ssh = json.loads(said)
        endpoint = f"https://localhost:{aws}"
        yield Network(
            how="a delaying TCP proxy on loopback, as there is no root here",
            listen=HOST,
            aws_port=ports[0],
            sshd_port=ports[1],
            address=HOST,
            ssh_port=ssh,
            os_user=getpass.getuser(),
            environment={f"AWS_ENDPOINT_URL_{each}": endpoint for each in _SERVICES},
        )


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind((HOST, 0))
    ports = [int(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Proxy:
    """Leads connections to a port, as from afar."""

    def __init__(self, port: int, rtt_s: float) -> None:
        self._port, self._rtt_s = port, rtt_s

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Carry one connection both ways until both ends are closed."""
        await asyncio.sleep(self._rtt_s)  # TCP's handshake
        try:
            there = await asyncio.open_connection(HOST, self._port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(
            self._carry(reader, there[1]), self._carry(there[0], writer)
        )

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        loop, one_way_s = asyncio.get_running_loop(), self._rtt_s / 2
        try:
            while chunk := await reader.read(65536):
                loop.call_later(one_way_s, writer.write, chunk)
        except ConnectionError:
            return  # closed by whoever reads from here
        finally:
            loop.call_later(one_way_s, writer.close)


async def main() -> None:
    """Serve until killed; the first line is the list of our own ports."""
    rtt_ms, *ports = map(int, sys.argv[1:])
    proxies = [Proxy(port, rtt_ms / 1000) for port in ports]
    servers = [await asyncio.start_server(each.serve, HOST, 0) for each in proxies]
    ours = [server.sockets[0].getsockname()[1] for server in servers]
    sys.stdout.write(json.dumps(ours) + "\n")
    sys.stdout.flush()
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    asyncio.run(main())
