"""Error answers in the protocol that the caller speaks.

A client of the query protocol reads XML, one of EC2 another XML, S3 a third, and all
others JSON. The request says which: by its service and its content type.
"""

import json
from dataclasses import dataclass, field
from uuid import uuid4
from xml.sax.saxutils import escape


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A complete HTTP response."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


def json_answer(
    document: object, *, status: int = 200, content_type: str = "application/json"
) -> Answer:
    """*document* as JSON."""
    return Answer(
        status=status,
        headers={"content-type": content_type},
        body=json.dumps(document).encode(),
    )


def text_answer(text: str, *, status: int = 200) -> Answer:
    """*text* as it is."""
    return Answer(
        status=status, headers={"content-type": "text/plain"}, body=text.encode()
    )


def is_query(service: str, content_type: str) -> bool:
    """Whether the caller speaks the query protocol or EC2's dialect of it."""
    return service == "ec2" or content_type.startswith(
        "application/x-www-form-urlencoded"
    )


def error_answer(
    service: str, content_type: str, *, code: str, message: str, status: int
) -> Answer:
    """An AWS error that a client of *service* raises as one."""
    request_id = str(uuid4())
    if not is_query(service, content_type) and service != "s3":
        answer = json_answer(
            {"__type": code, "message": message},
            status=status,
            content_type=content_type or "application/json",
        )
        answer.headers["x-amzn-errortype"] = code
    else:
        body = _xml(service, code, message, request_id)
        answer = Answer(
            status=status, headers={"content-type": "text/xml"}, body=body.encode()
        )
    answer.headers["x-amzn-requestid"] = request_id
    return answer


def _xml(service: str, code: str, message: str, request_id: str) -> str:
    error = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    if service == "ec2":
        return (
            f"<Response><Errors><Error>{error}</Error></Errors>"
            f"<RequestID>{request_id}</RequestID></Response>"
        )
    if service == "s3":
        return f"<Error>{error}<RequestId>{request_id}</RequestId></Error>"
    return (
        f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    )
