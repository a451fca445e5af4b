"""What a person is told when a call goes wrong, for every call and every fault.

The rule stands in `_usual`; `_DIFFERENT` has what is otherwise, with its reason.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from asgwarm import errors
from asgwarm.connect.push import InstanceGone  # noqa: F401  # one of the tree's classes

TRANSIENT = ("throttle", "500", "503", "reset_before", "reply_lost", "cut", "slow")
BROKEN = ("garbled", "truncated")
# Of calls on the way to a prompt these are asked again, once and as a whole.
UNCLEAR = (*BROKEN, "expired_token")
REFUSED = ("denied", "expired_token", "invalid", "not_found")
KINDS = (*TRANSIENT, *BROKEN, *REFUSED)
APPLIED = ("reply_lost", "cut", "slow", *BROKEN)  # done, and nobody is told
WHICH = ("first", "second", "all")


@dataclass(frozen=True)
class Cell:
    """One call of one play, struck by one fault."""

    play: str
    call: str  # "service:Action"
    kind: str
    which: str  # attempts: first, second, all

    def __str__(self) -> str:
        return f"{self.play}, {self.call}, {self.kind}, {self.which}"


def code_of(cell: Cell) -> str:
    """The code of the error that a cell ends with; empty when it ends well."""
    for play, call, kinds, which, code in _DIFFERENT:
        if (
            cell.play in play
            and cell.call == call
            and cell.kind in kinds
            and cell.which in which
        ):
            return code
    usual = _usual(cell)
    # What keeps a doctor from looking is one finding more.
    return "FINDINGS" if usual and cell.play == "doctor" else usual


def exit_code(code: str) -> int:
    """The exit code that belongs to an error's code, or to FINDINGS."""
    if code == "FINDINGS":
        return errors.FINDINGS
    (found,) = {o.exit_code for o in _classes(errors.AsgwarmError) if o.code == code}
    return int(found)


def _usual(cell: Cell) -> str:
    is_lean = cell.call == _PUSH or cell.call.startswith("dynamodb:")
    if is_lean and cell.kind in UNCLEAR and cell.which == "first":
        return ""
    if cell.kind in TRANSIENT:
        return "AWS_UNAVAILABLE" if cell.which == "all" else ""
    if cell.kind in BROKEN:
        return "AWS_UNAVAILABLE"
    if cell.kind == "not_found":
        is_table = cell.call.startswith("dynamodb:")
        return "POOL_NOT_FOUND" if is_table else "RESOURCE_MISSING"
    return {"denied": "ACCESS_DENIED", "expired_token": "CREDENTIALS"}.get(
        cell.kind, "AWS"
    )


def _classes(root: type[Any]) -> Iterator[type[Any]]:
    yield root
    for one in root.__subclasses__():
        yield from _classes(one)


_CLAIM, _PUSH = "dynamodb:UpdateItem", "ec2-instance-connect:SendSSHPublicKey"
_STACKS, _TABLE = "cloudformation:DescribeStacks", "dynamodb:Query"
_META = "dynamodb:GetItem"
_FEW = ("first", "second")
_ENTERING = ("connect", "copy")
_STRAY = ("close with a stray",)
_PLAN = ("plan an update",)
_WRITERS = ("get", "claim", "refresh", "reopen", "close")
# Not played, and why.
LEFT_OUT = {
    Cell(*_STRAY, "ec2:TerminateInstances", "not_found", "all"): (
        "EC2 lists an instance for ever and ends it never: `down` waits ten minutes"
    )
}

