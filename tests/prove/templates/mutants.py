"""Templates with one fault each, and the judge that has to notice it.

A path leads from `Resources` to what is changed; the options are those under which the
faulty part is made.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.prove.templates.choices import SAMPLES, Values
from tests.prove.templates.reading import Template

Change = Callable[[Template], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One fault."""

    by: str  # the judge that has to notice it; others may as well
    change: Change
    template: str = "pool"
    values: Values = field(default_factory=dict)

    def of(self, template: Template) -> Template:
        """A copy of *template* with the fault in it."""
        made = copy.deepcopy(template)
        self.change(made)
        return made


def _put(path: str, value: Any) -> Change:
    def change(template: Template) -> None:
        holder, last = _holder(template, path)
        holder[last] = value

    return change


def _drop(path: str) -> Change:
    def change(template: Template) -> None:
        holder, last = _holder(template, path)
        del holder[last]

    return change


def _holder(template: Template, path: str) -> tuple[Any, Any]:
    *steps, last = [int(s) if s.isdigit() else s for s in path.split("/")]
    found: Any = template["Resources"]
    for step in steps:
        found = found[step]
    return found, last


_HOOKS = "Group/Properties/LifecycleHookSpecificationList"
_LAUNCH = "LaunchTemplate/Properties/LaunchTemplateData"
_VOLUME = f"{_LAUNCH}/BlockDeviceMappings/0/Ebs"
_RIGHTS = "FunctionRole/Properties/Policies/0/PolicyDocument/Statement"
_TRUST = "FunctionRole/Properties/AssumeRolePolicyDocument/Statement/0"
_TABLE = "Table/Properties"
_INGRESS = "SecurityGroup/Properties/SecurityGroupIngress"
_ADMITTING = {"AllowCidr": SAMPLES["AllowCidr"][0]}
_OIDC = {"Federated": "arn:aws:iam::111122223333:oidc-provider/example.com"}


def _ssh(**changes: Any) -> list[dict[str, Any]]:
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "Description": "SSH"}
    return [rule | changes]


def _policy(action: str, resource: str) -> Change:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    properties = {"PolicyDocument": document}
    return _put("Policy", {"Type": "AWS::IAM::ManagedPolicy", "Properties": properties})


