"""The lean clients against boto3's own, in one region: same documents, same errors."""

import json
import subprocess
import sys
from binascii import crc32
from dataclasses import asdict, replace
from traceback import format_exception
from typing import Any

import pytest
from botocore.exceptions import ClientError

import asgwarm
from asgwarm.aws_errors import translated
from asgwarm.clients import Clients
from asgwarm.errors import Unavailable
from asgwarm.lean.client import DynamoDB, InstanceConnect
from asgwarm.lean.keys import Keys
from asgwarm.lean.situation import Situation
from tests.integration.pools import serve, settings_of

TABLE = "lean"
KEY: dict[str, Any] = {"pk": {"S": "a"}, "sk": {"S": "1"}}
ITEM = KEY | {
    "s": {"S": 'ü"\\\n'},
    "n": {"N": "-1.5"},
    "b": {"B": b"\x00\xff"},
    "bs": {"BS": [b"\x01", b"\x02"]},
    "l": {"L": [{"S": "x"}, {"M": {"B": {"S": "no bytes"}, "y": {"B": b"z"}}}]},
    "m": {"M": {"B": {"S": "no bytes"}, "BS": {"N": "1"}}},
    "none": {"NULL": True},
    "yes": {"BOOL": True},
}
WRITE = {
    "TableName": TABLE,
    "Key": KEY,
    "UpdateExpression": "SET hits = :one",
    "ExpressionAttributeValues": {":one": {"N": "1"}},
    "ReturnValues": "ALL_NEW",
}
READ: dict[str, Any] = {"TableName": TABLE, "Key": KEY, "ConsistentRead": True}
FIND = {
    "TableName": TABLE,
    "KeyConditionExpression": "pk = :pk",
    "ExpressionAttributeValues": {":pk": {"S": "a"}},
}
PUSH = {
    "InstanceId": "i-00000000000000001",
    "InstanceOSUser": "ec2-user",
    "SSHPublicKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + "A" * 43,
}


@pytest.fixture(scope="module")
def clients(own_region):
    """The product's own clients, and a table with three items."""
    made = Clients(settings_of(own_region), {"HOME": "/nowhere"})
    keys: list[Any] = [("pk", "HASH"), ("sk", "RANGE")]
    made.full_dynamodb.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name, _ in keys
        ],
        KeySchema=[{"AttributeName": n, "KeyType": kind} for n, kind in keys],
    )
    for number in ("1", "2", "3"):
        made.full_dynamodb.put_item(
            TableName=TABLE, Item=ITEM | {"sk": {"S": number}, "hits": {"N": "1"}}
        )
    return made


@pytest.fixture
def faults(own_region):
    """Sets the HTTP faults of the region; they end with the test."""
    yield lambda *http: own_region.control.set_faults(http=list(http))
    own_region.control.set_faults()


def essence(document):
    """A document without what differs from one request to the next."""
    document = json.loads(json.dumps(document, default=repr))
    meta = document["ResponseMetadata"]
    meta.pop("RequestId", None)
    meta.pop("MaxAttemptsReached", None)  # of a client that tries once
    assert meta["HTTPHeaders"].pop("date", "")
    for name in ("x-amzn-requestid", "x-amz-request-id", "x-amz-id-2"):
        meta["HTTPHeaders"].pop(name, None)
    document.pop("RequestId", None)
    return document


def request_id_of(document):
    """AWS's id of the request, which its header says too."""
    meta = document["ResponseMetadata"]
    return meta["RequestId"], meta["HTTPHeaders"]["x-amzn-requestid"]


