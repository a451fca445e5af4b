"""What AWS itself calls with somebody's permission, which nobody can record here.

Two kinds: services act in the function's name, and CloudFormation makes the resources
of a stack in the name of whoever deploys it. The lists of the latter are those of the
resource types' own schemas (`handlers`), without what the template does not use.
Nothing of this was observed on AWS.

Rule: every type of a resource in the pool's template has its line, and a test says so.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.prove.privileges.recorded import (
    ANY_ID,
    EVERYTHING,
    Asked,
    Context,
    arn,
    asked,
    group_arn,
)


@dataclass(frozen=True, kw_only=True)
class Made:
    """One resource of a pool's stack; `id` is its physical one."""

    logical_id: str
    type: str
    id: str
    pool: str

    @property
    def name(self) -> str:
        """The last part of an id that is an ARN or a URL."""
        return self.id.rpartition("/")[2]


def in_the_functions_name(pool: str, queue: str, stream: str) -> Iterator[Asked]:
    """Lambda reads the stream, keeps what failed, and writes the log.

    Args:
        queue: Name of the queue for what failed.
        stream: ARN of the table's stream.
    """
    for action in ("DescribeStream", "GetRecords", "GetShardIterator"):
        yield asked(f"dynamodb:{action}", stream)
    yield asked("dynamodb:ListStreams", EVERYTHING)
    yield asked("sqs:SendMessage", arn("sqs", queue))
    for action in ("CreateLogStream", "PutLogEvents"):
        log = arn("logs", f"log-group:/asgwarm/{pool}:log-stream:2026")
        yield asked(f"logs:{action}", log)


def in_the_deployers_name(made: Sequence[Made]) -> Iterator[Asked]:
    """CloudFormation makes, reads, changes, tags and deletes each resource."""
    names = {one.logical_id: one.name for one in made}
    yield asked("ssm:GetParameters", _public_image())
    for one in made:
        for actions, resource, context in HANDLERS[one.type](one, names):
            service, _, words = actions.partition(":")
            for action in words.split():
                yield asked(f"{service}:{action}", resource, context)


def in_the_planners_name() -> Iterator[Asked]:
    """CloudFormation reads what parameters name, and nothing of the resources."""
    yield asked("ssm:GetParameters", _public_image())


def _public_image() -> str:
    path = "aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
    return arn("ssm", f"parameter/{path}", account="")


Lines = Iterator[tuple[str, str, Context]]
Names = Mapping[str, str]


def _role(one: Made, names: Names) -> Lines:
    role = arn("iam", f"role/{one.name}", region="")
    yield (
        "iam:CreateRole DeleteRole DeleteRolePolicy GetRole GetRolePolicy "
        "ListAttachedRolePolicies ListRolePolicies PutRolePolicy TagRole UntagRole "
        "UpdateAssumeRolePolicy",
        role,
        {},
    )
    user = {"FunctionRole": "lambda", "GuestRole": "ec2"}[one.logical_id]
    yield "iam:PassRole", role, {"iam:PassedToService": f"{user}.amazonaws.com"}


def _profile(one: Made, names: Names) -> Lines:
    yield (
        "iam:AddRoleToInstanceProfile CreateInstanceProfile DeleteInstanceProfile "
        "GetInstanceProfile RemoveRoleFromInstanceProfile",
        arn("iam", f"instance-profile/{one.name}", region=""),
        {},
    )


def _table(one: Made, names: Names) -> Lines:
    yield (
        "dynamodb:CreateTable DeleteTable DescribeContinuousBackups "
        "DescribeContributorInsights DescribeKinesisStreamingDestination DescribeTable "
        "DescribeTimeToLive GetResourcePolicy ListTagsOfResource TagResource "
        "UntagResource UpdateContinuousBackups UpdateTable UpdateTimeToLive",
        arn("dynamodb", f"table/{one.name}"),
        {},
    )


def _function(one: Made, names: Names) -> Lines:
    yield (
        "lambda:CreateFunction DeleteFunction GetFunction GetFunctionCodeSigningConfig "
        "ListTags TagResource UntagResource UpdateFunctionCode "
        "UpdateFunctionConfiguration",
        arn("lambda", f"function:{one.name}"),
        {},
    )


def _permission(one: Made, names: Names) -> Lines:
    function = arn("lambda", f"function:{names['Function']}")
    yield "lambda:AddPermission GetPolicy RemovePermission", function, {}


def _mapping(one: Made, names: Names) -> Lines:
    mapping = arn("lambda", f"event-source-mapping:{ANY_ID}")
    function = arn("lambda", f"function:{names['Function']}")
    told: dict[str, Any] = {"lambda:FunctionArn": function}
    yield "lambda:CreateEventSourceMapping", EVERYTHING, told
    yield (
        "lambda:DeleteEventSourceMapping GetEventSourceMapping "
        "UpdateEventSourceMapping",
        mapping,
        told,
    )
    yield "lambda:ListTags TagResource UntagResource", mapping, {}


def _guard(one: Made, names: Names) -> Lines:
    yield "lambda:InvokeFunction", arn("lambda", f"function:{names['Function']}"), {}


