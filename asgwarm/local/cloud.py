"""EC2 as Auto Scaling uses it: launches from a launch template, starts, stops, ends.

Everything goes through the EC2 API of the base, so that DescribeInstances shows to any
client what Auto Scaling did: image, type, subnet, security groups, profile and tags.
"""

from collections.abc import Mapping
from typing import Any

from asgwarm.local import seam
from asgwarm.local.autoscaling.effects import RunInstance
from asgwarm.local.instances import Instances
from asgwarm.local.problem import AwsProblem, invalid


class Catalog:
    """What Auto Scaling looks up before it accepts a group."""

    def zone_of(self, subnet_id: str) -> str:
        """The Availability Zone of a subnet.

        Raises:
            AwsProblem: There is no such subnet.
        """
        subnet = seam.ec2_subnets().get(subnet_id)
        if subnet is None:
            raise invalid(f"The subnet ID '{subnet_id}' does not exist")
        return str(subnet["AvailabilityZone"])

    def launch_template(self, wanted: Mapping[str, str]) -> dict[str, str]:
        """*wanted* with id, name and version of the template.

        Raises:
            AwsProblem: There is no such template.
        """
        try:
            template = seam.launch_template(dict(wanted))
        except seam.Ec2Refused as error:
            raise invalid(f"You must use a valid launch template: {error}") from error
        names = {
            "LaunchTemplateId": template.template_id,
            "LaunchTemplateName": template.name,
        }
        return names | {"Version": wanted.get("Version", "$Default")}

    def numbered(self, wanted: Mapping[str, str]) -> dict[str, str]:
        """*wanted* with the number that its version, `$Latest` say, has now."""
        try:
            template = seam.launch_template(dict(wanted))
        except seam.Ec2Refused:
            return dict(wanted)  # and so is the launch refused
        return {**wanted, "Version": template.version_of(wanted["Version"])}


class Cloud:
    """The port that Auto Scaling is given."""

    def __init__(self, instances: Instances) -> None:
        self._instances = instances
        self.asked: set[str] = set()  # stops and ends that Auto Scaling wanted itself
        self.under_way = 0

    async def run_instance(self, wish: RunInstance) -> str:
        """Launch one instance and return its id.

        Raises:
            AwsProblem: The launch template cannot be used, or EC2 refused.
        """
        self.under_way += 1
        try:
            data = seam.launch_template(wish.launch_template).data
            answer = await seam.ec2("RunInstances", **launch_parameters(wish, data))
            await self._instances.sync()
        except seam.Ec2Refused as error:
            raise AwsProblem("LaunchFailed", str(error)) from error
        finally:
            self.under_way -= 1
        return seam.instance_ids(answer)[0]

    async def start_instance(self, instance_id: str) -> None:
        """Start a stopped instance.

        Raises:
            AwsProblem: EC2 refused.
        """
        found = seam.ec2_instances().get(instance_id, {"State": {"Name": "terminated"}})
        if found["State"]["Name"] in ("shutting-down", "terminated"):
            # The base would raise it from the dead.
            raise AwsProblem(
                "IncorrectInstanceState",
                f"The instance '{instance_id}' is not in a state from which it can "
                "be started.",
            )
        await self._change("StartInstances", instance_id)

    async def stop_instance(self, instance_id: str) -> None:
        """Stop a running instance.

        Raises:
            AwsProblem: EC2 refused.
        """
        self.asked.add(instance_id)
        await self._change("StopInstances", instance_id)

    async def terminate_instance(self, instance_id: str) -> None:
        """End an instance.

        Raises:
            AwsProblem: EC2 refused.
        """
        self.asked.add(instance_id)
        await self._change("TerminateInstances", instance_id)

    async def set_membership(self, instance_id: str, group: str | None) -> None:
        """Say by its tag that the instance belongs to *group*, or to none."""
        seam.set_ec2_tag(instance_id, "aws:autoscaling:groupName", group)

    async def _change(self, action: str, instance_id: str) -> None:
        self.under_way += 1
        try:
            await seam.ec2(action, **{"InstanceId.1": instance_id})
        except seam.Ec2Refused as error:
            raise AwsProblem("LaunchFailed", str(error)) from error
        finally:
            await self._instances.sync()
            self.asked.discard(instance_id)
            self.under_way -= 1


def launch_parameters(wish: RunInstance, data: dict[str, Any]) -> dict[str, str]:
    """RunInstances parameters for a wish and its launch template's data."""
    profile = data.get("IamInstanceProfile") or {}
    given = {
        "MinCount": "1",
        "MaxCount": "1",
        "ImageId": data.get("ImageId"),
        "InstanceType": data.get("InstanceType"),
        "KeyName": data.get("KeyName"),
        "UserData": data.get("UserData"),
        "SubnetId": wish.subnet_id or _interface(data).get("SubnetId"),
        "IamInstanceProfile.Arn": profile.get("Arn"),
        "IamInstanceProfile.Name": profile.get("Name"),
    }
    groups = data.get("SecurityGroupIds") or _interface(data).get("Groups") or []
    for n, group in enumerate(groups, start=1):
        given[f"SecurityGroupId.{n}"] = group
    prefix = "TagSpecification.1"
    given[f"{prefix}.ResourceType"] = "instance"
    for n, (key, value) in enumerate(_tags(wish, data).items(), start=1):
        given[f"{prefix}.Tag.{n}.Key"] = key
        given[f"{prefix}.Tag.{n}.Value"] = value
    return {name: str(value) for name, value in given.items() if value}


def _interface(data: dict[str, Any]) -> dict[str, Any]:
    interfaces = data.get("NetworkInterfaces") or [{}]
    return dict(interfaces[0])


def _tags(wish: RunInstance, data: dict[str, Any]) -> dict[str, str]:
    tags = {
        str(tag["Key"]): str(tag["Value"])
        for one in data.get("TagSpecifications") or []
        if one.get("ResourceType") == "instance"
        for tag in one.get("Tags") or []
    }
    template = wish.launch_template
    tags["aws:ec2launchtemplate:id"] = template.get("LaunchTemplateId", "")
    tags["aws:ec2launchtemplate:version"] = str(template.get("Version", ""))
    tags["aws:autoscaling:groupName"] = wish.group
    return tags | wish.tags
