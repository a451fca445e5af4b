"""Whether the account may run as many instances as the pool's cap allows.

Sources: Amazon EC2 User Guide, "Amazon EC2 On-Demand Instance limits": vCPUs of all
running instances of a family in a region; Service Quotas has a code for each.
"""

import re
from collections.abc import Iterator

from asgwarm.aws_errors import translated
from asgwarm.doctor.facts import Facts
from asgwarm.doctor.finding import Check, Finding, warning
from asgwarm.domain.value import value

STANDARD = "L-1216C47A"  # A, C, D, H, I, M, R, T, Z
_OTHERS = {
    "dl": "L-6E869C2A",
    "f": "L-74FC7D96",
    "g": "L-DB2E81BA",
    "inf": "L-1945791B",
    "p": "L-417A185B",
    "trn": "L-2C3B7624",
    "vt": "L-DB2E81BA",
    "x": "L-7295265B",
}


@value
class Seen:
    """The pool's largest size beside the account's quota, in vCPUs."""

    pool: str
    instance_type: str
    cap: int
    vcpus: int  # of one instance
    quota: int
    code: str


def look(facts: Facts) -> Seen:
    """Ask for the size of the instance type and for the quota of its family."""
    parameters = facts.stack.parameters
    kind = parameters.get("InstanceType", "")
    code = code_of(kind)
    with translated("ec2:DescribeInstanceTypes", kind):
        types = facts.client("ec2").describe_instance_types(InstanceTypes=[kind])
    with translated("servicequotas:GetServiceQuota", code):
        answer = facts.client("service-quotas").get_service_quota(
            ServiceCode="ec2", QuotaCode=code
        )
    return Seen(
        pool=facts.pool,
        instance_type=kind,
        cap=int(parameters.get("Cap", 0)),
        vcpus=types["InstanceTypes"][0]["VCpuInfo"]["DefaultVCpus"],
        quota=int(answer["Quota"]["Value"]),
        code=code,
    )


def judge(seen: Seen) -> Iterator[Finding]:
    """Yield that the quota is reached before the cap."""
    needed = seen.cap * seen.vcpus
    if needed > seen.quota:
        yield warning(
            "quota-below-cap",
            f"{seen.cap} {seen.instance_type} take {needed} vCPUs, and the account may "
            f"run {seen.quota}",
            cause=f"quota {seen.code} of EC2; other instances count against it too",
            next_="aws service-quotas request-service-quota-increase --service-code ec2"
            f" --quota-code {seen.code} --desired-value {needed}",
        )


def said(seen: Seen) -> str:
    """Return how much of the quota the pool may take."""
    return f"{seen.cap * seen.vcpus} of {seen.quota} vCPUs at the cap"


def code_of(instance_type: str) -> str:
    """Return the code of the quota that counts an instance type's vCPUs."""
    family = re.match(r"[a-z]+", instance_type)
    return _OTHERS.get(family[0] if family else "", STANDARD)


CHECK = Check(name="quota", look=look, judge=judge, said=said)
