"""The list of what is accepted and not enforced is true, line by line.

A line that has become untrue fails here and leaves the list.
"""

import json
from collections.abc import Callable
from typing import Any

import asyncssh
import pytest

from asgwarm.clock import now_s
from asgwarm.local.not_enforced import NOT_ENFORCED

pytestmark = pytest.mark.long

FUNCTION = """
import sys, uuid
import boto3

table = boto3.client("dynamodb")


def handler(event, context):
    if event == "version":
        return list(sys.version_info[:2])
    name = "call-" + uuid.uuid4().hex
    table.put_item(TableName=context.function_name, Item={"pk": {"S": name}})
    raise ValueError("always")
"""

CHECKS: dict[tuple[str, str], Callable[[Any], None]] = {}


def checks(where, beginning) -> Any:
    """Register a check for the line of *where* that begins so."""

    def register(check):
        CHECKS[where, beginning] = check
        return check

    return register


@pytest.mark.parametrize(
    "gap", NOT_ENFORCED, ids=lambda gap: f"{gap.where}: {gap.what}"
)
def test_a_line_of_the_list_is_true(fresh_work, gap):
    """What it says is accepted is accepted, and nothing comes of it."""
    (check,) = [
        check
        for (where, beginning), check in CHECKS.items()
        if where == gap.where and gap.what.startswith(beginning)
    ]
    check(fresh_work)


def test_status_prints_the_list(region):
    """A person sees it without reading code."""
    shown = region.control.status()["not_enforced"]
    assert [one["where"] for one in shown] == [gap.where for gap in NOT_ENFORCED]


def failing_function(work) -> Callable[[], int]:
    """A function that counts its calls in a table with a stream, and fails."""
    kind = "AWS::Lambda::Function"
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}}
    function = {
        "FunctionName": "fails",
        "Runtime": "python3.9",
        "Handler": "index.handler",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Timeout": 20,
        "ReservedConcurrentExecutions": 1,
        "Code": {"ZipFile": FUNCTION},
    }
    table = {
        "TableName": "fails",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
    }
    pattern = json.dumps({"dynamodb": {"Keys": {"pk": {"S": ["go"]}}}})
    mapping = {
        "EventSourceArn": {"Fn::GetAtt": ["Table", "StreamArn"]},
        "FunctionName": {"Ref": "Function"},
        "StartingPosition": "LATEST",
        "MaximumRetryAttempts": 0,
        "FilterCriteria": {"Filters": [{"Pattern": pattern}]},
    }
    work.deploy(
        "fails",
        {
            "Role": role,
            "Function": {"Type": kind, "Properties": function},
            "Table": {"Type": "AWS::DynamoDB::Table", "Properties": table},
            "Stream": {
                "Type": "AWS::Lambda::EventSourceMapping",
                "Properties": mapping,
            },
            "Rule": {
                "Type": "AWS::Events::Rule",
                "Properties": {
                    "ScheduleExpression": "rate(1 day)",
                    "Targets": [
                        {"Id": "f", "Arn": {"Fn::GetAtt": ["Function", "Arn"]}}
                    ],
                },
            },
        },
    )
    client = work.region.client("dynamodb")
    return lambda: len(client.scan(TableName="fails")["Items"])


@checks("IAM", "policies")
def _(work):
    work.region.client("iam").create_role(
        RoleName="nothing", AssumeRolePolicyDocument="{}"
    )
    role = work.region.client("sts").assume_role(
        RoleArn="arn:aws:iam::000000000000:role/nothing", RoleSessionName="test"
    )["Credentials"]
    work.region.client(
        "dynamodb",
        aws_access_key_id=role["AccessKeyId"],
        aws_secret_access_key=role["SecretAccessKey"],
        aws_session_token=role["SessionToken"],
    ).list_tables()


@checks("EC2", "security groups")
@checks("EC2", "RebootInstances")
def _(work):
    ec2 = work.region.client("ec2")
    closed = ec2.create_security_group(GroupName="closed", Description="no ingress")
    instance = work.launch(SecurityGroupIds=[closed["GroupId"]])
    before = work.address(instance)
    ec2.reboot_instances(InstanceIds=[instance])
    assert work.address(instance) == before


@checks("EC2", "DryRun")
def _(work):
    for _ in range(2):
        answer = work.region.client("ec2").run_instances(
            ImageId="ami-1",
            MinCount=1,
            MaxCount=1,
            DryRun=True,
            ClientToken="same",  # not a secret
            MetadataOptions={"HttpTokens": "required"},
        )
        assert not answer["Instances"][0].get("MetadataOptions")
    work.region.control.settle()
    assert work.region.control.status()["instances"] == {"running": 2}


@checks("EC2", "user data")
def _(work):
    mark = work.region.info.state_dir / "mark"
    work.launch(f"#!/bin/sh\ntouch {mark}\n")
    assert not mark.exists()


