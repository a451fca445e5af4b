"""The CloudFormation resource types of a NAT gateway and of its address.

The base has EC2's actions for both, and not the types.

Rule: a handler only calls actions, so that a stack can do nothing that a client cannot.

Source: CloudFormation template reference, AWS::EC2::EIP and AWS::EC2::NatGateway.
"""

import asyncio
import re
from collections.abc import Mapping
from typing import Any

from asgwarm.local import seam
from asgwarm.local.problem import not_emulated

Created = tuple[str, dict[str, str]]


def handlers() -> seam.Handlers:
    """What CloudFormation calls, off the region's loop."""
    change = {"update": _refuse}
    return {
        "AWS::EC2::EIP": {"create": _allocate, "delete": _release} | change,
        "AWS::EC2::NatGateway": {"create": _create, "delete": _delete} | change,
    }


def _allocate(_: str, props: Mapping[str, Any], __: str) -> Created:
    """Ref is the address itself."""
    made = _ec2("AllocateAddress", Domain=props.get("Domain", "vpc"))
    address, allocation = _said(made, "publicIp"), _said(made, "allocationId")
    _tag(allocation, props)
    return address, {"PublicIp": address, "AllocationId": allocation}


def _release(address: str, _: Mapping[str, Any]) -> None:
    items = _ec2("DescribeAddresses").split("<item>")
    (found,) = [one for one in items if f"<publicIp>{address}</publicIp>" in one]
    _ec2("ReleaseAddress", AllocationId=_said(found, "allocationId"))


def _create(_: str, props: Mapping[str, Any], __: str) -> Created:
    """Ref is the gateway's id."""
    asked = {name: str(props[name]) for name in ("SubnetId", "AllocationId")}
    gateway = _said(_ec2("CreateNatGateway", **asked), "natGatewayId")
    _tag(gateway, props)
    return gateway, {"NatGatewayId": gateway}


def _delete(gateway: str, _: Mapping[str, Any]) -> None:
    _ec2("DeleteNatGateway", NatGatewayId=gateway)


def _refuse(physical_id: str, *_: Any) -> Created:
    raise not_emulated(f"a change of {physical_id}")


def _tag(resource: str, props: Mapping[str, Any]) -> None:
    tags = {
        f"Tag.{number}.{part}": str(tag[part])
        for number, tag in enumerate(props.get("Tags", ()), start=1)
        for part in ("Key", "Value")
    }
    if tags:
        _ec2("CreateTags", **{"ResourceId.1": resource}, **tags)


def _ec2(action: str, **parameters: str) -> str:
    """What EC2 answers, asked from a thread that runs no loop."""
    return asyncio.run(seam.ec2(action, **parameters))


def _said(answer: str, name: str) -> str:
    return str(re.findall(f"<{name}>([^<]+)</{name}>", answer)[0])
