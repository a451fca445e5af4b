"""What AWS answered, in our words: the map from botocore's errors to ours.

Rule: an error of AWS's is mapped here and nowhere else. Errors that mean something
to one caller only (a failed condition, an unknown instance) are caught there first.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)

from asgwarm.errors import (
    AccessDenied,
    AsgwarmError,
    AwsError,
    ConfigError,
    CredentialsMissing,
    RegionDown,
    ResourceMissing,
    Unavailable,
)

_DENIED = {
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "AuthException",
    "AuthorizationError",
}
_CREDENTIALS = {
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "RequestExpired",
    "AuthFailure",
    "InvalidAccessKeyId",
}
_THROTTLED = {
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestLimitExceeded",
    "ProvisionedThroughputExceededException",
    "TooManyRequestsException",
    "SlowDown",
}
# CloudFormation and Auto Scaling call it a ValidationError and say it in words.
_MISSING = re.compile(r"NotFound|does not exist|not found", re.IGNORECASE)
_UNFORESEEN = "run the same command again with --debug"


@contextmanager
def translated(action: str, resource: str) -> Iterator[None]:
    """Run AWS calls so that their failures are ours.

    Args:
        action: As in a policy, `dynamodb:UpdateItem`.
        resource: What it was done to, for the message.

    Raises:
        AwsError: One of its classes, with cause and next command.
    """
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise translate(error, action, resource) from error


def translate(
    error: ClientError | BotoCoreError, action: str, resource: str
) -> AsgwarmError:
    """Return our error for one of botocore's."""
    if isinstance(error, ClientError):
        return _from_answer(error, action, resource)
    if isinstance(error, NoRegionError):
        return ConfigError("no AWS region is set", hint="export AWS_REGION=us-east-1")
    if isinstance(
        error,
        NoCredentialsError
        | PartialCredentialsError
        | TokenRetrievalError
        | UnauthorizedSSOTokenError,
    ):
        return CredentialsMissing(
            f"no usable AWS credentials: {_one_line(error)}", hint="aws sso login"
        )
    if isinstance(error, EndpointConnectionError):
        url = str(error.kwargs.get("endpoint_url", "the endpoint"))
        # AWS's own endpoint is there; it is the way to it that is not.
        kind = Unavailable if "amazonaws.com" in url else RegionDown
        return kind(f"nothing answers at {url}", hint="aws sts get-caller-identity")
    if isinstance(error, HTTPClientError):
        return Unavailable(
            f"{action} on {resource} got no answer: {_one_line(error)}",
            hint="aws sts get-caller-identity",
        )
    return AwsError(
        f"{action} on {resource} failed: {_one_line(error)}", hint=_UNFORESEEN
    )


def _from_answer(error: ClientError, action: str, resource: str) -> AsgwarmError:
    code = error.response.get("Error", {}).get("Code", "Unknown")
    said = _one_line(error.response.get("Error", {}).get("Message", ""))
    meta = error.response.get("ResponseMetadata", {})
    request_id = meta.get("RequestId")
    if code in _DENIED:
        return AccessDenied(
            f"{action} on {resource} is denied: {said}",
            hint="aws sts get-caller-identity",
            aws_request_id=request_id,
        )
    if code in _CREDENTIALS:
        return CredentialsMissing(
            f"AWS does not accept the credentials ({code}): {said}",
            hint="aws sso login"
            if "Expired" in code
            else "aws sts get-caller-identity",
            aws_request_id=request_id,
        )
    if code in _THROTTLED or meta.get("HTTPStatusCode", 400) >= 500:
        return Unavailable(
            f"{action} on {resource} kept failing ({code}): {said}",
            hint="wait a minute and run the same command again",
            aws_request_id=request_id,
        )
    kind = ResourceMissing if _MISSING.search(f"{code} {said}") else AwsError
    return kind(
        f"{action} on {resource} failed ({code}): {said}",
        hint=_UNFORESEEN,
        aws_request_id=request_id,
    )


def _one_line(text: object) -> str:
    return " ".join(str(text).split())