MUTANTS = {
    # What a warm pool does not stand.
    "spot instances": Mutant(
        by="guard",
        change=_put(f"{_LAUNCH}/InstanceMarketOptions", {"MarketType": "spot"}),
    ),
    "mixed instances": Mutant(
        by="guard",
        change=_put(
            "Group/Properties/MixedInstancesPolicy",
            {
                "LaunchTemplate": {
                    "LaunchTemplateSpecification": {
                        "LaunchTemplateId": {"Ref": "LaunchTemplate"},
                        "Version": "1",
                    }
                }
            },
        ),
    ),
    "a warm pool that follows the group": Mutant(
        by="guard", change=_drop("WarmPool/Properties/MaxGroupPreparedCapacity")
    ),
    "used instances return": Mutant(
        by="guard",
        change=_put("WarmPool/Properties/InstanceReusePolicy/ReuseOnScaleIn", True),
    ),
    "a state that no warm pool has": Mutant(
        by="cfn-lint", change=_put("WarmPool/Properties/PoolState", "Asleep")
    ),
    "a desired capacity": Mutant(
        by="guard", change=_put("Group/Properties/DesiredCapacity", "2")
    ),
    # Hooks.
    "a transition that is none": Mutant(
        by="guard",
        change=_put(f"{_HOOKS}/0/LifecycleTransition", "EC2_INSTANCE_LAUNCHING"),
    ),
    "a result that is none": Mutant(
        by="guard", change=_put(f"{_HOOKS}/1/DefaultResult", "CONTINU")
    ),
    "who never reported serves": Mutant(
        by="guard", change=_put(f"{_HOOKS}/0/DefaultResult", "CONTINUE")
    ),
    "an end that is abandoned": Mutant(
        by="guard", change=_put(f"{_HOOKS}/1/DefaultResult", "ABANDON")
    ),
    "a hook that is too short for EC2 Auto Scaling": Mutant(
        by="guard", change=_put(f"{_HOOKS}/0/HeartbeatTimeout", 10)
    ),
    "an end that is too soon": Mutant(
        by="guard", change=_put(f"{_HOOKS}/1/HeartbeatTimeout", 60)
    ),
    "no hook at the launch": Mutant(by="guard", change=_drop(f"{_HOOKS}/0")),
    "no hook at the end": Mutant(by="guard", change=_drop(f"{_HOOKS}/1")),
    # The first launch.
    "a group before its stream": Mutant(
        by="guard", change=_put("Group/DependsOn", ["Lifecycle", "Schedule"])
    ),
    "a group before everything": Mutant(by="guard", change=_drop("Group/DependsOn")),
    # Instances.
    "IMDSv1": Mutant(
        by="guard", change=_put(f"{_LAUNCH}/MetadataOptions/HttpTokens", "optional")
    ),
    "metadata for containers": Mutant(
        by="guard",
        change=_put(f"{_LAUNCH}/MetadataOptions/HttpPutResponseHopLimit", 2),
    ),
    "an unencrypted volume": Mutant(
        by="guard", change=_put(f"{_VOLUME}/Encrypted", False)
    ),
    "a volume that stays": Mutant(
        by="guard", change=_put(f"{_VOLUME}/DeleteOnTermination", False)
    ),
    "a key for ever": Mutant(by="guard", change=_put(f"{_LAUNCH}/KeyName", "admin")),
    "a shutdown that only stops": Mutant(
        by="guard", change=_put(f"{_LAUNCH}/InstanceInitiatedShutdownBehavior", "stop")
    ),
    "an address that is neither": Mutant(
        by="guard",
        change=_put(
            f"{_LAUNCH}/NetworkInterfaces/0/AssociatePublicIpAddress", "perhaps"
        ),
    ),
    # Whose it is.
    "a queue of nobody": Mutant(
        by="guard", change=_drop("DeadLetters/Properties/Tags")
    ),
    "interfaces of nobody": Mutant(
        by="guard", change=_drop(f"{_LAUNCH}/TagSpecifications/1")
    ),
    "volumes of no stack": Mutant(
        by="guard", change=_drop(f"{_LAUNCH}/TagSpecifications/0/Tags/1")
    ),
    # Who reaches what.
    "SSH for everybody": Mutant(
        by="guard", change=_put(_INGRESS, _ssh(CidrIp="0.0.0.0/0"))
    ),
    "SSH for everybody, as checkov sees it": Mutant(
        by="checkov", change=_put(_INGRESS, _ssh(CidrIp="0.0.0.0/0"))
    ),
    "SSH for half of the world": Mutant(
        by="guard", change=_put(_INGRESS, _ssh(CidrIp="0.0.0.0/1"))
    ),
    "SSH for everybody with IPv6": Mutant(
        by="guard", change=_put(_INGRESS, _ssh(CidrIpv6="::/0"))
    ),
    "another port": Mutant(
        by="guard",
        values=_ADMITTING,
        change=_put(_INGRESS, _ssh(CidrIp="10.0.0.0/8", FromPort=1, ToPort=65535)),
    ),
    "a rule that nobody explains": Mutant(
        by="checkov",
        values=_ADMITTING,
        change=_drop(f"{_INGRESS}/0/Fn::If/2/Description"),
    ),
    "a rule apart": Mutant(
        by="guard",
        change=_put(
            "Back",
            {
                "Type": "AWS::EC2::SecurityGroupIngress",
                "Properties": _ssh(
                    CidrIp="0.0.0.0/0",
                    GroupId={"Fn::GetAtt": ["SecurityGroup", "GroupId"]},
                )[0],
            },
        ),
    ),
    "everything goes out": Mutant(
        by="guard", change=_drop("SecurityGroup/Properties/SecurityGroupEgress")
    ),
    "everything goes out of the endpoint": Mutant(
        by="guard",
        template="endpoint",
        change=_drop("SecurityGroup/Properties/SecurityGroupEgress"),
    ),
    # Rights.
    "every action on the table": Mutant(
        by="guard", change=_put(f"{_RIGHTS}/0/Action", ["dynamodb:*"])
    ),
    "an action on everything": Mutant(
        by="guard", change=_put(f"{_RIGHTS}/4/Resource", "*")
    ),
    "all but one action": Mutant(
        by="guard",
        change=_put(
            f"{_RIGHTS}/0",
            {"Effect": "Allow", "NotAction": "iam:PassRole", "Resource": "*"},
        ),
    ),
    "a policy of every action": Mutant(by="guard", change=_policy("iam:*", "arn:x")),
    "a policy for everything": Mutant(by="guard", change=_policy("iam:GetRole", "*")),
    "an action that there is not": Mutant(
        by="cfn-lint", change=_put(f"{_RIGHTS}/0/Action", ["dynamodb:GetItems"])
    ),
    "a role for everybody": Mutant(by="guard", change=_put(f"{_TRUST}/Principal", "*")),
    "a role for every workflow": Mutant(
        by="guard", change=_put(f"{_TRUST}/Principal", _OIDC)
    ),
    # What remembers.
    "a table without recovery": Mutant(
        by="guard",
        change=_put(
            f"{_TABLE}/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled",
            False,
        ),
    ),
    "a table that never forgets": Mutant(
        by="guard",
        change=_put(f"{_TABLE}/TimeToLiveSpecification/AttributeName", "ttl"),
    ),
    "a stream without the past": Mutant(
        by="guard",
        change=_put(f"{_TABLE}/StreamSpecification/StreamViewType", "NEW_IMAGE"),
    ),
    "a key that is no attribute": Mutant(
        by="cfn-lint", change=_put(f"{_TABLE}/KeySchema/1/AttributeName", "sort")
    ),
    "failures that are lost": Mutant(
        by="guard", change=_drop("Stream/Properties/DestinationConfig")
    ),
    "a queue in the clear": Mutant(
        by="guard", change=_put("DeadLetters/Properties/SqsManagedSseEnabled", False)
    ),
    "logs for ever": Mutant(
        by="guard", change=_drop("Logs/Properties/RetentionInDays")
    ),
    # What CloudFormation would refuse, hours later.
    "a runtime of the past": Mutant(
        by="cfn-lint", change=_put("Function/Properties/Runtime", "python3.8")
    ),
    "an attribute that there is not": Mutant(
        by="cfn-lint",
        change=_put("Function/Properties/Role", {"Fn::GetAtt": ["Table", "Role"]}),
    ),
    "a property that there is not": Mutant(
        by="cfn-lint", change=_put("Group/Properties/WarmPool", True)
    ),
    # The network.
    "public addresses unasked": Mutant(
        by="guard",
        template="network",
        change=_put("Private1/Properties/MapPublicIpOnLaunch", True),
    ),
    "no way to DynamoDB": Mutant(
        by="guard", template="network", change=_drop("DynamoDb")
    ),
    "a way that is billed": Mutant(
        by="guard",
        template="network",
        change=_put("DynamoDb/Properties/VpcEndpointType", "Interface"),
    ),
}
