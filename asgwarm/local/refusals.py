"""What AWS says when it refuses a call, in each service's own words.

Rule: code, message and status are those of the service, because clients tell errors
apart by them; whoever parses the answer sees what AWS would have sent.
Sources: "Common Error Types" of the API references of DynamoDB, CloudFormation,
Auto Scaling and EC2 Instance Connect; "Error codes for the Amazon EC2 API".
"""

import json
import re
from dataclasses import dataclass
from urllib.parse import parse_qs

from asgwarm.local.answers import Answer, error_answer
from asgwarm.local.faults import Kind
from asgwarm.local.keyring import ACCOUNT_ID
from asgwarm.local.signature import Request

Said = tuple[str, str, int]  # code, message, HTTP status

_EXPIRED = "The security token included in the request is expired"
_RATE = "Rate exceeded"

# What the services that speak the query protocol say.
_QUERY: dict[Kind, Said] = {
    Kind.THROTTLE: ("Throttling", _RATE, 400),
    Kind.ERROR_500: ("InternalFailure", "An internal error occurred.", 500),
    Kind.ERROR_503: ("ServiceUnavailable", "The service is unavailable.", 503),
    Kind.DENIED: ("AccessDenied", "", 403),
    Kind.EXPIRED_TOKEN: ("ExpiredToken", _EXPIRED, 403),
    Kind.INVALID: ("ValidationError", "1 validation error detected", 400),
    Kind.NOT_FOUND: ("ValidationError", "", 400),
}
_JSON: dict[Kind, Said] = {
    Kind.THROTTLE: ("ThrottlingException", _RATE, 400),
    Kind.ERROR_500: ("InternalServerError", "An internal error occurred.", 500),
    Kind.ERROR_503: ("ServiceUnavailable", "The service is unavailable.", 503),
    Kind.DENIED: ("AccessDeniedException", "", 400),
    Kind.EXPIRED_TOKEN: ("ExpiredTokenException", _EXPIRED, 400),
    Kind.INVALID: ("ValidationException", "1 validation error detected", 400),
    Kind.NOT_FOUND: ("ResourceNotFoundException", "", 400),
}
_OWN: dict[str, dict[Kind, Said]] = {
    "ec2": {
        Kind.THROTTLE: ("RequestLimitExceeded", "Request limit exceeded.", 503),
        Kind.ERROR_500: ("InternalError", "An internal error has occurred", 500),
        Kind.ERROR_503: ("Unavailable", "The server is overloaded.", 503),
        Kind.DENIED: ("UnauthorizedOperation", "", 403),
        Kind.EXPIRED_TOKEN: ("RequestExpired", "Request has expired.", 400),
        Kind.INVALID: ("InvalidParameterValue", "The value is not valid", 400),
        Kind.NOT_FOUND: ("", "", 400),
    },
    "ec2-instance-connect": {
        Kind.THROTTLE: ("ThrottlingException", _RATE, 429),
        Kind.ERROR_500: ("ServiceException", "The service failed.", 500),
        Kind.INVALID: ("InvalidArgsException", "One of the arguments is invalid", 400),
        Kind.NOT_FOUND: ("EC2InstanceNotFoundException", "", 404),
    },
}
# What an EC2 action that names none of a kind says of it: the end of its name decides.
_MISSING = (
    ("Vpcs", "InvalidVpcID.NotFound", "The vpc ID does not exist"),
    ("Subnets", "InvalidSubnetID.NotFound", "The subnet ID does not exist"),
    ("Volumes", "InvalidVolume.NotFound", "The volume does not exist"),
    ("Instances", "InvalidInstanceID.NotFound", "The instance ID does not exist"),
)
# Where a request names what it is about, and how its ARN ends.
_RESOURCES = (
    ("TableName", "dynamodb", "table/{}"),
    ("StackName", "cloudformation", "stack/{}/*"),
    (
        "AutoScalingGroupName",
        "autoscaling",
        "autoScalingGroup:*:autoScalingGroupName/{}",
    ),
    ("InstanceId", "ec2", "instance/{}"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A call that is refused."""

    service: str
    action: str
    request: Request

    @property
    def content_type(self) -> str:
        """What the caller speaks."""
        return self.request.headers.get("content-type", "")


def refusal(kind: Kind, asked: Asked, *, region: str, user: str) -> Answer:
    """The answer of a service that refuses *asked*.

    Args:
        user: The ARN of whoever asked, for the message of a denial.
    """
    is_query = asked.content_type.startswith("application/x-www-form-urlencoded")
    said = (_QUERY if is_query else _JSON) | _OWN.get(asked.service, {})
    code, message, status = said[kind]
    if kind is Kind.DENIED:
        message = _denied(asked, region, user)
    elif kind is Kind.NOT_FOUND:
        code, message = _not_found(asked, code)
    return error_answer(
        asked.service, asked.content_type, code=code, message=message, status=status
    )


def _denied(asked: Asked, region: str, user: str) -> str:
    action = f"{asked.service}:{asked.action}"
    why = f"because no identity-based policy allows the {action} action"
    if asked.service == "ec2":
        start = "You are not authorized to perform this operation. "
        return f"{start}User: {user} is not authorized to perform: {action} {why}"
    what = f"{action} on resource: {_resource(asked, region)}"
    return f"User: {user} is not authorized to perform: {what} {why}"


def _resource(asked: Asked, region: str) -> str:
    for field, service, end in _RESOURCES:
        if name := _named(asked.request, field):
            if name.startswith("arn:"):
                return name
            return f"arn:aws:{service}:{region}:{ACCOUNT_ID}:{end.format(name)}"
    return "*"


def _not_found(asked: Asked, code: str) -> tuple[str, str]:
    if asked.service == "ec2":
        found = [one for one in _MISSING if asked.action.endswith(one[0])]
        _, own, message = (found or _MISSING[-1:])[0]
        return own, message
    if asked.service == "cloudformation":
        name = _named(asked.request, "StackName")
        return code, f"Stack with id {name} does not exist"
    if asked.service == "autoscaling":
        name = _named(asked.request, "AutoScalingGroupName")
        words = "AutoScalingGroup name not found - AutoScalingGroup"
        return code, f"{words} '{name}' not found"
    if asked.service == "ec2-instance-connect":
        return code, f"Instance not found: {_named(asked.request, 'InstanceId')}"
    return code, "Requested resource not found"


def _named(request: Request, field: str) -> str:
    """The first value of *field* in a request, in a form or in JSON; or nothing."""
    text = request.body.decode("utf-8", "replace")
    if text.startswith("{"):
        value = json.loads(text).get(field, "")
        return value if isinstance(value, str) else ""
    form = parse_qs(text)
    names = [name for name in form if re.fullmatch(rf"{field}s?(\.member\.1)?", name)]
    return form[names[0]][0] if names else ""
