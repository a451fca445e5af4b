"""EC2's own view of the instances of a stack.

Rule: instances are found by the tag that carries the stack's id, because a
detached instance keeps it while it loses the group's.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from asgwarm.domain.fleet import Ec2Instance

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client


class Ec2:
    """The EC2 instances that carry one stack's tag."""

    def __init__(self, client: "EC2Client", stack_id: str) -> None:
        self.client = client
        self.stack_id = stack_id

    def observe(self, instance_ids: Collection[str] = ()) -> dict[str, Ec2Instance]:
        """Return the stack's instances by id, or those of *instance_ids* among them."""
        filters: Any = [{"Name": "tag:asgwarm:stack", "Values": [self.stack_id]}]
        if instance_ids:
            filters.append({"Name": "instance-id", "Values": list(instance_ids)})
        pages = self.client.get_paginator("describe_instances").paginate(
            Filters=filters
        )
        found = {}
        for page in pages:
            for reservation in page["Reservations"]:
                for instance in reservation["Instances"]:
                    found[instance["InstanceId"]] = Ec2Instance(
                        state=instance["State"]["Name"],
                        az=instance.get("Placement", {}).get("AvailabilityZone", ""),
                        public_address=instance.get("PublicIpAddress", ""),
                        private_address=instance.get("PrivateIpAddress", ""),
                    )
        return found

    def terminate(self, instance_id: str) -> None:
        """Terminate an instance; one that EC2 no longer knows counts as terminated."""
        try:
            self.client.terminate_instances(InstanceIds=[instance_id])
        except ClientError as error:
            if error.response["Error"]["Code"] != "InvalidInstanceID.NotFound":
                raise