def outcome(client, method, parameters):
    """What a call comes to: its document, or its error's."""
    try:
        return essence(getattr(client, method)(**parameters))
    except ClientError as error:
        said = str(error).replace(" (reached max retries: 0)", "")
        return [said, error.operation_name, essence(error.response)]


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        pytest.param("query", FIND, id="query"),
        pytest.param("query", FIND | {"Limit": 1}, id="a page of it"),
        pytest.param("get_item", READ, id="get"),
        pytest.param(
            "get_item", READ | {"Key": KEY | {"sk": {"S": "9"}}}, id="nothing"
        ),
        pytest.param("update_item", WRITE, id="update"),
        pytest.param("put_item", {"TableName": TABLE, "Item": KEY}, id="put"),
        pytest.param("delete_item", {"TableName": TABLE, "Key": KEY}, id="delete"),
        pytest.param(
            "update_item",
            WRITE
            | {
                "ConditionExpression": "hits = :one AND attribute_not_exists(pk)",
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            },
            id="a condition that fails",
        ),
        pytest.param("get_item", READ | {"TableName": "none"}, id="no table"),
        pytest.param("get_item", READ | {"Key": {"pk": {"S": "a"}}}, id="half a key"),
    ],
)
def test_a_call_of_dynamodb_comes_to_what_it_comes_to_with_boto3(
    clients, own_region, method, parameters
):
    """Documents, metadata, errors and their words."""

    def from_the_start(client):
        clients.full_dynamodb.put_item(
            TableName=TABLE, Item=ITEM | {"hits": {"N": "1"}}
        )
        return outcome(client, method, parameters)

    assert isinstance(clients.dynamodb, DynamoDB)
    full = from_the_start(clients.full_dynamodb)
    before = len(own_region.control.requests())
    lean = from_the_start(clients.dynamodb)

    assert lean == full
    assert len(own_region.control.requests()) == before + 2  # with the one before it


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({}, id="no such instance"),
        pytest.param({"InstanceOSUser": "!"}, id="no user's name"),
    ],
)
def test_a_push_comes_to_what_it_comes_to_with_boto3(clients, changed):
    """The refusals of the service are final."""
    asked = PUSH | changed

    assert isinstance(clients.eic, InstanceConnect)
    lean = outcome(clients.eic, "send_ssh_public_key", asked)
    full = outcome(clients.full_eic, "send_ssh_public_key", asked)

    assert lean == full
    code = lean[2]["Error"]["Code"]
    assert code in ("EC2InstanceNotFoundException", "InvalidArgsException")


def test_what_is_put_is_what_boto3_finds(clients):
    """Bytes too, wherever they stand in the item."""
    clients.full_dynamodb.delete_item(TableName=TABLE, Key=KEY)

    clients.dynamodb.put_item(TableName=TABLE, Item=ITEM)

    assert clients.full_dynamodb.get_item(**READ)["Item"] == ITEM


def test_every_page_is_turned(clients):
    """The paginator goes on where the last page ended."""
    pages = list(clients.dynamodb.get_paginator("query").paginate(**FIND, Limit=1))

    assert [item["sk"]["S"] for page in pages for item in page["Items"]] == [
        "1",
        "2",
        "3",
    ]
    assert clients.dynamodb.meta.region_name == clients.settings.region


def test_the_id_of_a_request_is_told(clients):
    """It is what AWS's support asks for; an error carries it as well."""
    told, header = request_id_of(clients.dynamodb.get_item(**READ))
    assert told == header != ""

    with pytest.raises(ClientError) as raised:
        clients.dynamodb.get_item(**READ | {"TableName": "none"})
    told, header = request_id_of(raised.value.response)
    assert told == header != ""


@pytest.mark.parametrize(
    "kind",
    [
        "throttle",
        "500",
        "503",
        "expired_token",
        "reset_before",
        "reply_lost",
        "cut",
        "garbled",
        "truncated",
    ],
)
def test_what_is_no_clear_answer_is_asked_again_as_a_whole(
    clients, own_region, faults, kind
):
    """boto3's client makes the call again, and it comes to the same."""
    wanted = outcome(clients.full_dynamodb, "update_item", WRITE)
    since = own_region.control.requests()[-1]["n"]
    faults({"kind": kind, "action": "UpdateItem", "count": 1})

    found = outcome(clients.dynamodb, "update_item", WRITE)

    assert found == wanted
    assert len(own_region.control.requests(since)) == 2


@pytest.mark.parametrize("kind", ["denied", "not_found", "invalid"])
def test_a_refusal_that_is_final_is_told_at_once(clients, own_region, faults, kind):
    """One request, and the error is boto3's."""
    faults({"kind": kind, "action": "UpdateItem"})
    wanted = outcome(clients.full_dynamodb, "update_item", WRITE)
    since = own_region.control.requests()[-1]["n"]

    found = outcome(clients.dynamodb, "update_item", WRITE)

    assert found == wanted
    assert len(own_region.control.requests(since)) == 1


def test_a_second_failure_stands_for_itself(own_region, faults):
    """What goes on failing is told in boto3's words, without a story before them."""
    settings = replace(settings_of(own_region), attempts=1)
    clients = Clients(settings, {"HOME": "/nowhere"})
    faults({"kind": "reset_before", "action": "GetItem"})

    with pytest.raises(Unavailable) as raised, translated("dynamodb:GetItem", TABLE):
        clients.dynamodb.get_item(**READ)

    told = "".join(format_exception(raised.value))
    assert "ConnectionClosedError" in told
    assert "NoAnswer" not in told


