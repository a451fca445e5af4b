"""What breaks a pool for good, each in a pool of its own."""

from contextlib import ExitStack
from typing import Any

import pytest

from asgwarm.errors import StackFailed
from asgwarm.stack.deploy import deploy
from asgwarm.stack.network import default_network
from asgwarm.stack.options import PoolOptions
from tests.integration.doctor.conftest import Patient
from tests.integration.pools import Pool, clients_of

pytestmark = pytest.mark.long


@pytest.fixture
def deployed(own_region: Any, undo: ExitStack) -> Any:
    """Makes a stack and waits for nothing but it."""
    clients = clients_of(own_region)
    client = clients.service("cloudformation")

    def pause(seconds: float) -> None:
        own_region.control.wait_change(min(seconds, 0.2))

    def make(name: str, **options: Any) -> Patient:
        subnets = default_network(clients.ec2).subnets
        usual: dict[str, Any] = {"subnets": subnets, "allow": "127.0.0.0/8"}
        usual |= {"hot": 0, "warm": 0}
        asked = PoolOptions(pool=name, **(usual | options))
        deploy(client, asked, on_event=lambda event: None, sleep=pause)
        return Patient(Pool(name, own_region), clients)

    return make


def test_a_stack_that_was_rolled_back_is_one_finding(own_region, deployed):
    """With the command that gets out of it."""
    clients = clients_of(own_region)
    template: Any = {"ImageId": "ami-12345678"}
    launch = clients.ec2.create_launch_template(
        LaunchTemplateName="taken", LaunchTemplateData=template
    )["LaunchTemplate"]["LaunchTemplateId"]
    clients.autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="asgwarm-broken-pool",
        LaunchTemplate={"LaunchTemplateId": launch},
        VPCZoneIdentifier=default_network(clients.ec2).subnets[0],
        MinSize=0,
        MaxSize=0,
    )
    with pytest.raises(StackFailed):
        deployed("broken")
    patient = Patient(Pool("broken", own_region), clients)

    (found,) = patient.examined().findings

    assert (found.id, found.next) == ("stack-broken", "asgwarm down broken")


def test_a_group_that_is_gone_is_found(deployed):
    """Nothing but a new stack makes another one."""
    patient = deployed("lost")
    patient.look_over()
    group = {"AutoScalingGroupName": patient.parts["Group"], "ForceDelete": True}
    patient.aws("autoscaling").delete_auto_scaling_group(**group)

    (found,) = patient.examined().findings

    assert (found.id, found.next) == ("group-missing", "asgwarm down lost")


def test_a_pool_whose_guests_never_report_is_found(own_region, deployed, undo):
    """And the subnets that have no way to DynamoDB; one that gets it is not named."""
    undo.callback(own_region.control.set_faults)
    silence = {"kind": "denied", "service": "dynamodb", "owner": "i-*"}
    own_region.control.set_faults(http=[silence])
    patient = deployed("mute", hot=1)
    own_region.until(lambda: patient.pool.in_state("WARMING"))

    (found,) = patient.examined().findings
    ec2 = patient.aws("ec2")
    (table,) = ec2.describe_route_tables()["RouteTables"]
    made = ec2.create_vpc_endpoint(
        VpcId=table["VpcId"],
        ServiceName="com.amazonaws.us-east-1.dynamodb",
        RouteTableIds=[table["RouteTableId"]],
    )["VpcEndpoint"]["VpcEndpointId"]
    undo.callback(ec2.delete_vpc_endpoints, VpcEndpointIds=[made])
    (again,) = patient.examined().findings

    assert (found.id, again.id) == ("guests-silent", "guests-silent")
    assert "no way to DynamoDB from subnet-" in found.cause
    assert "there is a way to DynamoDB" in again.cause
    assert f"--vpc-id {table['VpcId']}" in found.next
