"""What the API shows: pages, tags, states, events of success."""

import pytest

from asgwarm.local.autoscaling.events import zone_id
from asgwarm.local.autoscaling.model import Faults


def test_pages_go_on_where_the_last_one_ended(region):
    """NextToken leads through every pool member exactly once, whatever ends between."""
    region.filled(desired=0, pool=5)
    seen: list[str] = []
    token: dict[str, str] = {}
    while True:
        page = region.call("DescribeWarmPool", MaxRecords=2, **token)
        seen += [instance["InstanceId"] for instance in page["Instances"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
        if len(seen) == 2:
            region.machine.instance_terminated("i-1", now=region.now)
            region.pass_time(5)
            region.answer()

    assert seen[:5] == ["i-1", "i-2", "i-3", "i-4", "i-5"]


def test_pool_members_are_described_apart_from_the_group(region):
    """DescribeAutoScalingInstances has both kinds, the group only its own."""
    region.filled(desired=1, pool=1)

    group = region.raw("DescribeAutoScalingGroups")["AutoScalingGroups"][0]
    both = region.raw("DescribeAutoScalingInstances")["AutoScalingInstances"]

    assert [i["InstanceId"] for i in group["Instances"]] == ["i-1"]
    assert group["WarmPoolConfiguration"] == {
        "MinSize": 1,
        "MaxGroupPreparedCapacity": 1,
        "PoolState": "Stopped",
    }
    assert [(i["InstanceId"], i["LifecycleState"]) for i in both] == [
        ("i-1", "InService"),
        ("i-2", "Warmed:Stopped"),
    ]


def test_a_state_of_tomorrow_can_be_shown(region):
    """The switch for tests lets describe calls show a state nobody knows yet."""
    region.filled(desired=1, pool=0)
    region.machine.faults = Faults(shown_states={"i-1": "ReplacingRootVolume"})

    shown = region.raw("DescribeAutoScalingInstances")["AutoScalingInstances"]
    assert shown[0]["LifecycleState"] == "ReplacingRootVolume"


def test_tags_reach_new_instances_only_when_they_propagate(region):
    """PropagateAtLaunch decides; the group's name is always a tag."""
    region.create(
        pool=0,
        Tags=[
            {"Key": "asgwarm:pool", "Value": "dev", "PropagateAtLaunch": True},
            {"Key": "private", "Value": "x", "PropagateAtLaunch": False},
        ],
    )
    region.pass_time(5)

    wanted = next(e for e in region.asked if hasattr(e, "tags"))
    assert wanted.tags == {
        "asgwarm:pool": "dev",
        "aws:autoscaling:groupName": "dev-pool",
    }
    assert wanted.target == "InService"


def test_tags_are_set_filtered_and_removed(region):
    """The three tag actions agree with each other."""
    region.create(pool=0)
    tag = {"ResourceId": "dev-pool", "ResourceType": "auto-scaling-group", "Key": "a"}
    region.raw("CreateOrUpdateTags", Tags=[tag | {"Value": "1"}])
    by_key = [{"Name": "key", "Values": ["a"]}]
    by_tag = [{"Name": "tag:a", "Values": ["1"]}]

    assert len(region.raw("DescribeTags", Filters=by_key)["Tags"]) == 1
    found = region.raw("DescribeAutoScalingGroups", Filters=by_tag)
    assert len(found["AutoScalingGroups"]) == 1

    region.raw("DeleteTags", Tags=[tag])
    assert region.raw("DescribeTags")["Tags"] == []


def test_the_success_of_a_launch_is_told_with_its_activity(region):
    """Launch Successful names the instance twice and where it came from and went."""
    region.filled(desired=0, pool=1)

    event = next(e for e in region.events if "Launch Successful" in e.detail_type)
    activity = region.activities()[-1]

    assert event.resources[1] == "arn:aws:ec2:us-east-1:000000000000:instance/i-1"
    assert event.detail["ActivityId"] == activity["ActivityId"]
    assert event.detail["RequestId"] == activity["ActivityId"]
    assert event.detail["StatusCode"] == "InProgress"
    assert event.detail["Destination"] == "WarmPool"
    assert event.detail["Details"] == {
        "Subnet ID": "subnet-a",
        "Availability Zone": "us-east-1a",
        "Availability Zone ID": "use1-az1",
    }
    assert event.detail["StartTime"].endswith("Z")


def test_metrics_are_remembered(region):
    """Enable and Disable change what the group shows."""
    region.create(pool=0)
    region.call("EnableMetricsCollection", Granularity="1Minute")
    region.call("DisableMetricsCollection", Metrics=["GroupMinSize"])

    group = region.raw("DescribeAutoScalingGroups")["AutoScalingGroups"][0]
    names = {metric["Metric"] for metric in group["EnabledMetrics"]}
    assert "GroupMaxSize" in names
    assert "GroupMinSize" not in names


@pytest.mark.parametrize(
    ("zone", "short"),
    [("us-east-1a", "use1-az1"), ("ap-southeast-1b", "apse1-az2")],
)
def test_zone_ids_look_like_those_of_aws(zone, short):
    """area, direction, number, dash, az and a number."""
    assert zone_id(zone) == short
