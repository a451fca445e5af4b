"""The real template, deployed to and removed from the emulated region."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from asgwarm.errors import GuardRefused, StackFailed
from asgwarm.stack.deploy import deploy
from asgwarm.stack.events import StackEvent
from asgwarm.stack.leftovers import leftovers
from asgwarm.stack.network import default_network
from asgwarm.stack.options import PoolOptions
from asgwarm.stack.stacks import find
from asgwarm.stack.teardown import take_down

FOREIGN = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}


@pytest.fixture
def aws(region: Any) -> SimpleNamespace:
    """Clients of the region, and a pause that ends with the next change in it."""

    def pause(seconds: float) -> None:
        region.control.wait_change(min(seconds, 0.2))

    names = ("cloudformation", "autoscaling", "ec2", "dynamodb", "logs")
    clients = {name: region.client(name) for name in names}
    return SimpleNamespace(**clients, pause=pause, until=region.until)


def _up(aws: Any, pool: str, **options: Any) -> Any:
    network = default_network(aws.ec2)
    asked = PoolOptions(pool=pool, subnets=network.subnets, **options)
    events: list[StackEvent] = []
    result = deploy(aws.cloudformation, asked, on_event=events.append, sleep=aws.pause)
    return result, events


def _down(aws: Any, pool: str) -> Any:
    stack = find(aws.cloudformation, f"asgwarm-{pool}")
    assert stack is not None
    return take_down(aws, stack, on_event=lambda event: None, sleep=aws.pause)


def test_a_pool_is_created_once_and_found_as_it_is_afterwards(aws):
    """The events tell of every resource, and the same request changes nothing."""
    result, events = _up(aws, "once")
    again, later = _up(aws, "once")

    assert result.changed
    assert not again.changed
    assert result.outputs["Table"] == "asgwarm-once"
    assert result.stack_id == again.stack_id
    assert events[-1].logical_id == "asgwarm-once"
    assert events[-1].status == "CREATE_COMPLETE"
    assert len({(e.logical_id, e.status) for e in events}) == len(events)
    assert later == []
    assert _down(aws, "once") == []


def test_an_update_keeps_what_was_not_said(aws):
    """Sizes that nobody mentions stay, here and in the group."""
    _up(aws, "keep", hot=0, warm=0, cap=7)

    result, _ = _up(aws, "keep", max_lease_s=600)

    stack = find(aws.cloudformation, "asgwarm-keep")
    assert result.changed
    assert stack is not None
    assert (stack.parameters["Cap"], stack.parameters["MaxLeaseS"]) == ("7", "600")
    assert _down(aws, "keep") == []


def test_a_stack_of_somebody_else_is_not_touched(aws):
    """The name alone makes no pool."""
    aws.cloudformation.create_stack(
        StackName="asgwarm-theirs", TemplateBody=json.dumps(FOREIGN)
    )

    with pytest.raises(GuardRefused, match="none of asgwarm's"):
        _up(aws, "theirs")

    assert find(aws.cloudformation, "asgwarm-theirs") is not None


def test_a_failure_names_the_first_resource_and_the_way_out(aws):
    """Then an empty stack is left, which says what to do with it."""
    launch = aws.ec2.create_launch_template(
        LaunchTemplateName="taken", LaunchTemplateData={"ImageId": "ami-12345678"}
    )["LaunchTemplate"]["LaunchTemplateId"]
    aws.autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="asgwarm-broken-pool",
        LaunchTemplate={"LaunchTemplateId": launch},
        VPCZoneIdentifier=default_network(aws.ec2).subnets[0],
        MinSize=0,
        MaxSize=0,
    )

    with pytest.raises(StackFailed, match=r"Group \(AWS::AutoScaling::.*exists"):
        _up(aws, "broken")
    with pytest.raises(StackFailed, match="an empty stack is left") as caught:
        _up(aws, "broken")

    assert caught.value.hint == "asgwarm down broken"


def test_what_cloudformation_refuses_is_said_in_one_line(aws):
    """A parameter of the account that is not there never becomes a stack."""
    with pytest.raises(StackFailed, match="/no/such/parameter"):
        _up(aws, "refused", ami="/no/such/parameter")

    assert find(aws.cloudformation, "asgwarm-refused") is None


def test_nothing_is_left_of_a_pool_that_was_taken_down(aws):
    """Detached instances too are ended, and a repeated end finds nothing to do."""
    result, _ = _up(aws, "gone", hot=0, warm=0)
    stray = _stray(aws, result.stack_id, "gone")
    stack = find(aws.cloudformation, "asgwarm-gone")
    assert stack is not None
    assert stray in {left.id for left in leftovers(aws, "gone", stack.stack_id)}

    assert _down(aws, "gone") == []

    states = aws.ec2.describe_instances(InstanceIds=[stray])["Reservations"]
    assert states[0]["Instances"][0]["State"]["Name"] == "terminated"
    assert take_down(aws, stack, on_event=lambda e: None, sleep=aws.pause) == []


def _stray(aws, stack_id, pool):
    """An instance that carries a pool's tags and is in no group."""
    tags = [
        {"Key": "asgwarm:stack", "Value": stack_id},
        {"Key": "asgwarm:pool", "Value": pool},
    ]
    return aws.ec2.run_instances(
        ImageId="ami-12345678",
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )["Instances"][0]["InstanceId"]


def test_whatever_carries_the_pools_tag_is_found_and_nothing_else(aws):
    """Instances, volumes, network interfaces and logs, also where no stack is left."""
    (subnet, *_) = default_network(aws.ec2).subnets
    found = {}
    for name, stack in (("left", "stack-1"), ("left", "stack-2"), ("other", "stack-3")):
        tags = [{"Key": "asgwarm:pool", "Value": name}]
        tags += [{"Key": "asgwarm:stack", "Value": stack}]
        volume = aws.ec2.create_volume(
            AvailabilityZone="us-east-1a",
            Size=8,
            TagSpecifications=[{"ResourceType": "volume", "Tags": tags}],
        )["VolumeId"]
        interface = aws.ec2.create_network_interface(SubnetId=subnet)[
            "NetworkInterface"
        ]["NetworkInterfaceId"]
        aws.ec2.create_tags(Resources=[interface], Tags=tags)
        found[stack] = {("volume", volume), ("network interface", interface)}
    for group in ("/asgwarm/left", "/asgwarm/left-alone"):
        aws.logs.create_log_group(logGroupName=group)
    instance = _stray(aws, "stack-1", "left")
    found["stack-1"] |= {("instance", instance), ("log group", "/asgwarm/left")}

    of_one = {(one.kind, one.id) for one in leftovers(aws, "left", "stack-1")}
    of_all = {(one.kind, one.id) for one in leftovers(aws, "left")}

    assert of_one == found["stack-1"]
    assert of_all == found["stack-1"] | found["stack-2"]
    aws.ec2.terminate_instances(InstanceIds=[instance])
    assert not any(one.kind == "instance" for one in leftovers(aws, "left"))


def test_a_pool_fills_itself(aws):
    """The guest reports, the function registers: one ready and two warm."""
    _up(aws, "fills")

    def states() -> bool:
        rows = aws.dynamodb.scan(TableName="asgwarm-fills")["Items"]
        found = sorted(row["st"]["S"] for row in rows if "st" in row)
        return found == ["READY", "WARMED", "WARMED"]

    assert aws.until(states)
    assert _down(aws, "fills") == []
