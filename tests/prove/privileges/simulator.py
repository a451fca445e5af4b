"""Asks a policy simulator that knows conditions; it runs in a process of its own.

`ASGWARM_SIMULATOR` names the folder that `make privileges` installs it into.
"""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).with_name("simulate.mjs")
ALLOWED = "Allowed"
TIMEOUT_S = 300

Document = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Question:
    """One request of somebody's.

    Attributes:
        documents: Names of the policies that they have.
        context: Condition keys with their values; a list where IAM has a set.
    """

    documents: tuple[str, ...]
    action: str
    resource: str
    context: Mapping[str, Any] = field(default_factory=dict)
    principal: str = "arn:aws:iam::000000000000:role/somebody"


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What became of it.

    Attributes:
        by: Name of the policy, and Sid or number of the statement, of what allowed it.
        error: Why it makes no sense as a request; empty when it does.
    """

    is_allowed: bool
    by: tuple[tuple[str, str], ...]
    error: str


@dataclass(frozen=True, kw_only=True)
class Answers:
    """Decisions in the order of the questions.

    Attributes:
        wildcard: Whether AWS knows no narrower resource for an action than all.
    """

    decisions: Sequence[Decision]
    wildcard: Mapping[str, bool]


def ask(
    documents: Mapping[str, Document],
    questions: Sequence[Question],
    actions: Sequence[str] = (),
) -> Answers:
    """Have questions decided and actions looked up."""
    asked = {
        "documents": documents,
        "requests": [vars(question) for question in questions],
        "actions": list(actions),
    }
    done = subprocess.run(
        ["node", str(PROGRAM), os.environ["ASGWARM_SIMULATOR"]],  # noqa: S607 - PATH's
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    decisions = [_decision(each) for each in said["decisions"]]
    return Answers(decisions=decisions, wildcard=said["wildcard"])


def _decision(said: Mapping[str, Any]) -> Decision:
    return Decision(
        is_allowed=said["result"] == ALLOWED,
        by=tuple((name, statement) for name, statement in said["by"]),
        error=said["error"] or "",
    )
