"""The template for those who have no VPC to offer, and pools in what it makes."""

import ipaddress

import pytest

from asgwarm.stack.template import template_text
from tests.integration.network.conftest import STACK, delete, deploy


def subnets(network, which):
    """The public or the private subnets as EC2 describes them."""
    ids = network.outputs[f"{which}Subnets"].split(",")
    return network.region.client("ec2").describe_subnets(SubnetIds=ids)["Subnets"]


def routes(network, subnet_id):
    """Where a subnet leads, by destination: targets of its own route table."""
    (table,) = network.region.client("ec2").describe_route_tables(
        Filters=[{"Name": "association.subnet-id", "Values": [subnet_id]}]
    )["RouteTables"]
    return {
        route["DestinationCidrBlock"]: route.get("GatewayId")
        or route.get("NatGatewayId")
        for route in table["Routes"]
        if "DestinationCidrBlock" in route
    }


def test_each_zone_has_a_public_and_a_private_subnet(network):
    """No two of them overlap, and all lie in the VPC."""
    public, private = subnets(network, "Public"), subnets(network, "Private")
    zones = [{one["AvailabilityZone"] for one in group} for group in (public, private)]
    nets = [ipaddress.ip_network(one["CidrBlock"]) for one in (*public, *private)]

    assert zones[0] == zones[1]
    assert len(zones[0]) == 3
    assert {one["VpcId"] for one in (*public, *private)} == {network.outputs["VpcId"]}
    assert all(not a.overlaps(b) for a in nets for b in nets if a is not b)
    assert {net.prefixlen for net in nets} == {22}


def test_only_public_subnets_lead_to_the_internet(network):
    """Nothing is billed by the hour unless somebody asks for a NAT gateway."""
    for subnet in subnets(network, "Public"):
        assert routes(network, subnet["SubnetId"])["0.0.0.0/0"].startswith("igw-")
    for subnet in subnets(network, "Private"):
        assert "0.0.0.0/0" not in routes(network, subnet["SubnetId"])


def test_a_nat_gateway_leads_out_of_every_private_subnet(network):
    """Where somebody asks for one: in a public subnet, with an address of its own."""
    ec2 = network.region.client("ec2")
    outputs = deploy(network.region, "with-nat", "network", Nat="yes")
    own = [{"Name": "tag:asgwarm:network", "Values": ["with-nat"]}]
    made = ec2.describe_nat_gateways(Filters=own)["NatGateways"]
    addresses = ec2.describe_addresses()["Addresses"]
    private = outputs["PrivateSubnets"].split(",")
    out = {routes(network, subnet)["0.0.0.0/0"] for subnet in private}
    delete(network.region, "with-nat")
    left = ec2.describe_nat_gateways(Filters=own)["NatGateways"]

    assert [one["SubnetId"] in outputs["PublicSubnets"] for one in made] == [True]
    assert out == {made[0]["NatGatewayId"]}
    assert len(addresses) == 1
    assert {one["State"] for one in left} <= {"deleted"}
    assert ec2.describe_addresses()["Addresses"] == []


def test_instances_reach_dynamodb_from_every_subnet(network):
    """By a gateway endpoint, or no instance in a private one would ever report."""
    ec2, vpc = network.region.client("ec2"), network.outputs["VpcId"]
    endpoints = ec2.describe_vpc_endpoints(
        Filters=[{"Name": "vpc-id", "Values": [vpc]}]
    )["VpcEndpoints"]
    tables = ec2.describe_route_tables(
        Filters=[{"Name": "association.main", "Values": ["false"]}]
    )["RouteTables"]
    ours = {
        table["RouteTableId"]
        for table in tables
        if table["VpcId"] == vpc
        and any(a.get("SubnetId") for a in table["Associations"])
    }

    by_service = {one["ServiceName"].split(".")[-1]: one for one in endpoints}

    assert set(by_service) == {"dynamodb", "s3"}
    assert set(by_service["dynamodb"]["RouteTableIds"]) == ours
    assert {one["VpcEndpointType"] for one in endpoints} == {"Gateway"}


def test_other_stacks_can_import_what_it_made(network):
    """Exports carry the stack's name, so that there may be several networks."""
    exports = network.region.client("cloudformation").list_exports()["Exports"]

    assert {one["Name"]: one["Value"] for one in exports} == {
        f"{STACK}-{name}": network.outputs[name]
        for name in ("VpcId", "PublicSubnets", "PrivateSubnets", "EndpointSubnet")
    }


def test_a_pool_serves_in_its_public_subnets(network, home):
    """`up` takes the options as the stack's output spells them."""
    typed = network.outputs["UpPublic"].split()
    asked = ("--hot", "1", "--warm", "0", "--allow", "127.0.0.0/8", "--yes")

    done = home.run("up", "dev", *typed, *asked)

    assert done.code == 0, done.err
    got = home.run("get", "dev", "--", "echo there")
    assert (got.code, got.out) == (0, b"there\n"), got.err


@pytest.mark.long
def test_a_pool_serves_in_its_private_subnets_through_an_endpoint(network, home):
    """The endpoint's template takes this one's outputs."""
    where = {"VpcId": "VpcId", "SubnetId": "EndpointSubnet"}
    values = {key: network.outputs[name] for key, name in where.items()}
    deploy(network.region, "test-endpoint", "endpoint", **values)
    typed = network.outputs["UpPrivate"].split()

    done = home.run("up", "inside", *typed, "--hot", "1", "--warm", "0", "--yes")

    assert done.code == 0, done.err
    got = home.run("get", "inside", "--", "echo inside")
    assert (got.code, got.out) == (0, b"inside\n"), got.err


def test_the_template_is_printed(home):
    """Beside the others; which one has to be said once."""
    printed = home.run("template", "--network")
    both = home.run("template", "--network", "--endpoint")

    assert printed.out.decode() == template_text("network")
    assert both.code == 2
    assert "they are files of their own: one at a time" in both.err
