"""The template as it is deployed."""

import json
from typing import Any

import pytest
import yaml

from asgwarm.guest import guest
from asgwarm.stack.bundle import (
    MAX_TEMPLATE_BYTES,
    main,
    tightened,
    uncommented,
    unpacked,
)
from asgwarm.stack.template import template_text
from tests.unit.stack.cfn import read

MAX_USER_DATA_BYTES = 16_384  # before base64; EC2 API reference, RunInstances


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    """What CloudFormation reads."""
    return read(template_text())


def _resource(template: dict[str, Any], name: str) -> Any:
    return template["Resources"][name]["Properties"]


def _user_data(template: dict[str, Any], **parameters: str) -> str:
    data = _resource(template, "LaunchTemplate")["LaunchTemplateData"]["UserData"]
    text = data["Fn::Base64"]["Sub"]
    for name, value in parameters.items():
        text = text.replace("${" + name + "}", value)
    return str(text)


def test_the_template_is_what_the_sources_make():
    """Whoever changes a source runs `make templates`."""
    assert main(["--check"]) == 0


def test_blanks_go_that_yaml_does_not_need():
    """Behind commas of lists and maps; text keeps them."""
    text = "a: [x, {b: 'c, d', e: !Ref F}]\ng: h, i\nj: |\n k, l\n"

    short = tightened(text)

    assert short == "a: [x,{b: 'c, d',e: !Ref F}]\ng: h, i\nj: |\n k, l\n"
    assert read(short) == read(text)


def test_the_template_fits():
    """CloudFormation takes no more in one call."""
    assert len(template_text().encode()) <= MAX_TEMPLATE_BYTES


def test_user_data_fits_with_the_longest_set_up_script(template):
    """Room for names of regions and accounts included."""
    text = _user_data(template, Setup="x" * 4_096)

    assert len(text.encode()) + 500 <= MAX_USER_DATA_BYTES


def test_user_data_installs_the_guest(template):
    """A cloud-config document with unit, settings, script and set-up script."""
    known = {
        "Pool": "dev",
        "SetupTimeoutS": "600",
        "AWS::Region": "eu-west-1",
        "AWS::Partition": "aws",
        "AWS::AccountId": "123456789012",
        "AWS::URLSuffix": "amazonaws.com",
        "Setup": "ZWNobwo=",
    }
    text = _user_data(template, **known)

    assert "${" not in text
    assert text.startswith("#cloud-config\n")
    document = yaml.safe_load(text)
    files = {file["path"]: file for file in document["write_files"]}
    assert json.loads(files["/opt/asgwarm/guest.json"]["content"]) == {
        "table": "asgwarm-dev",
        "setup_timeout_s": 600,
        "endpoint": "https://dynamodb.eu-west-1.amazonaws.com",
        "instances": "arn:aws:ec2:eu-west-1:123456789012:instance/",
    }
    unit = files["/etc/systemd/system/asgwarm-guest.service"]["content"]
    assert "\nExecStart=/usr/bin/python3 /opt/asgwarm/guest.py\n" in unit
    assert files["/opt/asgwarm/setup"]["permissions"] == "0755"
    assert files["/opt/asgwarm/setup"]["encoding"] == "b64"
    assert document["runcmd"] == [
        "systemctl daemon-reload",
        "systemctl enable --now --no-block asgwarm-guest.service",
    ]


@pytest.mark.parametrize("script", ["", "ZWNobwo="])
def test_without_a_set_up_script_an_empty_file_stands_for_it(template, script):
    """Which the guest does not run; the document is one all the same."""
    files = yaml.safe_load(_user_data(template, Setup=script))["write_files"]

    assert files[-1] == {
        "path": "/opt/asgwarm/setup",
        "permissions": "0755",
        "encoding": "b64",
        "content": script,
    }


def test_every_resource_that_takes_tags_has_them(template):
    """The pool's name, where a bill and a search by tag find it."""
    untagged = {
        name
        for name, resource in template["Resources"].items()
        if "'asgwarm:pool'" not in str(resource["Properties"])
    }

    # No property of theirs takes tags; CloudFormation's resource reference.
    assert untagged == {"GuestProfile", "Permission", "WarmPool", "Guard"}


