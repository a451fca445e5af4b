"""Who types which command, and what is typed to prove that they may.

Rule 1: every command has its line; one that is added fails a test until it has.
Rule 2: the smallest things that make each call are those of the fault matrix; here
stands what only this proof needs, because its rows or ways in are others.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

USER, OPERATOR, DEPLOYER, AUDITOR = "user", "operator", "deployer", "auditor"
PLANNER = "planner"
FUNCTION, GUEST = "function", "guest"

# Policies of templates/access.yaml by who has them.
HAS: Mapping[str, tuple[str, ...]] = {
    USER: ("User",),
    OPERATOR: ("User", "Operator"),
    DEPLOYER: ("Deployer", "DeployerParts"),
    AUDITOR: ("Auditor",),
    PLANNER: ("Planner",),
}
WHO: Mapping[str, tuple[str, ...]] = {
    "up": (DEPLOYER,),
    "down": (DEPLOYER,),
    "refresh": (OPERATOR,),
    "status": (OPERATOR, AUDITOR),
    "cost": (OPERATOR, AUDITOR),
    "logs": (USER, AUDITOR),
    "ls": (USER, AUDITOR),
    **dict.fromkeys(
        (
            "get",
            "connect",
            "renew",
            "release",
            "cp",
            "ssh-proxy",
            "agent start",
            "agent stop",
            "agent status",
        ),
        (USER,),
    ),
    **dict.fromkeys(("bench", "doctor"), (OPERATOR,)),
}
# They call nothing of AWS, or a region of their own.
NOBODY = {
    "demo": "starts an emulated region",
    "local start": "starts an emulated region",
    "local stop": "asks the emulated region's own control",
    "local status": "asks the emulated region's own control",
    "local env": "reads a file",
    "local reset": "asks the emulated region's own control",
    "template": "prints a file",
    "ssh-config": "writes a file",
}


@dataclass(frozen=True, kw_only=True)
class Errand:
    """A command line that somebody types in a process of its own."""

    argv: tuple[str, ...]
    pool: str = "dev"
    code: int | None = 0  # None for any: only what is called is of interest
    faults: tuple[Mapping[str, Any], ...] = ()

    @property
    def command(self) -> str:
        """The name of the command."""
        two = " ".join(self.argv[:2])
        return two if two in WHO else self.argv[0]


_NEW = ("--yes", "--allow", "127.0.0.0/8", "--hot", "0", "--warm", "0")

# What became of a claim is then found out by reading its row.
_LOST = {"kind": "reply_lost", "action": "UpdateItem", "owner": "user"}

ERRANDS = (
    Errand(argv=("get", "dev", "--no-shell", "--name", "box", "--token", "build-1")),
    Errand(argv=("connect", "box", "--", "true")),
    Errand(argv=("get", "dev", "--no-shell", "--wait", "30s"), faults=(_LOST,)),
    Errand(argv=("release", "--all", "--pool", "dev", "--yes")),
    Errand(argv=("bench", "dev", "-n", "1", "--yes")),
    Errand(argv=("agent", "start", "--pool", "dev", "--spare", "1")),
    Errand(argv=("agent", "status")),
    Errand(argv=("agent", "stop")),
    Errand(
        argv=("ssh-proxy", "dev", "--host", "web.asgwarm", "--place", "."), code=None
    ),
    Errand(argv=("refresh", "dev", "--now")),
    Errand(argv=("up", "made", *_NEW), pool="made"),
    Errand(argv=("down", "made", "--force"), pool="made"),
    Errand(argv=("up", "inner", *_NEW, "--address", "endpoint"), pool="inner"),
    Errand(argv=("up", "inner", "--yes", "--hot", "1"), pool="inner"),
    Errand(argv=("get", "inner", "--", "true"), pool="inner"),
)
