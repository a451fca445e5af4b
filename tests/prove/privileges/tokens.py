"""Tokens of GitHub, and the roles that they open.

Rule: each job of templates/ci takes its own role and no other; strangers take none.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.prove.workflows.roles import OWN, roles

AWS = "sts.amazonaws.com"
# What tokens of others say, and of jobs that take no role.
STRANGERS = {
    "a branch": f"{OWN}:ref:refs/heads/x",
    "a tag": f"{OWN}:ref:refs/tags/v1",
    "another environment": f"{OWN}:environment:asgwarm-x",
    "a fork's merge": "repo:somebody/name:ref:refs/heads/main",
    "a fork's pull request": "repo:somebody/name:pull_request",
    "a fork's environment": "repo:somebody/name:environment:asgwarm",
    "another repository": "repo:owner/name2:pull_request",
    "one who took over the name": "repo:owner@1/name@2:pull_request",
    "nobody": "",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One token, and whether it opens a role."""

    why: str
    role: str
    subject: str
    audience: str
    opens: bool


def tokens() -> Iterator[Token]:
    """Yield every pair of a token and a role."""
    known = roles().values()
    jobs = {subject: subject for role in known for subject in role.subjects}
    for role in known:
        for who, subject in (jobs | STRANGERS).items():
            yield Token(
                why=f"{who} takes it",
                role=role.name,
                subject=subject,
                audience=AWS,
                opens=subject in role.subjects,
            )
        for subject in role.subjects:
            yield Token(
                why=f"{subject}, for somebody else",
                role=role.name,
                subject=subject,
                audience="example.com",
                opens=False,
            )
