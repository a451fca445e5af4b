"""RunInstances takes what a launch template says, and refuses what EC2 refuses."""

import pytest
from botocore.exceptions import ClientError

DATA = {
    "ImageId": "ami-12345678",
    "InstanceType": "m7i.large",
    "NetworkInterfaces": [{"DeviceIndex": 0, "Groups": ["sg-1"]}],
    "TagSpecifications": [
        {"ResourceType": "instance", "Tags": [{"Key": "kind", "Value": "old"}]}
    ],
}


@pytest.fixture(scope="module")
def ec2(region):
    """A client of EC2."""
    return region.client("ec2")


@pytest.fixture(scope="module")
def template(ec2):
    """The id of a launch template with two versions; the first is the default one."""
    created = ec2.create_launch_template(
        LaunchTemplateName="run-instances", LaunchTemplateData=DATA
    )
    template_id = created["LaunchTemplate"]["LaunchTemplateId"]
    ec2.create_launch_template_version(
        LaunchTemplateId=template_id,
        LaunchTemplateData={**DATA, "InstanceType": "t3.micro"},
    )
    return template_id


@pytest.fixture
def run(ec2):
    """Run one instance; what EC2 says of it. It is ended with the test."""
    ended = []

    def run(**parameters):
        answer = ec2.run_instances(MinCount=1, MaxCount=1, **parameters)
        (instance,) = answer["Instances"]
        ended.append(instance["InstanceId"])
        found = ec2.describe_instances(InstanceIds=ended[-1:])
        return found["Reservations"][0]["Instances"][0]

    yield run
    if ended:
        ec2.terminate_instances(InstanceIds=ended)


def tags_of(instance):
    """Its tags as a dict."""
    return {tag["Key"]: tag["Value"] for tag in instance["Tags"]}


def test_a_launch_template_says_what_is_launched(run, template):
    """Image, type, security groups and tags; AWS notes which template it was."""
    instance = run(LaunchTemplate={"LaunchTemplateId": template})

    assert (instance["ImageId"], instance["InstanceType"]) == (
        "ami-12345678",
        "m7i.large",
    )
    assert [group["GroupId"] for group in instance["SecurityGroups"]] == ["sg-1"]
    assert tags_of(instance) == {
        "kind": "old",
        "aws:ec2launchtemplate:id": template,
        "aws:ec2launchtemplate:version": "1",
    }


def test_what_the_request_says_counts_more(run, template, ec2):
    """Type, subnet and tags of the request; the version that it asks for."""
    subnet = ec2.describe_subnets()["Subnets"][-1]["SubnetId"]
    instance = run(
        LaunchTemplate={"LaunchTemplateName": "run-instances", "Version": "$Latest"},
        InstanceType="m7i.xlarge",
        NetworkInterfaces=[
            {"DeviceIndex": 0, "SubnetId": subnet, "Groups": ["sg-2", "sg-3"]}
        ],
        TagSpecifications=[
            {"ResourceType": "instance", "Tags": [{"Key": "kind", "Value": "new"}]},
            {"ResourceType": "volume", "Tags": [{"Key": "kind", "Value": "disk"}]},
        ],
    )

    assert (instance["InstanceType"], instance["SubnetId"]) == ("m7i.xlarge", subnet)
    groups = [group["GroupId"] for group in instance["SecurityGroups"]]
    assert groups == ["sg-2", "sg-3"]
    assert tags_of(instance)["kind"] == "new"
    assert tags_of(instance)["aws:ec2launchtemplate:version"] == "2"


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        (
            {"LaunchTemplate": {"LaunchTemplateId": "lt-0123456789abcdef0"}},
            "InvalidLaunchTemplateId.NotFoundException",
        ),
        (
            {"LaunchTemplate": {"LaunchTemplateName": "absent"}},
            "InvalidLaunchTemplateName.NotFoundException",
        ),
        (
            {"LaunchTemplate": {"LaunchTemplateName": "run-instances", "Version": "9"}},
            "InvalidLaunchTemplateId.VersionNotFound",
        ),
        (
            {
                "LaunchTemplate": {
                    "LaunchTemplateName": "run-instances",
                    "LaunchTemplateId": "lt-0123456789abcdef0",
                }
            },
            "InvalidParameterCombination",
        ),
        (
            {
                "LaunchTemplate": {"LaunchTemplateName": "run-instances"},
                "SubnetId": "subnet-0123456789abcdef0",
            },
            "InvalidParameterCombination",
        ),
        (
            {
                "LaunchTemplate": {"LaunchTemplateName": "run-instances"},
                "SecurityGroupIds": ["sg-2"],
            },
            "InvalidParameterCombination",
        ),
        ({}, "MissingParameter"),
    ],
    ids=[
        *("no such id", "no such name", "no such version", "id and name"),
        *("a subnet beside an interface", "groups beside an interface", "no image"),
    ],
)
def test_what_cannot_be_launched_is_refused(run, template, parameters, code):
    """With EC2's own code, and nothing is launched."""
    with pytest.raises(ClientError) as refused:
        run(**parameters)

    assert refused.value.response["Error"]["Code"] == code