def test_what_other_stacks_build_on_is_exported(template):
    """Under names that begin with the stack's, so that no two pools collide."""
    exported = {
        name: output["Export"]["Name"]["Sub"]
        for name, output in template["Outputs"].items()
        if "Export" in output
    }

    assert exported == {name: "${AWS::StackName}-" + name for name in exported}
    assert {"GuestRole", "SecurityGroup", "Table"} <= set(exported)
    assert "Version" not in exported  # an import would forbid every upgrade


def test_every_parameter_is_explained_and_bounded(template):
    """In the console a person sees what it is for, and a mistake is refused."""
    free = {"Subnets", "ImageId"}  # a list, and a type that CloudFormation looks up
    for name, parameter in template["Parameters"].items():
        bounds = {"AllowedPattern", "AllowedValues", "MinValue"} & set(parameter)
        assert len(parameter["Description"]) > 10, name
        assert bounds or name in free, name


def test_an_instance_may_write_its_own_row_and_nothing_else(template):
    """Whoever holds an instance is root on it and has its role."""
    policies = _resource(template, "GuestRole")["Policies"]
    (statement,) = policies[0]["PolicyDocument"]["Statement"]
    condition = statement["Condition"]
    every = condition["ForAllValues:StringEquals"]

    assert statement["Action"] == "dynamodb:UpdateItem"
    assert every["dynamodb:LeadingKeys"] == ["${ec2:SourceInstanceARN}"]
    assert every["dynamodb:Attributes"] == guest.ATTRIBUTES.split()
    assert condition["StringEqualsIfExists"] == {"dynamodb:ReturnValues": "NONE"}
    assert condition["Null"]["dynamodb:LeadingKeys"] == "false"


def test_nobody_is_let_in_unless_a_parameter_says_so(template):
    """No ingress by default, and never from everywhere."""
    ingress = _resource(template, "SecurityGroup")["SecurityGroupIngress"]
    (closed, none, network), (absent, nobody, group) = (rule["If"] for rule in ingress)

    assert none == nobody == {"Ref": "AWS::NoValue"}
    assert (closed, network["CidrIp"]) == ("Closed", {"Ref": "AllowCidr"})
    assert (absent, "CidrIp" in group) == ("NoEndpoint", False)
    for parameter in ("AllowCidr", "Endpoint"):
        assert template["Parameters"][parameter]["Default"] == ""


def test_no_update_of_the_stack_can_choose_a_victim(template):
    """No desired capacity, no minimum, an absolute warm pool."""
    group, pool = _resource(template, "Group"), _resource(template, "WarmPool")

    assert "DesiredCapacity" not in group
    assert group["MinSize"] == "0"
    assert pool["MinSize"] == pool["MaxGroupPreparedCapacity"] == {"Ref": "Warm"}


def test_the_group_names_its_launch_template_s_version_by_number(template):
    """The function rolls what is of another; of `$Latest` it would conclude nothing."""
    named = _resource(template, "Group")["LaunchTemplate"]

    assert named["Version"] == {"GetAtt": "LaunchTemplate.LatestVersionNumber"}


def test_comments_stay_in_the_source():
    """A mark with a blank behind it is one; cloud-init's own first line is none."""
    text = "#cloud-config\n# Why.\na: 1 # how\n b: 'x#y'\n"

    assert uncommented(text) == "#cloud-config\na: 1\n b: 'x#y'\n"


def test_the_group_comes_after_all_that_answers_for_its_instances(template):
    """Hooks would time out otherwise, at its beginning and at its end."""
    needed = set(template["Resources"]["Group"]["DependsOn"])
    answering = {
        name
        for name, resource in template["Resources"].items()
        if resource["Type"].startswith(("AWS::Events::", "AWS::Lambda::"))
        and resource["Type"] != "AWS::Lambda::Function"
    }

    assert answering <= needed


def test_what_is_packed_is_the_guest_s_script():
    """A reviewer gets it out with one call."""
    assert "eic_run_authorized_keys" not in template_text()
    assert "eic_run_authorized_keys" in unpacked(template_text())