# plays, call, kinds, attempts -> code; the first line that fits counts
_DIFFERENT: tuple[
    tuple[tuple[str, ...], str, tuple[str, ...], tuple[str, ...], str], ...
]
_DIFFERENT = (
    # The price is an extra.
    (("status", "cost"), _STACKS, KINDS, WHICH, ""),
    # A claim that was applied is found by reading; a release that fails is said on
    # the way out, and the lease's own end stands behind it.
    (("get", "claim"), _CLAIM, APPLIED, WHICH, ""),
    (("get",), _CLAIM, KINDS, ("second",), ""),
    # A renewal may fail for as long as the lease still lasts.
    (_ENTERING, _CLAIM, KINDS, WHICH, ""),
    # The one who reads first is told that there is no such pool.
    (_WRITERS, _CLAIM, ("not_found",), WHICH, "RESOURCE_MISSING"),
    # What is called more than once is asked again each time.
    (("get", "close"), _TABLE, UNCLEAR, ("second",), ""),
    (("up", "renew"), _META, UNCLEAR, ("second",), ""),
    # A key is pushed again after anything that may pass. Without a Connect service
    # there is no way in, whatever its reason.
    (("get", *_ENTERING), _PUSH, BROKEN, _FEW, ""),
    (("get", *_ENTERING), _PUSH, ("throttle", "500"), ("all",), "KEY_PUSH_FAILED"),
    (("get", *_ENTERING), _PUSH, ("invalid",), WHICH, "KEY_PUSH_FAILED"),
    # The instance is gone: another one is claimed, while there is one.
    (("get",), _PUSH, ("not_found",), _FEW, ""),
    (("get",), _PUSH, ("not_found",), ("all",), "POOL_EMPTY"),
    (_ENTERING, _PUSH, ("not_found",), WHICH, "INSTANCE_GONE"),
    # To be counted while waiting is a courtesy of the pool's.
    (("wait",), "dynamodb:PutItem", KINDS, WHICH, ""),
    (("wait",), "dynamodb:DeleteItem", KINDS, WHICH, ""),
    # A stack that is not there is made; one that appears and vanishes is given up.
    (("plan",), _STACKS, ("not_found",), WHICH, ""),
    (("up",), _STACKS, ("not_found",), _FEW, ""),
    (("up",), _STACKS, ("not_found",), ("all",), "TIMEOUT"),
    (("up",), "cloudformation:UpdateStack", ("not_found",), _FEW, ""),
    (("up",), "cloudformation:UpdateStack", ("not_found",), ("all",), "TIMEOUT"),
    (("create",), "cloudformation:CreateStack", ("not_found",), _FEW, ""),
    (("create",), "cloudformation:CreateStack", ("not_found",), ("all",), "TIMEOUT"),
    (_PLAN, "cloudformation:CreateChangeSet", ("not_found",), _FEW, ""),
    (_PLAN, "cloudformation:CreateChangeSet", ("not_found",), ("all",), "TIMEOUT"),
    # A change set that is not there need not be deleted.
    (_PLAN, "cloudformation:DeleteChangeSet", ("not_found",), WHICH, ""),
    # What CloudFormation does not take is told in its own words.
    (_PLAN, "cloudformation:CreateChangeSet", ("invalid",), WHICH, "STACK_FAILED"),
    (("up",), "cloudformation:UpdateStack", ("invalid",), WHICH, "STACK_FAILED"),
    (("create",), "cloudformation:CreateStack", ("invalid",), WHICH, "STACK_FAILED"),
    # "Already gone" is success for whoever takes a pool down, and what cannot be
    # taken down any more is reported.
    (("close",), _STACKS, ("not_found",), WHICH, "FINDINGS"),
    (("close",), _META, ("not_found",), WHICH, ""),
    (("close",), _TABLE, ("not_found",), WHICH, ""),
    (("close",), "autoscaling:SuspendProcesses", ("not_found",), WHICH, ""),
    (("close",), "autoscaling:DeleteWarmPool", ("not_found",), WHICH, ""),
    (("close",), "autoscaling:UpdateAutoScalingGroup", ("not_found",), WHICH, ""),
    (_STRAY, "ec2:TerminateInstances", ("not_found",), WHICH, ""),
    (("delete",), "cloudformation:ListStackResources", ("not_found",), WHICH, ""),
)
