"""One public key onto one instance, through EC2 Instance Connect.

Rule 1: the key is the same in every try, so that a try too many does no harm;
throttling, faults of the service and broken connections are tried again, inside a
deadline.
Rule 2: AWS saying "sent" does not mean that the instance accepts the key: the OS
user or the instance's own package may be missing. The SSH server has the last word.
"""

import itertools
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from asgwarm.aws_errors import translate
from asgwarm.clock import monotonic_s
from asgwarm.domain.value import value
from asgwarm.errors import AsgwarmError, AwsError, KeyPushFailed

if TYPE_CHECKING:
    from mypy_boto3_ec2_instance_connect import EC2InstanceConnectClient

KEY_TTL_S = 60  # EC2 Instance Connect API reference, SendSSHPublicKey

_ACTION = "ec2-instance-connect:SendSSHPublicKey"
# EC2 Instance Connect API reference, the errors of SendSSHPublicKey.
_GONE = {
    "EC2InstanceNotFoundException": "there is no such instance",
    "EC2InstanceStateInvalidException": "it is not running",
    "EC2InstanceUnavailableException": "it cannot be reached by AWS",
}
_AGAIN = {"ThrottlingException", "ServiceException"}


class InstanceGone(KeyPushFailed):
    """The instance is not there to take a key; another one may be."""

    code = "INSTANCE_GONE"


@value
class Retry:
    """How often a throttled push is tried, and how long in all.

    The pauses double from `first_s` up to `most_s`.
    """

    tries: int = 5
    first_s: float = 0.2
    most_s: float = 2.0
    deadline_s: float = 10.0
    sleep: Callable[[float], None] = time.sleep
    clock_s: Callable[[], float] = monotonic_s

    def pause_s(self, tried: int) -> float:
        """Seconds to wait after *tried* tries."""
        return min(self.first_s * 2.0 ** (tried - 1), self.most_s)


USUAL = Retry()


def push_key(
    client: "EC2InstanceConnectClient",
    *,
    instance_id: str,
    os_user: str,
    public_line: str,
    retry: Retry = USUAL,
) -> None:
    """Let *public_line* in as *os_user* for the next 60 seconds. Blocks.

    Raises:
        InstanceGone: The instance does not exist, does not run or is unreachable.
        AccessDenied: The caller may not push a key to this instance.
        KeyPushFailed: AWS refused the request, or kept throttling it.
        AwsError: No credentials, or nothing answered.
    """
    give_up_at_s = retry.clock_s() + retry.deadline_s
    for tried in itertools.count(1):
        try:
            _send(client, instance_id, os_user, public_line)
        except (ClientError, BotoCoreError) as error:
            pause_s = retry.pause_s(tried)
            late = retry.clock_s() + pause_s > give_up_at_s
            if not _is_passing(error) or tried >= retry.tries or late:
                raise _failure(error, instance_id, os_user) from error
            retry.sleep(pause_s)
        else:
            return


def _send(
    client: "EC2InstanceConnectClient", instance_id: str, os_user: str, public_line: str
) -> None:
    answer = client.send_ssh_public_key(
        InstanceId=instance_id, InstanceOSUser=os_user, SSHPublicKey=public_line
    )
    if not answer.get("Success"):
        raise KeyPushFailed(
            f"EC2 Instance Connect did not deliver the key to {instance_id}",
            hint="asgwarm status",
        )


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "Unknown")


def _is_passing(error: ClientError | BotoCoreError) -> bool:
    """Whether the next try may succeed."""
    if not isinstance(error, ClientError):
        return isinstance(error, HTTPClientError)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    return _code(error) in _AGAIN or status >= 500


def _failure(
    error: ClientError | BotoCoreError, instance_id: str, os_user: str
) -> AsgwarmError:
    if not isinstance(error, ClientError):
        return translate(error, _ACTION, instance_id)
    code = _code(error)
    said = " ".join(error.response.get("Error", {}).get("Message", "").split())
    request_id = error.response.get("ResponseMetadata", {}).get("RequestId")
    if code in _GONE:
        return InstanceGone(
            f"no key can be pushed to {instance_id}: {_GONE[code]} ({said})",
            hint=f"aws ec2 describe-instance-status --instance-ids {instance_id}",
            aws_request_id=request_id,
        )
    mapped = translate(error, _ACTION, instance_id)
    if type(mapped) is not AwsError and code not in _AGAIN:
        return mapped  # denied, or a matter of credentials: it has its own name
    return KeyPushFailed(
        f"EC2 Instance Connect refused the key for {os_user} on {instance_id}"
        f" ({code}): {said}",
        hint="run the same command again" if code in _AGAIN else "asgwarm status",
        aws_request_id=request_id,
    )
