"""What plays AWS: DynamoDB, EC2 and EC2 Instance Connect in one process, over TLS 1.3.

Rule 1: each action takes the time that the conditions give it, and no request waits
for another one's. No signature is checked.
Rule 2: a key that was pushed is where sshd's lookup finds it before the answer leaves.

usage: python -m tests.bench.stand_in ORDERS, a file with `Orders` as JSON
"""

import asyncio
import json
import ssl
import sys
import zlib
from dataclasses import asdict, dataclass
from email.utils import formatdate
from pathlib import Path
from secrets import token_hex
from typing import Any

from asgwarm.clock import now_s
from tests.bench.conditions import DYNAMODB_MS, EC2_MS
from tests.bench.dynamodb import Refused, Rows
from tests.bench.ec2 import Instances
from tests.bench.supply import Door, Supply

KEYS = 3  # pushed at once: all instances are one, and an agent pushes unasked


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """Where to listen and how to behave.

    Args:
        keys: The file that takes the pushed key.
    """

    listen: str
    port: int
    chain: str
    tls_key: str
    keys: str
    eic_ms: int
    door: Door

    def write(self, path: Path) -> None:
        """Write them where the process will read them."""
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> "Orders":
        """Read what `write` wrote."""
        known = json.loads(path.read_text())
        return cls(**known | {"door": Door(**known["door"])})


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer."""

    status: int
    kind: str
    body: bytes


class Services:
    """The three services of one region."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._rows = Rows()
        self._keys: list[str] = []
        self._instances = Instances(orders.door)
        Supply(self._rows, orders.door, now_s)

    async def answer(self, target: str, body: bytes) -> Reply:
        """Answer a request; *target* is its X-Amz-Target, EC2's have none."""
        service, _, action = target.rpartition(".")
        if service.startswith("DynamoDB_"):
            await asyncio.sleep(DYNAMODB_MS / 1000)
            return self._dynamodb(action, json.loads(body))
        if action == "SendSSHPublicKey":
            await asyncio.sleep(self._orders.eic_ms / 1000)
            return self._push(json.loads(body))
        await asyncio.sleep(EC2_MS / 1000)
        return Reply(200, "text/xml", self._instances.answer(body.decode()).encode())

    def _dynamodb(self, action: str, request: dict[str, Any]) -> Reply:
        kind = "application/x-amz-json-1.0"
        try:
            return Reply(200, kind, _json(self._rows.answer(action, request)))
        except Refused as refused:
            said: dict[str, Any] = {
                "__type": f"com.amazonaws.dynamodb.v20120810#{refused.code}",
                "message": str(refused),
            }
            if refused.item:
                said["Item"] = refused.item
            return Reply(400, kind, _json(said))

    def _push(self, request: dict[str, Any]) -> Reply:
        fresh = Path(f"{self._orders.keys}.new")
        self._keys = [*self._keys, request["SSHPublicKey"].strip()][-KEYS:]
        fresh.write_text("".join(f"{key}\n" for key in self._keys))
        fresh.chmod(0o644)
        fresh.rename(self._orders.keys)
        said = {"RequestId": token_hex(8), "Success": True}
        return Reply(200, "application/x-amz-json-1.1", _json(said))


class Server:
    """HTTP/1.1 with connections that stay open."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Answer the requests of one connection until it is closed."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                headers = _headers(head)
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                reply = await self._services.answer(
                    headers.get("x-amz-target", ""), body
                )
                writer.write(_wire(reply))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return  # closed by the client
        finally:
            writer.close()


def _headers(head: str) -> dict[str, str]:
    pairs = (line.partition(":") for line in head.split("\r\n")[1:] if line)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _json(said: object) -> bytes:
    return json.dumps(said, separators=(",", ":")).encode()


def _wire(reply: Reply) -> bytes:
    reason = "OK" if reply.status == 200 else "Bad Request"
    lines = [
        f"HTTP/1.1 {reply.status} {reason}",
        f"Date: {formatdate(now_s(), usegmt=True)}",
        f"Content-Type: {reply.kind}",
        f"Content-Length: {len(reply.body)}",
        f"x-amzn-RequestId: {token_hex(16)}",
        f"x-amz-crc32: {zlib.crc32(reply.body)}",
        "\r\n",
    ]
    return "\r\n".join(lines).encode() + reply.body


async def listen(orders: Orders) -> asyncio.Server:
    """Return a server that listens."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(orders.chain, orders.tls_key)
    server = Server(Services(orders))
    return await asyncio.start_server(
        server.serve, orders.listen, orders.port, ssl=context
    )


async def main() -> None:
    """Serve until killed."""
    server = await listen(Orders.read(Path(sys.argv[1])))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
