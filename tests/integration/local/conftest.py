"""Templates, instances and keys for the tests of the region itself."""

import json
from dataclasses import dataclass
from typing import Any

import asyncssh
import pytest

FUNCTION = """
import json, urllib.request, uuid
import boto3

table = boto3.client("dynamodb")


def handler(event, context):
    if "ResponseURL" in event:
        answer = {
            "Status": "SUCCESS",
            "PhysicalResourceId": "guard",
            "StackId": event["StackId"],
            "RequestId": event["RequestId"],
            "LogicalResourceId": event["LogicalResourceId"],
        }
        body = json.dumps(answer).encode()
        urllib.request.urlopen(
            urllib.request.Request(event["ResponseURL"], data=body, method="PUT")
        ).close()
    text = json.dumps(event)
    item = {"pk": {"S": "heard-" + uuid.uuid4().hex}, "event": {"S": text}}
    table.put_item(TableName=context.function_name, Item=item)
"""


def listener(name: str) -> dict[str, Any]:
    """A template: a table and a function, both called *name*, that hears everything.

    It hears the table's stream (items with `st` = GO), all events of Auto Scaling, a
    schedule of one minute, and a custom resource. What it heard it writes to the table.
    """
    invoke = {"Fn::GetAtt": ["Function", "Arn"]}
    pattern = {"dynamodb": {"NewImage": {"st": {"S": ["GO"]}}}}
    return {
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {"AssumeRolePolicyDocument": {"Statement": []}},
        },
        "Table": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "TableName": name,
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
            },
        },
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "FunctionName": name,
                "Runtime": "python3.13",
                "Handler": "index.handler",
                "Timeout": 20,
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Code": {"ZipFile": FUNCTION},
            },
        },
        "Stream": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "EventSourceArn": {"Fn::GetAtt": ["Table", "StreamArn"]},
                "FunctionName": {"Ref": "Function"},
                "StartingPosition": "LATEST",
                "FilterCriteria": {"Filters": [{"Pattern": json.dumps(pattern)}]},
            },
        },
        "Rule": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "EventPattern": {"source": ["aws.autoscaling"]},
                "Targets": [{"Id": "function", "Arn": invoke}],
            },
        },
        "Schedule": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "ScheduleExpression": "rate(1 minute)",
                "Targets": [{"Id": "function", "Arn": invoke}],
            },
        },
        "Custom": {
            "Type": "Custom::Guard",
            "DependsOn": "Table",
            "Properties": {"ServiceToken": invoke},
        },
    }


def group(name: str) -> dict[str, Any]:
    """A template: a group called *name* with one instance and one in its warm pool."""
    return {
        "LaunchTemplate": {
            "Type": "AWS::EC2::LaunchTemplate",
            "Properties": {
                "LaunchTemplateData": {
                    "ImageId": "ami-12345678",
                    "InstanceType": "m7i.large",
                    "TagSpecifications": [
                        {
                            "ResourceType": "instance",
                            "Tags": [{"Key": "kind", "Value": "test"}],
                        }
                    ],
                }
            },
        },
        "Group": {
            "Type": "AWS::AutoScaling::AutoScalingGroup",
            "Properties": {
                "AutoScalingGroupName": name,
                "MinSize": "0",
                "MaxSize": "4",
                "DesiredCapacity": "1",
                "AvailabilityZones": {"Fn::GetAZs": ""},
                "LaunchTemplate": {
                    "LaunchTemplateId": {"Ref": "LaunchTemplate"},
                    "Version": {
                        "Fn::GetAtt": ["LaunchTemplate", "LatestVersionNumber"]
                    },
                },
            },
        },
        "WarmPool": {
            "Type": "AWS::AutoScaling::WarmPool",
            "Properties": {
                "AutoScalingGroupName": {"Ref": "Group"},
                "MinSize": "1",
                "MaxGroupPreparedCapacity": "1",
            },
        },
    }


@dataclass
class Work:
    """Common steps on a region."""

    region: Any

    def deploy(self, name: str, resources: dict[str, Any]) -> None:
        """Create a stack and wait until it is complete."""
        client = self.region.client("cloudformation")
        client.create_stack(
            StackName=name,
            TemplateBody=json.dumps({"Resources": resources}),
            Capabilities=["CAPABILITY_IAM"],
        )

        def status() -> str:
            return str(
                client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
            )

        self.region.until(lambda: not status().endswith("IN_PROGRESS"))
        events = client.describe_stack_events(StackName=name)["StackEvents"]
        reasons = [event.get("ResourceStatusReason") for event in events]
        assert status() == "CREATE_COMPLETE", reasons

    def delete(self, name: str) -> None:
        """Delete a stack and wait until it is gone."""
        client = self.region.client("cloudformation")
        stack_id = client.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
        client.delete_stack(StackName=name)

        def status() -> str:
            answer = client.describe_stacks(StackName=stack_id)
            return str(answer["Stacks"][0]["StackStatus"])

        self.region.until(lambda: status() != "DELETE_IN_PROGRESS")
        assert status() == "DELETE_COMPLETE"

    def heard(self, name: str) -> list[dict[str, Any]]:
        """What the listener of that name heard so far, by time."""
        items = self.region.client("dynamodb").scan(TableName=name)["Items"]
        events = [json.loads(item["event"]["S"]) for item in items if "event" in item]
        return sorted(events, key=lambda event: event.get("time", ""))

    def launch(self, user_data: str = "", **parameters: Any) -> str:
        """Run one instance; its id, once it answers SSH."""
        client = self.region.client("ec2")
        answer = client.run_instances(
            ImageId="ami-12345678",
            InstanceType="m7i.large",
            MinCount=1,
            MaxCount=1,
            UserData=user_data,
            **parameters,
        )
        instance_id = str(answer["Instances"][0]["InstanceId"])
        self.address(instance_id)
        return instance_id

    def address(self, instance_id: str) -> tuple[str, int]:
        """Address and port, once the instance answers SSH."""
        status = self.region.control.status
        found = self.region.until(lambda: status()["addresses"].get(instance_id))
        return found[0], found[1]

    def push(self, instance_id: str, key: asyncssh.SSHKey) -> None:
        """Push a public key for ec2-user."""
        self.region.client("ec2-instance-connect").send_ssh_public_key(
            InstanceId=instance_id,
            InstanceOSUser="ec2-user",
            SSHPublicKey=key.export_public_key().decode(),
        )

    def connect(self, instance_id: str, key: asyncssh.SSHKey, **options: Any) -> Any:
        """A connection as ec2-user with that key and nothing else."""
        host, port = self.address(instance_id)
        settings = {
            "username": "ec2-user",
            "client_keys": [key],
            "known_hosts": None,
            "config": None,
            "agent_path": None,
        }
        return asyncssh.connect(host, port, **settings | options)


@pytest.fixture
def work(region: Any) -> Work:
    """Steps on the shared region."""
    return Work(region)


@pytest.fixture
def fresh_work(fresh_region: Any) -> Work:
    """Steps on a region of the test's own."""
    return Work(fresh_region)


@pytest.fixture
def key() -> asyncssh.SSHKey:
    """A fresh session key."""
    return asyncssh.generate_private_key("ssh-ed25519")


@pytest.fixture(name="listener")
def listener_fixture() -> Any:
    """The listener's template, by name."""
    return listener


@pytest.fixture(name="group")
def group_fixture() -> Any:
    """The group's template, by name."""
    return group
