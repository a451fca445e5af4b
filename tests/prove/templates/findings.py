"""What judges find in templates, and what of it is accepted, with the reason.

Everything else is to be mended. An exception that nothing needs any more is told as
well, and so is a fifth one.
"""

from collections.abc import Iterable
from dataclasses import dataclass

MOST_ACCEPTED = 4


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Finding:
    """One thing that a judge does not like."""

    judge: str
    rule: str
    document: str  # the template, and behind a slash which rendering of it
    resource: str  # its logical name; empty where it is about the whole
    says: str

    @property
    def where(self) -> str:
        """The template and its resource, whatever the options are."""
        return f"{self.document.partition('/')[0]}/{self.resource}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """Findings that stay, and why."""

    judge: str
    findings: frozenset[tuple[str, str]]  # rule, template/resource
    reason: str


def _these(**where: str) -> frozenset[tuple[str, str]]:
    return frozenset(where.items())


ACCEPTED = (
    Accepted(
        judge="checkov",
        findings=_these(
            CKV_AWS_27="pool/DeadLetters",
            CKV_AWS_119="pool/Table",
            CKV_AWS_158="pool/Logs",
            CKV_AWS_173="pool/Function",
        ),
        reason="all of it is encrypted with AWS's own keys; a key of the customer's "
        "would have to be granted to every user of the pool, costs by the month, and "
        "keeps nothing more secret: rows, logs and settings hold no secrets",
    ),
    Accepted(
        judge="checkov",
        findings=_these(
            CKV_AWS_115="pool/Function",
            CKV_AWS_117="pool/Function",
        ),
        reason="in a VPC it would need a NAT gateway or five interface endpoints to "
        "reach what it calls, AWS's public APIs; a share of concurrency is taken from "
        "the account's, which is 10 in new ones: no stack could be made there",
    ),
    Accepted(
        judge="checkov",
        findings=_these(CKV_AWS_88="pool/LaunchTemplate"),
        reason="public addresses are an option, for those without VPN and endpoint; "
        "nothing but port 22 is open on them, and to one network only",
    ),
    Accepted(
        judge="cfn-lint",
        findings=_these(E3021="pool/SecurityGroup"),
        reason="without a VPC of their own people use the default one, whose security "
        "groups name none",
    ),
)


def unexplained(findings: Iterable[Finding]) -> list[Finding]:
    """Those that nothing excuses."""
    return sorted(one for one in findings if not _excuses(one))


def idle(findings: Iterable[Finding]) -> list[tuple[str, str]]:
    """Accepted findings that nobody found."""
    used = {(one.judge, (one.rule, one.where)) for one in findings}
    return sorted(
        entry
        for accepted in ACCEPTED
        for entry in accepted.findings
        if (accepted.judge, entry) not in used
    )


def _excuses(finding: Finding) -> list[Accepted]:
    entry = (finding.rule, finding.where)
    return [
        accepted
        for accepted in ACCEPTED
        if finding.judge == accepted.judge and entry in accepted.findings
    ]
