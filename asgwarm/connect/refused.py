"""Why an endpoint opens no way to an instance, in words that say what to do.

Rule: AWS's status codes and error codes decide where they are known; its sentence is
passed on. That the endpoint was reached and the instance was not is most often one of
two security groups, and that is said.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from botocore.exceptions import ClientError

from asgwarm.aws_errors import translate
from asgwarm.connect.target import Target
from asgwarm.domain.endpoint import Endpoint
from asgwarm.domain.escape import printable
from asgwarm.errors import AsgwarmError, NoRoute, ResourceMissing, TunnelRefused

ACTION = "ec2-instance-connect:OpenTunnel"
MAX_CONNECTIONS = 20  # EC2 User Guide, "Quotas for EC2 Instance Connect Endpoint"

_CODE_OF = {401: "UnrecognizedClientException", 403: "AccessDeniedException"}


def refused(
    endpoint: Endpoint, *, status: int, body: bytes, request_id: str | None
) -> AsgwarmError:
    """Return the error for an endpoint that opens no tunnel."""
    said = _document(body)
    code = said.get("ErrorCode") or _CODE_OF.get(status, f"HTTP {status}")
    message = said.get("Message") or "no reason given"
    name = endpoint.endpoint_id
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return TunnelRefused(
            f"{name} takes no more than {MAX_CONNECTIONS} connections: {message}",
            hint="run the same command again when somebody has left",
            aws_request_id=request_id,
        )
    if status == HTTPStatus.NOT_FOUND:
        return ResourceMissing(
            f"there is no endpoint {name} any more: {message}",
            hint="asgwarm up --address endpoint",
            aws_request_id=request_id,
        )
    answer: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": request_id},
    }
    return translate(ClientError(answer, "OpenTunnel"), ACTION, name)


def unreachable(endpoint: Endpoint, error: Exception) -> NoRoute:
    """Return the error for an endpoint that cannot be talked to."""
    reason = printable(str(error)[:200]) or type(error).__name__
    return NoRoute(
        f"{endpoint.endpoint_id} does not answer at {endpoint.host}: {reason}",
        hint="aws ec2 describe-instance-connect-endpoints",
    )


def not_reached(endpoint: Endpoint, target: Target, reason: str) -> NoRoute:
    """Return the error for a tunnel in which the instance says nothing."""
    return NoRoute(
        f"{endpoint.endpoint_id} does not reach {target.instance_id} at"
        f" {target.address}: {reason}; open port 22 from the endpoint's group"
        f" {endpoint.group_id}, in the instance's group and in its own",
        hint="asgwarm up --address endpoint",
    )


def _document(body: bytes) -> Mapping[str, str]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {key: printable(str(text)[:200]) for key, text in found.items()}
