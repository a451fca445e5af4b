"""The seam's part for network interfaces: they are listed by their tags.

The base lists every interface of the region, whatever was asked for.
"""

from typing import Any

from asgwarm.local import seam

_NO_INTERFACE = "eni-00000000000000000"  # an empty list of ids would mean all


def list_by_tags() -> None:
    """Let DescribeNetworkInterfaces heed filters on tags."""
    ec2 = seam.part("services.ec2")
    describe = ec2._describe_network_interfaces

    def described(asked: dict[str, Any]) -> Any:
        filters = ec2._parse_filters(asked)
        named = ec2._parse_member_list(asked, "NetworkInterfaceId")
        fitting = [
            interface
            for interface in named or list(ec2._network_interfaces)
            if ec2._resource_matches_tag_filters(interface, filters)
        ]
        return describe(
            {
                f"NetworkInterfaceId.{number}": [interface]
                for number, interface in enumerate(fitting or [_NO_INTERFACE], start=1)
            }
        )

    ec2._ACTION_MAP["DescribeNetworkInterfaces"] = described
