"""The endpoints of the region, made by EC2's API or by a template.

Rule: a VPC has one at most, as in an account of AWS's without a raised quota.

Source: EC2 User Guide, "Quotas for EC2 Instance Connect Endpoint"; the CloudFormation
schema of AWS::EC2::InstanceConnectEndpoint.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from asgwarm.local import seam
from asgwarm.local.problem import AwsProblem, not_emulated

RESOURCE = "AWS::EC2::InstanceConnectEndpoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One endpoint; it answers as soon as it is made."""

    endpoint_id: str
    vpc_id: str
    subnet_id: str
    zone: str
    group_ids: tuple[str, ...]
    dns_name: str
    created_at: float  # region time
    state: str = "create-complete"


class Endpoints:
    """All of them.

    Args:
        dns_name: Where the region answers, with its port.
        now: Reads the region's time.
    """

    def __init__(self, *, dns_name: str, now: Callable[[], float]) -> None:
        self._dns_name = dns_name
        self._now = now
        self._all: dict[str, Endpoint] = {}

    def find(self, endpoint_id: str) -> Endpoint:
        """The endpoint of that id.

        Raises:
            AwsProblem: There is none.
        """
        found = self._all.get(endpoint_id)
        if found is None:
            raise AwsProblem(
                "InvalidInstanceConnectEndpointId.NotFound",
                f"The instance connect endpoint ID '{endpoint_id}' does not exist",
            )
        return found

    def all(self) -> list[Endpoint]:
        """Every endpoint, in the order in which they were made."""
        return list(self._all.values())

    def create(self, subnet_id: str, group_ids: Sequence[str] = ()) -> Endpoint:
        """Make one; without groups it gets the default one of its VPC.

        Raises:
            AwsProblem: There is no such subnet, or its VPC has an endpoint.
        """
        subnet = seam.ec2_subnets().get(subnet_id)
        if subnet is None:
            raise AwsProblem(
                "InvalidSubnetID.NotFound",
                f"The subnet ID '{subnet_id}' does not exist",
            )
        vpc_id = subnet["VpcId"]
        if any(one.vpc_id == vpc_id for one in self._all.values()):
            raise AwsProblem(
                "InstanceConnectEndpointLimitExceeded",
                f"You've reached the limit of endpoints in {vpc_id}.",
            )
        made = Endpoint(
            endpoint_id=f"eice-{secrets.token_hex(9)[:17]}",
            vpc_id=vpc_id,
            subnet_id=subnet_id,
            zone=subnet["AvailabilityZone"],
            group_ids=tuple(group_ids) or (seam.ec2_default_group(vpc_id),),
            dns_name=self._dns_name,
            created_at=self._now(),
        )
        self._all[made.endpoint_id] = made
        return made

    def delete(self, endpoint_id: str) -> Endpoint:
        """Take one away, and return it as it was.

        Raises:
            AwsProblem: There is none of that id.
        """
        found = self.find(endpoint_id)
        del self._all[endpoint_id]
        return found


def handlers(endpoints: Endpoints) -> seam.Handlers:
    """What CloudFormation calls for the resource; Ref is the endpoint's id."""

    def create(_: str, props: Mapping[str, Any], __: str) -> tuple[str, dict[str, str]]:
        made = endpoints.create(props["SubnetId"], props.get("SecurityGroupIds", ()))
        return made.endpoint_id, {"Id": made.endpoint_id}

    def update(physical_id: str, *_: Any) -> tuple[str, dict[str, str]]:
        raise not_emulated(f"a change of {physical_id}")

    def delete(physical_id: str, _: Mapping[str, Any]) -> None:
        endpoints.delete(physical_id)

    return {RESOURCE: {"create": create, "update": update, "delete": delete}}
