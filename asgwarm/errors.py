"""Everything that can go wrong, as one tree.

    AsgwarmError                 [1]   unexpected: a bug of ours
    ├── ConfigError              [2]   bad usage, unreadable or contradictory settings
    ├── PoolError
    │   ├── PoolNotFound         [5]   no pool of that name in this region
    │   ├── PoolNewer            [9]   its rows are of a version that is not known here
    │   ├── PoolEmpty            [3]   no ready instance within the wait
    │   └── ClaimContended       [3]   others took every candidate
    ├── LeaseError
    │   ├── LeaseNotFound        [5]   no lease of that id or name
    │   └── LeaseLost            [6]   ended, taken by the reaper, or not yours
    ├── PathNotFound             [5]   no file or folder of that name
    ├── TransferFailed           [8]   a file could not be copied, or not all of them
    ├── WaitTimeout              [7]   stack, readiness or SSH took too long
    ├── GuardRefused             [9]   live leases, cap, another region
    ├── ConnectError             [255] the way in failed or broke
    │   ├── NoRoute                    nothing answers at the address
    │   ├── TunnelRefused              the endpoint has no connection left
    │   ├── KeyPushFailed              EC2 Instance Connect refused the key
    │   ├── HostKeyMismatch            another host key than the pinned one
    │   └── SessionFailed              authentication refused, no session to be had
    │       └── ConnectionDropped      it broke when something may have been running
    ├── CommandError                   a command on an instance; with its output
    │   ├── CommandFailed        [1]   it ended with another code than 0
    │   ├── CommandTimeout       [7]   it took longer than allowed, and was ended
    │   └── OutputLimit          [1]   it wrote more than allowed, and was ended
    └── AwsError
        ├── CredentialsMissing   [4]   none, expired or not accepted
        ├── AccessDenied         [4]   names the action and the resource
        ├── ResourceMissing      [5]   what the call is about does not exist
        ├── Unavailable          [10]  AWS kept failing or throttling
        ├── UnknownOutcome       [10]  a write that may or may not have happened
        ├── RegionDown           [5]   nothing answers at the configured endpoint
        └── StackFailed          [10]  names the first failed resource and its reason

Exit code 8 is also that of a command that did its work and has FINDINGS to tell of.

Rules: a message says what failed, on what, and why, in lower case and without a
full stop; a hint is a command to type; the number in brackets is the exit code.
"""

FINDINGS = 8


