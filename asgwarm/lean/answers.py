"""What an answer of AWS's JSON services means, in the shapes that boto3 gives it.

Rule 1: a document or an error is made only of what is beyond doubt: a 200 with an
object that its checksum confirms, or a refusal that is final by its name. Everything
else is `Unclear`, throttling, faults of the service and matters of credentials among
it: there boto3's judgement counts.
Rule 2: what is made equals what boto3 makes of the same answer, so that callers need
to know one of them.
"""

import json
from base64 import b64decode
from binascii import crc32
from typing import TYPE_CHECKING, Any

from asgwarm.lean.http1 import Answer

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

Document = dict[str, Any]

# Refusals that trying again cannot change, and their members beside `Error`.
_FINAL: dict[str, tuple[str, ...]] = {
    "AccessDeniedException": (),
    "ValidationException": (),
    "ConditionalCheckFailedException": ("message", "Item"),
    "ResourceNotFoundException": ("message",),
    "AuthException": ("Message",),
    "EC2InstanceNotFoundException": ("Message",),
    "EC2InstanceStateInvalidException": ("Message",),
    "EC2InstanceUnavailableException": ("Message",),
    "InvalidArgsException": ("Message",),
}
_BINARY = {"B", "BS"}


class Unclear(Exception):
    """The answer says neither what was done nor that nothing was."""


def document(answer: Answer, operation: str) -> Document:
    """Return a 200's document, with `ResponseMetadata`.

    Raises:
        ClientError: botocore's, with its `response`: AWS refuses, and will again.
        Unclear: Anything else.
    """
    told = _object(answer)
    if answer.status == 200:
        return told | {"ResponseMetadata": _metadata(answer)}
    if 400 <= answer.status < 500:
        raise _refusal(answer, told, operation)
    raise Unclear(f"status {answer.status}")


def _object(answer: Answer) -> Document:
    """Return the body's object, with bytes where the text stands for bytes."""
    promised = answer.headers.get("x-amz-crc32", "")
    if promised and promised != str(crc32(answer.body)):
        raise Unclear("the checksum is another")
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise Unclear("the body is compressed, which nobody asked for")
    try:
        told = json.loads(answer.body)
        if not isinstance(told, dict):
            raise Unclear("the body is no object")
        return {name: _with_bytes(value) for name, value in told.items()}
    except (ValueError, RecursionError) as error:
        raise Unclear("the body is no document") from error


def _with_bytes(value: Any) -> Any:
    """Return a value of a document with DynamoDB's binary attributes decoded."""
    if isinstance(value, list):
        return [_with_bytes(each) for each in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and value.keys() <= _BINARY:
        ((kind, coded),) = value.items()
        if isinstance(coded, str) and kind == "B":
            return {kind: b64decode(coded, validate=True)}
        if isinstance(coded, list) and kind == "BS":
            return {kind: [b64decode(each, validate=True) for each in coded]}
    return {name: _with_bytes(each) for name, each in value.items()}


def _refusal(answer: Answer, told: Document, operation: str) -> "ClientError":
    from botocore.exceptions import ClientError

    code = str(told.get("__type", "")).partition(":")[0].rpartition("#")[2]
    if code not in _FINAL or "x-amzn-query-error" in answer.headers:
        raise Unclear(f"status {answer.status}, {code or 'no code'}")
    said = told.get("message", told.get("Message", ""))
    response: Any = {
        "Error": {"Message": said, "Code": code},
        "ResponseMetadata": _metadata(answer),
    }
    response |= {name: told[name] for name in _FINAL[code] if name in told}
    return ClientError(response, operation)


def _metadata(answer: Answer) -> Document:
    metadata: Document = {
        "HTTPStatusCode": answer.status,
        "HTTPHeaders": answer.headers,
        "RetryAttempts": 0,
    }
    if request_id := answer.headers.get("x-amzn-requestid"):
        metadata["RequestId"] = request_id
    return metadata
