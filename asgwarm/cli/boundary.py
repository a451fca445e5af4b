"""The one place where an error becomes words and an exit code.

Rule 1: every error is two lines, or one document with --json; a traceback is for
--debug alone.
Rule 2: with a remote command, a failure of ours before it started is 125, whatever
its class; wrong arguments are 2 all the same.
"""

import signal

from asgwarm.cli.output import Output
from asgwarm.cli.signals import Interrupted
from asgwarm.domain.escape import printable
from asgwarm.errors import AsgwarmError, ConfigError

BEFORE_START = 125
BROKEN_PIPE = 128 + signal.SIGPIPE  # as a program that SIGPIPE ends


def expected(error: AsgwarmError, output: Output) -> int:
    """Report an error that has a name; returns the exit code."""
    output.error(_document(error))
    if isinstance(error, ConfigError):
        return error.exit_code
    return _unless_remote(output, error.exit_code)


def unexpected(
    error: Exception, output: Output, *, argv: list[str], debug: bool
) -> int:
    """Report a bug of ours; returns the exit code."""
    import shlex
    import traceback

    if debug:
        output.debug("".join(traceback.format_exception(error)))
    kind, said = type(error).__name__, str(error) or "no message"
    repeat = shlex.join(["asgwarm", *argv, "--debug"])
    named = AsgwarmError(f"unexpected {kind}: {said}", hint="" if debug else repeat)
    output.error(_document(named))
    return _unless_remote(output, named.exit_code)


def interrupted(signalled: Interrupted, output: Output) -> int:
    """Report that a signal ended the run; returns 128 plus its number."""
    cause = signalled.__cause__
    if isinstance(cause, AsgwarmError):
        output.error(_document(cause))
    name = signal.Signals(signalled.signum).name
    output.error(_fields("INTERRUPTED", f"interrupted by {name}"))
    return signalled.exit_code


def _unless_remote(output: Output, code: int) -> int:
    return BEFORE_START if output.remote and not output.handed_over else code


def _document(error: AsgwarmError) -> dict[str, object]:
    document = _fields(error.code, error.message)
    document["hint"] = printable(error.hint)
    document["retryable"] = error.retryable
    document["aws_request_id"] = error.aws_request_id
    return document


def _fields(code: str, message: str) -> dict[str, object]:
    return {
        "schema": "asgwarm.error/v1",
        "code": code,
        "message": printable(message),
        "hint": "",
        "retryable": False,
        "aws_request_id": None,
    }