def _log_group(one: Made, names: Names) -> Lines:
    yield "logs:DescribeLogGroups", EVERYTHING, {}
    group = arn("logs", f"log-group:{one.id}")
    yield "logs:CreateLogGroup DeleteLogGroup PutRetentionPolicy", f"{group}:*", {}
    yield "logs:ListTagsForResource TagResource UntagResource", group, {}


def _queue(one: Made, names: Names) -> Lines:
    yield (
        "sqs:CreateQueue DeleteQueue GetQueueAttributes GetQueueUrl ListQueueTags "
        "SetQueueAttributes TagQueue UntagQueue",
        arn("sqs", one.name),
        {},
    )


def _rule(one: Made, names: Names) -> Lines:
    yield (
        "events:DeleteRule DescribeRule ListTagsForResource ListTargetsByRule PutRule "
        "PutTargets RemoveTargets TagResource UntagResource",
        arn("events", f"rule/{one.name}"),
        {},
    )


def _created(one: Made, action: str) -> dict[str, Any]:
    return {"aws:RequestTag/asgwarm:pool": one.pool, "ec2:CreateAction": action}


def _own(one: Made) -> dict[str, Any]:
    return {"aws:ResourceTag/asgwarm:pool": one.pool}


def _security_group(one: Made, names: Names) -> Lines:
    group = arn("ec2", f"security-group/{one.name}")
    yield "ec2:DescribeSecurityGroups DescribeVpcs DescribeInstances", EVERYTHING, {}
    tagged = {"aws:RequestTag/asgwarm:pool": one.pool}
    yield "ec2:CreateSecurityGroup", group, tagged
    yield "ec2:CreateSecurityGroup", arn("ec2", "vpc/vpc-12345678"), {}
    yield "ec2:CreateTags", group, _created(one, "CreateSecurityGroup")
    yield (
        "ec2:AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress CreateTags "
        "DeleteSecurityGroup DeleteTags RevokeSecurityGroupEgress "
        "RevokeSecurityGroupIngress",
        group,
        _own(one),
    )


def _launch_template(one: Made, names: Names) -> Lines:
    template = arn("ec2", f"launch-template/{one.name}")
    yield "ec2:DescribeLaunchTemplates DescribeLaunchTemplateVersions", EVERYTHING, {}
    tagged = {"aws:RequestTag/asgwarm:pool": one.pool}
    yield "ec2:CreateLaunchTemplate", template, tagged
    yield "ec2:CreateTags", template, _created(one, "CreateLaunchTemplate")
    yield (
        "ec2:CreateLaunchTemplateVersion CreateTags DeleteLaunchTemplate DeleteTags",
        template,
        _own(one),
    )


def _group(one: Made, names: Names) -> Lines:
    yield (
        "autoscaling:DescribeAutoScalingGroups DescribeLifecycleHooks "
        "DescribeNotificationConfigurations DescribeScalingActivities",
        EVERYTHING,
        {},
    )
    yield "ec2:DescribeAvailabilityZones DescribeSubnets", EVERYTHING, {}
    yield (
        "autoscaling:CreateAutoScalingGroup CreateOrUpdateTags DeleteAutoScalingGroup "
        "DeleteLifecycleHook DeleteTags PutLifecycleHook UpdateAutoScalingGroup",
        group_arn(one.id),
        {},
    )
    role = (
        "role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
    )
    named = {"iam:AWSServiceName": "autoscaling.amazonaws.com"}
    yield "iam:CreateServiceLinkedRole", arn("iam", role, region=""), named
    template = arn("ec2", f"launch-template/{names['LaunchTemplate']}")
    launched = {"ec2:LaunchTemplate": template}
    yield "ec2:RunInstances", arn("ec2", "image/ami-12345678", account=""), launched
    yield "ec2:RunInstances", template, launched
    for kind, short in (
        ("instance", "i"),
        ("network-interface", "eni"),
        ("security-group", "sg"),
        ("subnet", "subnet"),
        ("volume", "vol"),
    ):
        yield "ec2:RunInstances", arn("ec2", f"{kind}/{short}-12345678"), launched
    for kind, short in (
        ("instance", "i"),
        ("network-interface", "eni"),
        ("volume", "vol"),
    ):
        part = arn("ec2", f"{kind}/{short}-12345678")
        yield "ec2:CreateTags", part, _created(one, "RunInstances")


def _warm_pool(one: Made, names: Names) -> Lines:
    group = group_arn(one.id)
    yield "autoscaling:DescribeAutoScalingGroups DescribeWarmPool", EVERYTHING, {}
    yield "autoscaling:DeleteWarmPool PutWarmPool", group, {}


HANDLERS = {
    "AWS::AutoScaling::AutoScalingGroup": _group,
    "AWS::AutoScaling::WarmPool": _warm_pool,
    "AWS::DynamoDB::Table": _table,
    "AWS::EC2::LaunchTemplate": _launch_template,
    "AWS::EC2::SecurityGroup": _security_group,
    "AWS::Events::Rule": _rule,
    "AWS::IAM::InstanceProfile": _profile,
    "AWS::IAM::Role": _role,
    "AWS::Lambda::EventSourceMapping": _mapping,
    "AWS::Lambda::Function": _function,
    "AWS::Lambda::Permission": _permission,
    "AWS::Logs::LogGroup": _log_group,
    "AWS::SQS::Queue": _queue,
    "Custom::AsgwarmGuard": _guard,
}
