"""The way back to a caller, whole and damaged."""

import pytest

from asgwarm.local.answers import json_answer
from asgwarm.local.faults import Kind
from asgwarm.local.out import Out

BODY = b'{"one": "two"}'


async def sent(kind=None, headers=None):
    """Messages, whether the connection broke, and the status that was seen."""
    messages, broken = [], []

    async def send(message):
        messages.append(message)

    out = Out(send, lambda: broken.append(True))
    if kind:
        out.damage(kind)
    answer = json_answer({"one": "two"})
    answer.headers.update(headers or {})
    await out.reply(answer)
    await out.finish()
    return messages, bool(broken), out.status


def length(messages):
    """The content-length that was promised."""
    return int(dict(messages[0]["headers"])[b"content-length"])


async def test_an_answer_without_a_fault_is_whole():
    """As it was given."""
    messages, broken, status = await sent()

    assert (messages[-1]["body"], length(messages)) == (BODY, len(BODY))
    assert (broken, status) == (False, 200)


@pytest.mark.parametrize("kind", [Kind.RESET_BEFORE, Kind.REPLY_LOST])
async def test_a_lost_answer_sends_nothing_and_breaks(kind):
    """Nobody saw a status."""
    assert await sent(kind) == ([], True, 0)


async def test_a_cut_answer_promises_more_than_it_sends():
    """The connection ends in the middle of the body."""
    messages, broken, status = await sent(Kind.CUT)

    assert messages[-1]["body"] == BODY[:7]
    assert messages[-1]["more_body"]
    assert (length(messages), broken, status) == (len(BODY), True, 200)


async def test_a_truncated_answer_is_a_complete_response():
    """Of half a document, and no checksum tells."""
    messages, broken, _ = await sent(Kind.TRUNCATED, {"x-amz-crc32": "1"})

    assert (messages[-1]["body"], length(messages)) == (BODY[:7], 7)
    assert b"x-amz-crc32" not in dict(messages[0]["headers"])
    assert not broken


async def test_a_garbled_answer_has_the_length_of_the_whole():
    """And the checksum of the document that it was."""
    messages, broken, _ = await sent(Kind.GARBLED, {"x-amz-crc32": "1"})

    assert messages[-1]["body"] == BODY[::-1]
    assert length(messages) == len(BODY)
    assert b"x-amz-crc32" in dict(messages[0]["headers"])
    assert not broken
