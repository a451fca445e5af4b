"""Answers, addresses, activity, the published file and the way to the front."""

import asyncio
import json
import os
import socket
from dataclasses import replace

import pytest

from asgwarm.local.activity import Activity
from asgwarm.local.addresses import Addresses
from asgwarm.local.answers import error_answer
from asgwarm.local.front import action_of
from asgwarm.local.info import RegionError, RegionInfo, load, make_private, save
from asgwarm.local.serving import bind
from asgwarm.local.signature import Caller, Request

CALLER = Caller(access_key_id="k", owner="user", service="s")
ASKING = Request(
    method="POST", raw_path="/", raw_query="a=query", headers={}, body=b"a body"
)


def test_errors_speak_the_callers_protocol():
    """EC2, S3 and the query protocol read XML, all others JSON."""

    def body(service, kind="") -> str:
        answer = error_answer(service, kind, code="Code", message="a < b", status=403)
        return answer.body.decode()

    form = "application/x-www-form-urlencoded; charset=utf-8"
    assert body("autoscaling", form).startswith("<ErrorResponse><Error><Type>Sender")
    assert body("ec2", form).startswith("<Response><Errors><Error><Code>Code")
    assert body("s3").startswith("<Error><Code>Code</Code><Message>a &lt; b")
    assert json.loads(body("dynamodb", "application/x-amz-json-1.0")) == {
        "__type": "Code",
        "message": "a < b",
    }


@pytest.mark.parametrize(
    ("request_", "action"),
    [
        ({"headers": {"x-amz-target": "DynamoDB_20120810.Query"}}, "Query"),
        ({"body": b"Action=PutWarmPool&Version=1"}, "PutWarmPool"),
        ({"raw_query": "Action=DescribeRegions"}, "DescribeRegions"),
        (
            {"method": "GET", "raw_path": "/2015-03-31/functions"},
            "GET /2015-03-31/functions",
        ),
    ],
)
def test_an_action_is_named_by_header_form_or_path(request_, action):
    """Whichever the protocol uses."""
    values = {
        "method": "POST",
        "raw_path": "/",
        "raw_query": "",
        "headers": {},
        "body": b"",
    }
    assert action_of(Request(**values | request_)) == action


def test_no_address_is_given_out_twice():
    """Except where there is only one."""
    addresses = Addresses()
    given = [addresses.take() for _ in range(300)]
    assert len(set(given)) in (1, 300)
    assert all(address.startswith("127.0.") for address in given)


async def test_a_change_wakes_who_waits():
    """At once, and from another thread too."""
    activity = Activity()
    async with asyncio.timeout(5):
        waiting = asyncio.create_task(activity.wait(0, 60))
        await asyncio.to_thread(activity.changed_elsewhere)
        assert await waiting == 1
        assert await activity.wait(0, 60) == 1
        assert await activity.wait(1, 0.001) == 1


async def test_calls_are_numbered_and_kept_in_order():
    """A reader asks for those after the last it has seen."""
    activity = Activity()
    for action in ("A", "B", "C"):
        activity.answered(CALLER, action=action, status=200, request=ASKING)
    assert [call["action"] for call in activity.since(1)] == ["B", "C"]


async def test_what_was_sent_is_kept_only_on_demand():
    """The body, or the query of a request that has none."""
    activity = Activity()
    without_body = replace(ASKING, body=b"")
    for records, request in ((False, ASKING), (True, ASKING), (True, without_body)):
        activity.records = records
        activity.answered(CALLER, action="A", status=200, request=request)
    assert [call["asked"] for call in activity.since(0)] == ["", "a body", "a=query"]


def test_the_published_file_is_for_its_owner_only(tmp_path):
    """0600 in a 0700 folder, and what is read is what was written."""
    folder = tmp_path / "state"
    make_private(folder)
    info = RegionInfo(
        endpoint_url="http://127.0.0.1:1",
        region="us-east-1",
        access_key_id="AKIA",
        secret_access_key="secret",  # noqa: S106  # not one
        pid=1,
        state_dir=folder,
    )
    save(info)

    assert load(folder) == info
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "region.json").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in folder.iterdir()] == ["region.json"]


def test_the_socket_listens_on_loopback_without_delay():
    """Asyncio sends small answers at once only where the protocol is named."""
    with bind(None) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"
        assert listener.proto == socket.IPPROTO_TCP


@pytest.mark.parametrize("text", ["", "{", "{}", '{"pid": 1}'])
def test_a_broken_file_is_no_region(tmp_path, text):
    """Half a file, or one of another version."""
    (tmp_path / "region.json").write_text(text)
    assert load(tmp_path) is None
    assert load(tmp_path / "absent") is None


def test_an_unusable_folder_is_named(tmp_path):
    """The message says which and why."""
    (tmp_path / "file").write_text("")
    with pytest.raises(RegionError, match="file"):
        make_private(tmp_path / "file" / "state")
    assert os.listdir(tmp_path) == ["file"]  # noqa: PTH208  # names are enough