@checks("EC2 Instance Connect", "the serial console")
def _(work):
    instance = work.launch()
    key = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    client = work.region.client("ec2-instance-connect")
    with pytest.raises(client.exceptions.ClientError, match="does not emulate"):
        client.send_serial_console_ssh_public_key(InstanceId=instance, SSHPublicKey=key)


@checks("DynamoDB", "TTL")
def _(work):
    client = work.region.client("dynamodb")
    failing_function(work)
    client.update_time_to_live(
        TableName="fails",
        TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"},
    )
    now = int(work.region.control.status()["now"])
    item = {"pk": {"S": "old"}, "ttl": {"N": str(now + 600)}}
    client.put_item(TableName="fails", Item=item)
    work.region.control.advance(3600)
    assert client.get_item(TableName="fails", Key={"pk": {"S": "old"}})["Item"]


@checks("DynamoDB", "point-in-time")
def _(work):
    failing_function(work)
    backups = work.region.client("dynamodb").describe_continuous_backups(
        TableName="fails"
    )["ContinuousBackupsDescription"]
    recovery = backups["PointInTimeRecoveryDescription"]
    assert recovery["PointInTimeRecoveryStatus"] == "DISABLED"


@checks("DynamoDB", "filters")
def _(work):
    failing_function(work)
    client = work.region.client("dynamodb")
    client.query(
        TableName="fails",
        KeyConditionExpression="pk = :a",
        FilterExpression="pk = :a",
        ExpressionAttributeValues={":a": {"S": "a"}},
    )
    client.put_item(TableName="fails", Item={"pk": {"S": "a"}, "m": {"M": {}}})
    client.update_item(
        TableName="fails",
        Key={"pk": {"S": "a"}},
        UpdateExpression="SET m = :a, m.x = :b",
        ExpressionAttributeValues={":a": {"M": {}}, ":b": {"S": "b"}},
    )


@checks("Lambda", "memory")
def _(work):
    failing_function(work)
    client = work.region.client("lambda")
    answer = client.get_function_concurrency(FunctionName="fails")
    assert "ReservedConcurrentExecutions" not in answer


@checks("Lambda", "runtime version")
def _(work):
    failing_function(work)
    client = work.region.client("lambda")
    answer = client.invoke(FunctionName="fails", Payload='"version"')
    assert json.loads(answer["Payload"].read()) != [3, 9]


@checks("Lambda", "stream mappings")
def _(work):
    calls = failing_function(work)
    work.region.client("dynamodb").put_item(TableName="fails", Item={"pk": {"S": "go"}})
    work.region.until(lambda: calls() >= 3)  # the item, a call and a retry


@checks("EventBridge", "retries")
def _(work):
    calls = failing_function(work)
    work.region.control.fire_schedule()
    work.region.control.advance(1200)
    assert calls() == 1


@checks("EventBridge Scheduler", "schedules")
def _(work):
    calls = failing_function(work)
    arn = "arn:aws:lambda:us-east-1:000000000000:function:fails"
    work.region.client("scheduler").create_schedule(
        Name="never",
        ScheduleExpression="rate(1 minute)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": arn, "RoleArn": "arn:aws:iam::000000000000:role/any"},
    )
    work.region.control.advance(600)
    assert calls() == 0


@checks("CloudFormation", "capabilities")
def _(work):
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"NoSuchProperty": 1}}
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}}
    client = work.region.client("cloudformation")
    body = json.dumps({"Resources": {"Queue": queue, "Role": role}})
    client.create_stack(StackName="lax", TemplateBody=body)
    work.region.until(
        lambda: (
            client.describe_stacks(StackName="lax")["Stacks"][0]["StackStatus"]
            == "CREATE_COMPLETE"
        )
    )


@checks("CloudWatch", "alarms")
def _(work):
    client = work.region.client("cloudwatch")
    client.put_metric_alarm(
        AlarmName="deaf",
        Namespace="N",
        MetricName="M",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="breaching",
    )
    work.region.control.advance(600)
    (alarm,) = client.describe_alarms()["MetricAlarms"]
    assert alarm["StateValue"] == "INSUFFICIENT_DATA"


@checks("CloudWatch", "embedded metrics")
def _(work):
    logs = work.region.client("logs")
    logs.create_log_group(logGroupName="lines")
    logs.create_log_stream(logGroupName="lines", logStreamName="one")
    about = {"Namespace": "N", "Dimensions": [[]], "Metrics": [{"Name": "M"}]}
    at_ms = now_s() * 1000
    line = {"_aws": {"Timestamp": at_ms, "CloudWatchMetrics": [about]}, "M": 1}
    event = {"timestamp": at_ms, "message": json.dumps(line)}
    logs.put_log_events(logGroupName="lines", logStreamName="one", logEvents=[event])
    (kept,) = logs.filter_log_events(logGroupName="lines")["events"]
    assert kept["message"] == event["message"]
    assert work.region.client("cloudwatch").list_metrics(Namespace="N")["Metrics"] == []
