"""Who calls AWS, and how far this computer's clock is from AWS's.

Rule: AWS's time is the Date of its answer, also of one that refuses: AWS refuses what
is signed some minutes off, and says that the signature is wrong.
"""

from email.utils import parsedate_to_datetime
from typing import Any

from botocore.exceptions import ClientError

from asgwarm.aws_errors import translated
from asgwarm.domain.value import value

SKEW_S = 60  # less is nobody's trouble


@value
class Caller:
    """Who calls, as AWS says it."""

    arn: str  # empty where AWS refused, and the clock is why
    skew_s: int  # how far this computer's clock is ahead of AWS's


def ask(client: Any, now: int) -> Caller:
    """Return who calls.

    Args:
        client: boto3's of STS.
        now: This computer's Unix time in seconds.

    Raises:
        CredentialsMissing: There are none, or AWS does not accept them.
    """
    with translated("sts:GetCallerIdentity", "the caller"):
        try:
            answer = client.get_caller_identity()
        except ClientError as refusal:
            skew_s = _skew_s(refusal.response["ResponseMetadata"], now)
            if abs(skew_s) < SKEW_S:
                raise
            return Caller(arn="", skew_s=skew_s)
    return Caller(arn=answer["Arn"], skew_s=_skew_s(answer["ResponseMetadata"], now))


def _skew_s(metadata: Any, now: int) -> int:
    try:
        date = parsedate_to_datetime(metadata["HTTPHeaders"]["date"])
    except (KeyError, ValueError):
        return 0
    return now - int(date.timestamp())
