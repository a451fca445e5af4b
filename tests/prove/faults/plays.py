"""The smallest things that make each call, and which calls they make.

Rule: `calls` is what the command makes in a region without faults. A test compares it
with the region's own record, so that a new call gets its cells.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.prove.faults.expected import WHICH
from tests.prove.faults.stage import HUSK, Stage

# Commands that leave everything as it was.
LOOKING = ("status", "ls", "logs", "cost", "doctor")
NEW = "fresh"  # a pool that does not exist
STOPS_AT_DELETION = {
    "kind": "denied",
    "owner": "user",
    "service": "cloudformation",
    "action": "DeleteStack",
}


def _nothing(_: Stage) -> None:
    """Nothing is to be prepared or tidied up."""


@dataclass(frozen=True, kw_only=True)
class Play:
    """One command line, and the calls that it makes: how often by "service:Action"."""

    argv: tuple[str, ...]
    calls: Mapping[str, int]
    code: int = 0  # how it ends in a region without other faults than its own
    error: str = ""
    is_frozen: bool = True  # whether the function is switched off
    prepare: Callable[[Stage], None] = _nothing
    tidy: Callable[[Stage], None] = _nothing
    faults: tuple[Mapping[str, Any], ...] = field(default=())
    which: tuple[str, ...] = WHICH  # attempts that are struck


def _hold(stage: Stage) -> None:
    """Claim an instance as `mine`."""
    assert stage.run("get", "dev", "--no-shell", "--name", "mine").code == 0


def _closing(stage: Stage) -> None:
    """Leave the idle pool as an interrupted `down` does."""
    stage.client["dynamodb"].update_item(
        TableName="asgwarm-idle",
        Key={"pk": {"S": "POOL#idle"}, "sk": {"S": "META"}},
        UpdateExpression="SET pool_mode = :mode",
        ExpressionAttributeValues={":mode": {"S": "DRAINING"}},
    )


def _stray(stage: Stage) -> None:
    """Let an instance of the idle pool run outside its group."""
    said = {"asgwarm:pool": "idle", "asgwarm:stack": stage.stack_id("idle")}
    tags = [{"Key": key, "Value": text} for key, text in said.items()]
    if stage.running("idle"):
        return
    stage.client["ec2"].run_instances(
        ImageId="ami-12345678",
        InstanceType="m7i.large",
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )


def _husk(stage: Stage) -> None:
    """Make what an interrupted `down` leaves of a pool."""
    if stage.stack_id("husk"):
        return
    stage.client["cloudformation"].create_stack(
        StackName="asgwarm-husk",
        TemplateBody=json.dumps(HUSK),
        Parameters=[{"ParameterKey": "Pool", "ParameterValue": "husk"}],
    )
    stage.region.until(lambda: stage.status("husk") == "CREATE_COMPLETE")


def _no_new(stage: Stage) -> None:
    """End the new pool, if it was made."""
    if stage.stack_id(NEW):
        stage.thaw()
        done = stage.run("down", NEW)
        assert done.code == 0, done.err


def _well(stage: Stage) -> None:
    """Let the function find everything in order, and forget what it failed at."""
    stage.thaw()
    stage.region.control.fire_schedule()
    stage.region.control.settle()
    logs, group = stage.client["logs"], "/asgwarm/dev"
    for stream in logs.describe_log_streams(logGroupName=group)["logStreams"]:
        logs.delete_log_stream(
            logGroupName=group, logStreamName=stream["logStreamName"]
        )


_NEW = (NEW, "--yes", "--allow", "127.0.0.0/8", "--hot", "0", "--warm", "0")

PLAYS = {
    "status": Play(
        argv=("status", "dev"),
        calls={
            "dynamodb:GetItem": 1,
            "dynamodb:Query": 1,
            "cloudformation:DescribeStacks": 1,
        },
    ),
    "get": Play(
        argv=("get", "dev", "--wait", "0s", "--", "true"),
        calls={
            "dynamodb:GetItem": 1,
            "dynamodb:Query": 2,
            "dynamodb:UpdateItem": 2,
            "ec2-instance-connect:SendSSHPublicKey": 1,
        },
    ),
    "claim": Play(
        argv=("get", "dev", "--wait", "0s", "--no-shell"),
        calls={"dynamodb:UpdateItem": 1},
    ),
    "connect": Play(
        argv=("connect", "mine", "--", "true"),
        prepare=_hold,
        calls={
            "dynamodb:GetItem": 1,
            "dynamodb:Query": 1,
            "dynamodb:UpdateItem": 1,
            "ec2-instance-connect:SendSSHPublicKey": 1,
        },
    ),
    "copy": Play(
        argv=("cp", __file__, "mine:"),
        prepare=_hold,
        calls={
            "dynamodb:GetItem": 1,
            "dynamodb:Query": 1,
            "dynamodb:UpdateItem": 1,
            "ec2-instance-connect:SendSSHPublicKey": 1,
        },
    ),
    "release": Play(
        argv=("release", "mine"),
        prepare=_hold,
        calls={
            "dynamodb:GetItem": 1,
            "dynamodb:Query": 1,
            "dynamodb:UpdateItem": 1,
        },
    ),
    "renew": Play(
        argv=("renew", "mine", "--ttl", "10m"),
        prepare=_hold,
        calls={"dynamodb:GetItem": 2, "dynamodb:UpdateItem": 1},
    ),
    "wait": Play(
        argv=("get", "idle", "--wait", "1s", "--no-shell"),
        code=3,
        error="POOL_EMPTY",
        calls={"dynamodb:PutItem": 1, "dynamodb:DeleteItem": 1},
    ),
    "ls": Play(argv=("ls", "dev"), calls={"dynamodb:GetItem": 1, "dynamodb:Query": 1}),
    "logs": Play(
        argv=("logs", "dev"), calls={"dynamodb:GetItem": 1, "dynamodb:Query": 1}
    ),
    "cost": Play(
        argv=("cost", "dev"),
        calls={
            "dynamodb:GetItem": 1,
            "dynamodb:Query": 1,
            "cloudformation:DescribeStacks": 1,
        },
    ),
    "refresh": Play(argv=("refresh", "dev"), calls={"dynamodb:UpdateItem": 1}),
    "plan": Play(
        argv=("up", NEW, "--plan", "--allow", "127.0.0.0/8"),
        calls={
            "cloudformation:DescribeStacks": 1,
            "ec2:DescribeVpcs": 1,
            "ec2:DescribeSubnets": 1,
        },
    ),
    "plan an update": Play(
        argv=("up", "idle", "--plan", "--cap", "21"),
        calls={
            "cloudformation:ListChangeSets": 1,
            "cloudformation:CreateChangeSet": 1,
            "cloudformation:DescribeChangeSet": 1,
            "cloudformation:DeleteChangeSet": 1,
        },
    ),
    "up": Play(
        argv=("up", "idle", "--yes", "--allow", "127.0.0.0/8"),
        calls={
            "cloudformation:DescribeStacks": 3,
            "cloudformation:DescribeStackEvents": 1,
            "cloudformation:UpdateStack": 1,
            "cloudformation:GetStackPolicy": 1,
            "dynamodb:GetItem": 2,
            "dynamodb:Query": 1,
        },
    ),
    "reopen": Play(
        argv=("up", "idle", "--yes", "--allow", "127.0.0.0/8"),
        prepare=_closing,
        calls={
            "autoscaling:UpdateAutoScalingGroup": 1,
            "autoscaling:ResumeProcesses": 1,
            "autoscaling:PutWarmPool": 1,
            "dynamodb:UpdateItem": 1,
        },
    ),
    "create": Play(
        argv=("up", *_NEW),
        is_frozen=False,
        tidy=_no_new,
        calls={"cloudformation:CreateStack": 1, "cloudformation:SetStackPolicy": 1},
    ),
    "close": Play(
        argv=("down", "idle"),
        faults=(STOPS_AT_DELETION,),
        code=4,
        error="ACCESS_DENIED",
        calls={
            "cloudformation:DescribeStacks": 2,
            "dynamodb:GetItem": 1,
            "dynamodb:Query": 4,
            "dynamodb:UpdateItem": 1,
            "autoscaling:SuspendProcesses": 1,
            "autoscaling:DeleteWarmPool": 1,
            "autoscaling:UpdateAutoScalingGroup": 1,
        },
    ),
    "close with a stray": Play(
        argv=("down", "idle"),
        prepare=_stray,
        faults=(STOPS_AT_DELETION,),
        code=4,
        error="ACCESS_DENIED",
        calls={
            "ec2:DescribeInstances": 2,
            "autoscaling:DescribeAutoScalingInstances": 1,
            "ec2:TerminateInstances": 1,
        },
    ),
    "doctor": Play(
        argv=("doctor", "dev", "--drift"),
        is_frozen=False,
        prepare=_well,
        which=("first", "all"),
        calls={
            "sts:GetCallerIdentity": 1,
            "cloudformation:DescribeStacks": 1,
            "cloudformation:ListStackResources": 1,
            "cloudformation:GetTemplate": 1,
            "cloudformation:DetectStackDrift": 1,
            "cloudformation:DescribeStackDriftDetectionStatus": 1,
            "cloudformation:DescribeStackResourceDrifts": 1,
            "dynamodb:GetItem": 1,
            "dynamodb:Query": 1,
            "autoscaling:DescribeAutoScalingGroups": 1,
            "autoscaling:DescribeWarmPool": 1,
            "autoscaling:DescribeLifecycleHooks": 1,
            "ec2:DescribeInstances": 1,
            "ec2:DescribeInstanceTypes": 1,
            "ec2:DescribeSecurityGroups": 1,
            "ec2:GetEbsDefaultKmsKeyId": 1,
            "ec2-instance-connect:SendSSHPublicKey": 1,
            "servicequotas:GetServiceQuota": 1,
            "lambda:GetFunctionConfiguration": 1,
            "lambda:GetEventSourceMapping": 1,
            "events:DescribeRule": 1,
            "logs:FilterLogEvents": 2,
            "sqs:GetQueueAttributes": 1,
        },
    ),
    "delete": Play(
        argv=("down", "husk"),
        prepare=_husk,
        calls={
            "cloudformation:DeleteStack": 1,
            "cloudformation:DescribeStackEvents": 3,
            "cloudformation:ListStackResources": 1,
            "ec2:DescribeVolumes": 1,
            "ec2:DescribeNetworkInterfaces": 1,
            "logs:DescribeLogGroups": 1,
        },
    ),
}
