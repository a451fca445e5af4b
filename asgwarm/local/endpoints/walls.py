"""What the security groups of an endpoint and of an instance let through to port 22.

Rule: the endpoint connects from an address of its own subnet, since clients' addresses
are not preserved.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

from asgwarm.local import seam
from asgwarm.local.endpoints.records import Endpoint

PORT = 22

Rule = Mapping[str, Any]


def let_through(endpoint: Endpoint, instance: Mapping[str, Any]) -> bool:
    """Whether a connection from *endpoint* reaches EC2's record *instance*."""
    groups = seam.ec2_security_groups()
    own = [group["GroupId"] for group in instance.get("SecurityGroups", [])]
    subnet = seam.ec2_subnets()[endpoint.subnet_id]["CidrBlock"]
    out = _rules(groups, endpoint.group_ids, "IpPermissionsEgress")
    into = _rules(groups, own, "IpPermissions")
    return any(_speaks_of(rule, own, None) for rule in out) and any(
        _speaks_of(rule, endpoint.group_ids, subnet) for rule in into
    )


def _rules(
    groups: Mapping[str, Mapping[str, Any]], ids: Iterable[str], direction: str
) -> list[Rule]:
    """The rules that are about PORT, of all groups of *ids*."""
    rules = [rule for one in ids for rule in groups.get(one, {}).get(direction, [])]
    return [rule for rule in rules if _covers_port(rule)]


def _covers_port(rule: Rule) -> bool:
    if rule["IpProtocol"] == "-1":
        return True
    least, most = int(rule.get("FromPort", 0)), int(rule.get("ToPort", 0))
    return rule["IpProtocol"] in ("tcp", "6") and least <= PORT <= most


def _speaks_of(rule: Rule, group_ids: Iterable[str], subnet: str | None) -> bool:
    """Whether a rule names one of the groups, or a network around *subnet*.

    Without a subnet any network will do: instances have addresses of 127/8 here.
    """
    pairs = {pair.get("GroupId") for pair in rule["UserIdGroupPairs"]}
    if pairs & set(group_ids):
        return True
    networks = [ipaddress.ip_network(each["CidrIp"]) for each in rule["IpRanges"]]
    if subnet is None:
        return bool(networks)
    inner = ipaddress.IPv4Network(subnet)
    return any(
        isinstance(each, ipaddress.IPv4Network) and inner.subnet_of(each)
        for each in networks
    )
