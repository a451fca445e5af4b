"""What the region's account has: quotas, and a key for its disks."""

import pytest
from botocore.exceptions import ClientError


def test_a_quota_is_told_by_its_code(region):
    """In vCPUs, as Service Quotas has it."""
    asked = {"ServiceCode": "ec2", "QuotaCode": "L-1216C47A"}

    quota = region.client("service-quotas").get_service_quota(**asked)["Quota"]

    assert quota["QuotaCode"] == "L-1216C47A"
    assert quota["Value"] > 100


@pytest.mark.parametrize(
    ("action", "asked", "code"),
    [
        (
            "get_service_quota",
            {"ServiceCode": "ec2", "QuotaCode": "L-00000000"},
            "NoSuchResourceException",
        ),
        ("list_services", {}, "NotImplemented"),
    ],
)
def test_what_is_not_known_is_refused(region, action, asked, code):
    """By AWS's error, or by ours where AWS would know it."""
    client = region.client("service-quotas")

    with pytest.raises(ClientError) as caught:
        getattr(client, action)(**asked)

    assert caught.value.response["Error"]["Code"] == code


def test_the_default_key_of_disks_can_be_changed_and_reset(fresh_region):
    """AWS's own key is the one to begin with."""
    ec2 = fresh_region.client("ec2")

    first = ec2.get_ebs_default_kms_key_id()["KmsKeyId"]
    ec2.modify_ebs_default_kms_key_id(KmsKeyId="a-key")
    changed = ec2.get_ebs_default_kms_key_id()["KmsKeyId"]

    assert (first, changed) == ("alias/aws/ebs", "a-key")
    assert ec2.reset_ebs_default_kms_key_id()["KmsKeyId"] == first


def test_a_call_of_lambda_is_recorded_by_its_name(region):
    """Although its protocol has only methods and paths."""
    client = region.client("lambda")
    before = region.control.requests()[-1]["n"]

    client.list_functions()
    with pytest.raises(ClientError):
        client.get_function_configuration(FunctionName="none")

    calls = [c for c in region.control.requests(before) if c["service"] == "lambda"]
    assert [call["action"] for call in calls] == [
        "ListFunctions",
        "GetFunctionConfiguration",
    ]
