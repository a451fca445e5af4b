"""Whether Auto Scaling may use the key that the account encrypts volumes with.

The template encrypts volumes with the account's default key. Where that is a key of
the customer's, Auto Scaling's service-linked role needs it too, or every launch fails.

Source: Amazon EC2 Auto Scaling User Guide, "Required AWS KMS key policy for use with
encrypted volumes".
"""

from collections.abc import Iterator

from asgwarm.aws_errors import translated
from asgwarm.doctor.facts import Facts
from asgwarm.doctor.finding import Check, Finding, error
from asgwarm.domain.value import value

ROLE = "AWSServiceRoleForAutoScaling"
AWS_OWN = "alias/aws/ebs"


@value
class Seen:
    """The key, and whether Auto Scaling may use it."""

    key: str
    account: str
    is_granted: bool


def look(facts: Facts) -> Seen:
    """Ask for the key and, where it is not AWS's own, for who may use it."""
    with translated("ec2:GetEbsDefaultKmsKeyId", facts.region):
        key = str(facts.client("ec2").get_ebs_default_kms_key_id()["KmsKeyId"])
    return Seen(
        key=key,
        account=facts.stack.stack_id.split(":")[4],
        is_granted=key.endswith(AWS_OWN) or _is_granted(facts, key),
    )


def _is_granted(facts: Facts, key: str) -> bool:
    client = facts.client("kms")
    with translated("kms:ListGrants", key):
        pages = client.get_paginator("list_grants").paginate(KeyId=key)
        holders = [
            grant.get("GranteePrincipal", "")
            for page in pages
            for grant in page["Grants"]
        ]
    if any(ROLE in holder for holder in holders):
        return True
    with translated("kms:GetKeyPolicy", key):
        answer = client.get_key_policy(KeyId=key, PolicyName="default")
    return ROLE in answer["Policy"]


def judge(seen: Seen) -> Iterator[Finding]:
    """Yield that Auto Scaling may not."""
    if not seen.is_granted:
        role = f"arn:aws:iam::{seen.account}:role/aws-service-role/"
        role += f"autoscaling.amazonaws.com/{ROLE}"
        yield error(
            "ebs-key",
            "Auto Scaling may not use the key that volumes are encrypted with",
            cause=f"the account's default is {seen.key}, which grants {ROLE} nothing: "
            "instances end while they are launched",
            next_=f"aws kms create-grant --key-id {seen.key} --grantee-principal {role}"
            " --operations Encrypt Decrypt ReEncryptFrom ReEncryptTo GenerateDataKey"
            " GenerateDataKeyWithoutPlaintext DescribeKey CreateGrant",
        )


def said(seen: Seen) -> str:
    """Return which key it is."""
    return f"volumes are encrypted with {seen.key}"


CHECK = Check(name="disks", look=look, judge=judge, said=said)