class AsgwarmError(Exception):
    """The root: a bug of ours unless a subclass says otherwise."""

    exit_code = 1
    code = "UNEXPECTED"
    retryable = False

    def __init__(
        self, message: str, *, hint: str = "", aws_request_id: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.aws_request_id = aws_request_id


class ConfigError(AsgwarmError):
    """Bad usage, or settings that cannot be read or contradict each other."""

    exit_code = 2
    code = "CONFIG"


class PoolError(AsgwarmError):
    """Something about a pool."""


class PoolNotFound(PoolError):
    """There is no pool of that name in this account and region."""

    exit_code = 5
    code = "POOL_NOT_FOUND"


class PoolNewer(PoolError):
    """The pool's rows are of a version that this asgwarm does not know."""

    exit_code = 9
    code = "POOL_NEWER"


class PoolEmpty(PoolError):
    """No instance became ready within the wait."""

    exit_code = 3
    code = "POOL_EMPTY"
    retryable = True


class ClaimContended(PoolError):
    """There were ready instances, and others took every one of them first."""

    exit_code = 3
    code = "CLAIM_CONTENDED"
    retryable = True


class LeaseError(AsgwarmError):
    """Something about a lease."""


class LeaseNotFound(LeaseError):
    """No lease of that id or name is known."""

    exit_code = 5
    code = "LEASE_NOT_FOUND"


class LeaseLost(LeaseError):
    """The lease has ended, or belongs to someone else."""

    exit_code = 6
    code = "LEASE_LOST"


class PathNotFound(AsgwarmError):
    """There is no file or folder of that name."""

    exit_code = 5
    code = "PATH_NOT_FOUND"


class TransferFailed(AsgwarmError):
    """Something could not be copied; what was asked for is not complete."""

    exit_code = 8
    code = "TRANSFER_FAILED"


class WaitTimeout(AsgwarmError):
    """A stack, an instance or SSH took longer than allowed."""

    exit_code = 7
    code = "TIMEOUT"
    retryable = True


class GuardRefused(AsgwarmError):
    """A guard refused: live leases, the cap, another region."""

    exit_code = 9
    code = "REFUSED"


class ConnectError(AsgwarmError):
    """The way into an instance failed or broke."""

    exit_code = 255
    code = "CONNECT"
    retryable = True


class NoRoute(ConnectError):
    """Nothing answers at the instance's address and port."""

    code = "NO_ROUTE"


class TunnelRefused(ConnectError):
    """The endpoint in front of a private subnet has as many connections as it takes."""

    code = "TUNNEL_REFUSED"


class KeyPushFailed(ConnectError):
    """EC2 Instance Connect did not take the session key."""

    code = "KEY_PUSH_FAILED"


class HostKeyMismatch(ConnectError):
    """The server showed another host key than the one the registry pins."""

    code = "HOST_KEY_MISMATCH"
    retryable = False


class SessionFailed(ConnectError):
    """Authentication was refused, or the instance opens no session."""

    code = "SESSION_FAILED"


class ConnectionDropped(SessionFailed):
    """The connection broke when the remote command may already have been running."""

    code = "CONNECTION_DROPPED"


class CommandError(AsgwarmError):
    """A command on an instance did not do what was asked of it.

    Attributes:
        returncode: Its exit code; None when it was ended.
        stdout: What it wrote, as far as that was kept; bytes are text here.
        stderr: The same of its other output.
    """

    code = "COMMAND"

    def __init__(
        self,
        message: str,
        *,
        returncode: int | None = None,
        stdout: str = "",
        stderr: str = "",
        **about: str,
    ) -> None:
        super().__init__(message, **about)
        self.returncode = returncode
        self.stdout = stdout
        self.stderr = stderr


class CommandFailed(CommandError):
    """A command ended with another exit code than 0."""

    code = "COMMAND_FAILED"


class CommandTimeout(CommandError):
    """A command took longer than allowed, and was ended."""

    exit_code = 7
    code = "COMMAND_TIMEOUT"


class OutputLimit(CommandError):
    """A command wrote more than allowed, and was ended."""

    code = "OUTPUT_LIMIT"


class AwsError(AsgwarmError):
    """An AWS call failed for a reason that can be named."""

    code = "AWS"


class CredentialsMissing(AwsError):
    """No credentials, or AWS did not accept them."""

    exit_code = 4
    code = "CREDENTIALS"


class AccessDenied(AwsError):
    """The caller may not do this; the message names the action and the resource."""

    exit_code = 4
    code = "ACCESS_DENIED"


class ResourceMissing(AwsError):
    """What the call is about does not exist, or does no more."""

    exit_code = 5
    code = "RESOURCE_MISSING"


class Unavailable(AwsError):
    """AWS kept failing or throttling after all retries."""

    exit_code = 10
    code = "AWS_UNAVAILABLE"
    retryable = True


class UnknownOutcome(AwsError):
    """A write was sent and nobody can say whether it was applied."""

    exit_code = 10
    code = "UNKNOWN_OUTCOME"
    retryable = True


class RegionDown(AwsError):
    """Nothing answers at the endpoint that the settings name."""

    exit_code = 5
    code = "REGION_DOWN"
    retryable = True


class StackFailed(AwsError):
    """CloudFormation could not create, update or delete the stack."""

    exit_code = 10
    code = "STACK_FAILED"
