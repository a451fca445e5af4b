"""The seam's part for change sets: which property, changed, means another resource.

The base does not know it of every type, and then calls each change of one a possible
replacement, which spreads to all that names the resource.

Source: "Update requires" of each property in the CloudFormation template reference.
"""

from asgwarm.local import seam

# Every other property is changed without replacement.
REPLACING = {
    "AWS::AutoScaling::AutoScalingGroup": ("AutoScalingGroupName", "InstanceId"),
    "AWS::AutoScaling::WarmPool": ("AutoScalingGroupName",),
    "AWS::CloudWatch::Alarm": ("AlarmName",),
    "AWS::CloudWatch::Dashboard": ("DashboardName",),
    "AWS::EC2::InstanceConnectEndpoint": (
        *("ClientToken", "PreserveClientIp", "SecurityGroupIds", "SubnetId"),
    ),
    "AWS::EC2::LaunchTemplate": ("LaunchTemplateName", "TagSpecifications"),
    "AWS::EC2::SecurityGroup": ("GroupDescription", "GroupName", "VpcId"),
    "AWS::Events::Rule": ("EventBusName", "Name"),
    "AWS::Lambda::EventSourceMapping": ("EventSourceArn", "StartingPosition"),
    "AWS::Lambda::Permission": (
        *("Action", "FunctionName", "Principal", "SourceAccount", "SourceArn"),
    ),
    "AWS::Logs::LogGroup": ("LogGroupName",),
}


def tell_replacements() -> None:
    """Let change sets know what is replaced and what is only changed."""
    provisioners = seam.part("services.cloudformation.provisioners")
    provisioners._REPLACING_PROPERTIES.update(REPLACING)