def lean_at(server, full):
    """A lean client of DynamoDB at a scripted server."""
    situation = Situation(
        region="us-east-1",
        keys=Keys(access_key_id="AKID", secret_access_key="secret"),  # noqa: S106  # nobody's
        endpoints={"dynamodb": server.endpoint},
    )
    return DynamoDB(situation, read_timeout_s=5, full=lambda: full, now=lambda: 0)


class Full:
    """In place of boto3's client: notes what it is asked."""

    def __init__(self):
        self.asked = []

    def get_item(self, **parameters):
        """Answer with what was asked."""
        self.asked.append(parameters)
        return {"Item": {}}


def answer(status, body, *headers):
    """A whole HTTP answer."""
    head = [f"HTTP/1.1 {status} S", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*head, "", ""]).encode() + body


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(answer(200, b"[]"), id="no object"),
        pytest.param(answer(200, b""), id="empty"),
        pytest.param(answer(200, b"[" * 100_000), id="nested without end"),
        pytest.param(answer(200, b'{"Item": {"a": {"B": "%"}}}'), id="no base64"),
        pytest.param(answer(200, b"{}", "x-amz-crc32: 1"), id="checksum"),
        pytest.param(answer(200, b"{}", "Content-Encoding: gzip"), id="compressed"),
        pytest.param(answer(301, b"{}", "Location: http://h/"), id="redirect"),
        pytest.param(answer(403, b"<html>"), id="somebody in between"),
        pytest.param(answer(400, b'{"__type": 1}'), id="no code"),
        pytest.param(answer(400, b'{"__type": "x#RequestTimeTooSkewed"}'), id="clock"),
        pytest.param(
            answer(400, b'{"__type": "InvalidSignatureException"}'), id="signature"
        ),
        pytest.param(
            answer(500, b'{"__type": "ValidationException"}'), id="fault with a name"
        ),
    ],
)
def test_an_answer_in_doubt_is_no_answer(scripted, said):
    """The whole call goes to boto3's client."""
    full = Full()
    server = scripted([said])
    client = lean_at(server, full)

    assert client.get_item(**READ) == {"Item": {}}

    assert full.asked == [READ]
    client.connections.close()


def test_a_checksum_that_fits_is_no_hindrance(scripted):
    """As DynamoDB sends it with every answer."""
    body = b'{"Item": {"a": {"N": "1"}}}'
    server = scripted([answer(200, body, f"x-amz-crc32: {crc32(body)}")])
    full = Full()
    client = lean_at(server, full)

    assert client.get_item(**READ)["Item"] == {"a": {"N": "1"}}

    assert full.asked == []
    client.connections.close()


def test_the_client_says_what_it_is(scripted):
    """AWS's logs can tell it from boto3, and the version with it."""
    server = scripted([answer(200, b"{}")])
    client = lean_at(server, Full())

    client.get_item(**READ)

    (request,) = server.requests
    lines = request.decode().split("\r\n")
    assert f"User-Agent: asgwarm/{asgwarm.__version__}" in lines
    assert f"Host: {server.endpoint.authority}" in lines
    client.connections.close()


def test_the_way_to_a_prompt_loads_no_client_of_boto3s(own_region, tmp_path):
    """Claimed, pushed and given back, by signed calls that the region accepts."""
    pool = serve(own_region, "swift", hot=1, warm=0, cap=4)
    pool.until_ready(1)
    since = own_region.control.requests()[-1]["n"]
    asked = {
        "settings": asdict(settings_of(own_region)),
        "env": {"HOME": str(tmp_path)},
        "pool": "swift",
        "journal": str(tmp_path),
    }

    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.lean.hot_path"],
        input=json.dumps(asked) + "\n",
        capture_output=True,
        text=True,
        check=True,
    )

    calls = own_region.control.requests(since)
    made = {(c["action"], c["status"]) for c in calls if c["owner"] == "user"}
    assert {("Query", 200), ("UpdateItem", 200), ("SendSSHPublicKey", 200)} <= made
    loaded = set(json.loads(done.stdout))
    assert "asgwarm.lean.client" in loaded
    assert not loaded & {"boto3", "botocore.session", "botocore.client", "urllib3"}
    assert done.stderr == ""
