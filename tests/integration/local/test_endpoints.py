"""The EC2 actions about endpoints, as an unmodified client of AWS's sees them."""

import pytest
from botocore.exceptions import ClientError

from asgwarm.stack.network import default_network
from tests.integration.pools import ask_for_endpoint


@pytest.fixture
def ec2(own_region):
    """A client, and no endpoint before or after."""
    client = own_region.client("ec2")
    yield client
    for found in described(client):
        client.delete_instance_connect_endpoint(
            InstanceConnectEndpointId=found["InstanceConnectEndpointId"]
        )


def described(client, **which):
    """What Describe answers."""
    return client.describe_instance_connect_endpoints(**which)[
        "InstanceConnectEndpoints"
    ]


def refused(call, **parameters):
    """The code that a call is refused with."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return caught.value.response["Error"]["Code"]


def test_an_endpoint_is_found_by_its_vpc_until_it_is_deleted(ec2):
    """With its DNS name, groups and state, which is all that a way through it needs."""
    network = default_network(ec2)
    made = ec2.create_instance_connect_endpoint(SubnetId=network.subnets[0])
    endpoint_id = made["InstanceConnectEndpoint"]["InstanceConnectEndpointId"]
    by_vpc = [{"Name": "vpc-id", "Values": [network.vpc]}]
    ready = [{"Name": "state", "Values": ["create-complete"]}]

    (found,) = described(ec2, Filters=by_vpc + ready)
    assert found["InstanceConnectEndpointId"] == endpoint_id
    assert found["DnsName"].startswith("127.0.0.1:")
    assert len(found["SecurityGroupIds"]) == 1
    assert described(ec2, InstanceConnectEndpointIds=[endpoint_id]) == [found]
    assert described(ec2, Filters=[{"Name": "vpc-id", "Values": ["vpc-1"]}]) == []

    ec2.delete_instance_connect_endpoint(InstanceConnectEndpointId=endpoint_id)
    assert described(ec2) == []


def test_a_vpc_has_one_endpoint(ec2):
    """The quota that pools of one VPC share."""
    subnets = default_network(ec2).subnets
    ec2.create_instance_connect_endpoint(SubnetId=subnets[0])

    code = refused(ec2.create_instance_connect_endpoint, SubnetId=subnets[1])

    assert code == "InstanceConnectEndpointLimitExceeded"


def test_what_there_is_not_is_refused(ec2):
    """In EC2's way of naming it."""
    nobody = "eice-00000000000000000"

    assert (
        refused(ec2.create_instance_connect_endpoint, SubnetId="subnet-1"),
        refused(ec2.delete_instance_connect_endpoint, InstanceConnectEndpointId=nobody),
        refused(described, client=ec2, InstanceConnectEndpointIds=[nobody]),
        refused(described, client=ec2, Filters=[{"Name": "colour", "Values": ["x"]}]),
    ) == (
        "InvalidSubnetID.NotFound",
        "InvalidInstanceConnectEndpointId.NotFound",
        "InvalidInstanceConnectEndpointId.NotFound",
        "InvalidParameterValue",
    )


def test_the_template_makes_an_endpoint_and_takes_it_away(own_region, ec2):
    """With a group of its own, from which nothing but port 22 is reached."""
    ask_for_endpoint(own_region, "way")
    (found,) = own_region.until(lambda: described(ec2))

    (group,) = ec2.describe_security_groups(GroupIds=found["SecurityGroupIds"])[
        "SecurityGroups"
    ]
    assert group["IpPermissions"] == []
    assert [rule["FromPort"] for rule in group["IpPermissionsEgress"]] == [22]

    own_region.client("cloudformation").delete_stack(StackName="way")
    own_region.until(lambda: not described(ec2))
