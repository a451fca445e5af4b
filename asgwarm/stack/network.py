"""Where a pool's instances live when nobody said so, and who may reach them.

Rule: used by `up` only; what it finds is shown before anything is made of it.
"""

import ipaddress
import urllib.request
from collections.abc import Callable
from typing import TYPE_CHECKING

from asgwarm.aws_errors import translated
from asgwarm.domain.endpoint import Endpoint
from asgwarm.domain.value import value
from asgwarm.errors import ConfigError

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

CHECKIP_URL = "https://checkip.amazonaws.com"  # AWS's own; answers the caller's address
CHECKIP_TIMEOUT_S = 5.0
# An update lets the endpoint serve meanwhile; EC2 API reference.
_SERVING = ("create-complete", "update-in-progress", "update-complete", "update-failed")


@value
class Network:
    """A VPC and the subnets in it that a pool may use."""

    vpc: str
    subnets: tuple[str, ...]


def default_network(client: "EC2Client") -> Network:
    """The account's default VPC with the default subnet of each zone.

    Raises:
        ConfigError: There is none, or it has no subnet.
    """
    with translated("ec2:DescribeVpcs", "the default VPC"):
        vpcs = client.describe_vpcs(Filters=[{"Name": "isDefault", "Values": ["true"]}])
    if not vpcs["Vpcs"]:
        raise ConfigError(
            "this region has no default VPC: name one with --vpc, or make one",
            hint="asgwarm template --network --out network.yaml",
        )
    vpc = vpcs["Vpcs"][0]["VpcId"]
    return Network(vpc=vpc, subnets=subnets_of(client, vpc))


def subnets_of(client: "EC2Client", vpc: str) -> tuple[str, ...]:
    """The VPC's subnets: the zones' default ones where there are such, else all.

    Raises:
        ConfigError: There is none.
    """
    pages = client.get_paginator("describe_subnets")
    with translated("ec2:DescribeSubnets", vpc):
        subnets = [
            subnet
            for page in pages.paginate(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
            for subnet in page["Subnets"]
        ]
    chosen = [subnet for subnet in subnets if subnet.get("DefaultForAz")] or subnets
    if not chosen:
        raise ConfigError(
            f"{vpc} has no subnet", hint="asgwarm up --vpc vpc-… --subnet subnet-…"
        )
    return tuple(sorted(subnet["SubnetId"] for subnet in chosen))


def endpoint_in(
    client: "EC2Client", vpc: str, endpoint_id: str | None = None
) -> Endpoint:
    """The VPC's EC2 Instance Connect Endpoint.

    Args:
        vpc: Its id; empty for the default one.
        endpoint_id: Which one is meant, where there may be several.

    Raises:
        ConfigError: There is none, or it is not ready or not in this VPC.
    """
    vpc = vpc or default_network(client).vpc
    with translated("ec2:DescribeInstanceConnectEndpoints", vpc):
        answer = client.describe_instance_connect_endpoints(
            Filters=[{"Name": "vpc-id", "Values": [vpc]}]
        )
    for found in answer["InstanceConnectEndpoints"]:
        is_meant = endpoint_id in (None, found["InstanceConnectEndpointId"])
        if is_meant and found["State"] in _SERVING:
            return Endpoint(
                endpoint_id=found["InstanceConnectEndpointId"],
                host=found["DnsName"],
                group_id=found["SecurityGroupIds"][0],
            )
    which = endpoint_id or "EC2 Instance Connect Endpoint"
    raise ConfigError(
        f"{vpc} has no {which} that is ready; a VPC gets one once, by this template",
        hint="asgwarm template --endpoint --out endpoint.yaml",
    )


def own_network(fetch: Callable[[], str] | None = None) -> str:
    """The network to let in: the caller's own public address, as a /32.

    Args:
        fetch: How to ask for the address; AWS is asked otherwise.

    Raises:
        ConfigError: The address cannot be found out, or is no IPv4 address.
    """
    try:
        said = (fetch or _checkip)().strip()
        return f"{ipaddress.IPv4Address(said)}/32"
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"your own public address cannot be found out: {error}",
            hint="asgwarm up --allow 203.0.113.7/32",
        ) from error


def _checkip() -> str:
    with urllib.request.urlopen(CHECKIP_URL, timeout=CHECKIP_TIMEOUT_S) as answer:
        return str(answer.read(64).decode("ascii"))
