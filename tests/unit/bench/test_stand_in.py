"""What plays AWS in the bench is fair to all: one winner, a pool that stays full."""

import asyncio
import json
import socket
import ssl
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from asgwarm.registry.table import encode
from tests.bench import certificates
from tests.bench.dynamodb import Rows
from tests.bench.stand_in import KEYS, Orders, listen
from tests.bench.supply import POOL, READY, Door, Supply

CLAIMANTS = 20
ROWS = f"POOL#{POOL}#0"
DOOR = Door(
    address="198.18.0.2",
    port=22,
    os_user="ec2-user",
    host_key="ssh-ed25519 " + "A" * 68,
)


class Client:
    """Asks the stand-in over a connection of its own each time."""

    def __init__(self, port: int, context: ssl.SSLContext) -> None:
        self._port, self._context = port, context

    async def ask(self, target: str, body: bytes) -> tuple[int, bytes]:
        """Send one request; return status and body of its answer."""
        reader, writer = await asyncio.open_connection(
            "localhost", self._port, ssl=self._context, family=socket.AF_INET
        )
        head = (
            f"POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: {target}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().lower().splitlines()
        length = next(x.split()[1] for x in lines if x.startswith("content-length"))
        answer = await reader.readexactly(int(length))
        writer.close()
        await writer.wait_closed()
        return int(lines[0].split()[1]), answer

    async def dynamodb(self, action: str, **request: Any) -> tuple[int, Any]:
        """Ask DynamoDB."""
        target, body = f"DynamoDB_20120810.{action}", json.dumps(request).encode()
        status, answer = await self.ask(target, body)
        return status, json.loads(answer)

    async def ready(self) -> list[dict[str, Any]]:
        """The rows of the ready index."""
        _, answer = await self.dynamodb(
            "Query",
            IndexName="ready",
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": encode(ROWS)},
        )
        rows: list[dict[str, Any]] = answer["Items"]
        return rows


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Certificates, which take a moment to make."""
    return certificates.write(tmp_path_factory.mktemp("tls"), ("localhost",))


@pytest.fixture
async def client(files, tmp_path):
    """A client of a stand-in that listens on this computer."""
    orders = Orders(
        listen="127.0.0.1",
        port=0,
        chain=str(files.chain),
        tls_key=str(files.key),
        keys=str(tmp_path / "pushed"),
        eic_ms=0,
        door=DOOR,
    )
    orders.write(tmp_path / "orders.json")
    server = await listen(Orders.read(tmp_path / "orders.json"))
    context = ssl.create_default_context(cafile=files.root)
    async with server:
        yield Client(server.sockets[0].getsockname()[1], context)


async def test_of_many_who_claim_one_row_at_once_one_gets_it(client):
    """A condition and its write are one thing; the losers are shown the winner."""
    row = (await client.ready())[0]

    def claim(owner: int) -> Any:
        return client.dynamodb(
            "UpdateItem",
            Key={"pk": row["pk"], "sk": row["sk"]},
            UpdateExpression="SET st = :leased, lease_owner = :owner REMOVE ready_key",
            ConditionExpression="st = :ready",
            ExpressionAttributeValues={
                ":leased": encode("LEASED"),
                ":ready": encode("READY"),
                ":owner": encode(f"owner-{owner}"),
            },
            ReturnValues="ALL_NEW",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )

    answers = await asyncio.gather(*map(claim, range(CLAIMANTS)))

    won = [answer["Attributes"] for status, answer in answers if status == 200]
    lost = [answer for status, answer in answers if status == 400]
    assert len(won) == 1
    assert len(lost) == CLAIMANTS - 1
    assert all("ConditionalCheckFailed" in answer["__type"] for answer in lost)
    assert {answer["Item"]["lease_owner"]["S"] for answer in lost} == {
        won[0]["lease_owner"]["S"]
    }


async def test_what_was_claimed_is_replaced_and_not_offered_again(client):
    """Every round finds as many ready instances as the first."""
    before = await client.ready()
    await client.dynamodb(
        "UpdateItem",
        Key={"pk": before[0]["pk"], "sk": before[0]["sk"]},
        UpdateExpression="REMOVE ready_key",
        ConditionExpression="st = :ready",
        ExpressionAttributeValues={":ready": encode("READY")},
    )
    after = await client.ready()

    assert len(before) == len(after) == READY
    assert before[0]["sk"] not in [row["sk"] for row in after]


async def test_an_instance_that_was_tagged_is_not_found_again(client):
    """The same holds for those who claim by tags."""

    async def first() -> str:
        body = urlencode({"Action": "DescribeInstances"}).encode()
        _, answer = await client.ask("", body)
        return str(answer).split("<instanceId>")[1].split("<")[0]

    taken = await first()
    tags = {"Action": "CreateTags", "ResourceId.1": taken}
    tags |= {"Tag.1.Key": "State", "Tag.1.Value": "leased"}
    await client.ask("", urlencode(tags).encode())

    assert await first() != taken


async def test_a_pushed_key_is_there_before_the_answer(client, tmp_path):
    """Sshd's lookup prints that file; of earlier keys only a few are let in."""
    pushed: list[str] = []
    for key in ("ssh-ed25519 A", "ssh-ed25519 B", "ssh-ed25519 C", "ssh-ed25519 D"):
        pushed.append(key)
        target = "AWSEC2InstanceConnectService.SendSSHPublicKey"
        status, _ = await client.ask(target, json.dumps({"SSHPublicKey": key}).encode())

        assert status == 200
        found = (tmp_path / "pushed").read_text().splitlines()
        assert found == pushed[-KEYS:]


def test_the_rows_say_when_they_were_last_compared():
    """A claimant trusts no rows that are too old; a bench may last long."""
    rows, now = Rows(), iter(range(100, 1000))
    supply = Supply(rows, replace(DOOR, port=2222), lambda: next(now))
    supply.refill()
    key = {"pk": encode(f"POOL#{POOL}"), "sk": encode("META")}

    assert rows.answer("GetItem", {"Key": key})["Item"]["seen_at"] == encode(101)
