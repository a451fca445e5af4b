"""What goes wrong in EC2, and what the group does about it."""

import pytest

from asgwarm.local.autoscaling.effects import (
    TerminateInstance,
)
from asgwarm.local.autoscaling.model import Faults


def test_a_failed_launch_is_said_and_tried_again_later(region):
    """Without capacity: a Failed activity, an event, and twice the wait each time."""
    refusal = "We currently do not have sufficient m7i.large capacity"
    region.machine.faults = Faults(launch_failure=refusal)
    region.create(desired=1, pool=0)

    region.pass_time(5)
    assert region.activities()[0]["StatusCode"] == "Failed"
    assert refusal in region.activities()[0]["StatusMessage"]
    event = region.last_event("EC2 Instance Launch Unsuccessful")
    assert (event["StatusCode"], event["Origin"]) == ("Failed", "EC2")

    region.pass_time(14)
    assert len(region.activities()) == 1
    region.pass_time(1)
    assert len(region.activities()) == 2
    region.pass_time(29)
    assert len(region.activities()) == 2

    region.machine.faults = Faults()
    region.settle()
    assert region.states() == {"i-1": "InService"}

    region.machine.faults = Faults(launch_failure=refusal)
    region.call("SetDesiredCapacity", DesiredCapacity=2)
    failures = len(region.activities())
    region.pass_time(19)
    assert len(region.activities()) == failures + 1
    region.pass_time(2)
    assert len(region.activities()) == failures + 2


def test_a_warm_instance_that_cannot_start_is_given_up(region):
    """A refused start ends the pool member; a stopped instance reserves no capacity."""
    region.filled(desired=0, pool=1)
    region.machine.faults = Faults(start_failure="insufficient capacity")

    region.call("SetDesiredCapacity", DesiredCapacity=1)
    region.pass_time(6)
    assert region.states()["i-1"] == "Terminating:Wait"
    assert region.activities()[0]["Description"].startswith("Terminating")

    region.machine.faults = Faults()
    region.settle()
    assert list(region.states().values()).count("InService") == 1
    assert "i-1" not in region.states()


def test_what_dies_in_ec2_is_replaced(region):
    """An InService and a warm instance that vanish are both ended and replaced."""
    region.filled(desired=1, pool=1)

    region.machine.instance_terminated("i-1", now=region.now)
    region.machine.instance_terminated("i-2", now=region.now)
    region.settle()

    assert sorted(region.states().values()) == ["InService", "Warmed:Stopped"]
    assert not {"i-1", "i-2"} & region.states().keys()
    assert not [e for e in region.asked if isinstance(e, TerminateInstance)]


@pytest.mark.parametrize("late", ["instance_running", "instance_stopped"])
def test_a_dead_instance_does_not_come_back(region, late):
    """A late "running" or "stopped" about a terminated instance changes nothing."""
    region.filled(desired=1, pool=0)

    region.machine.instance_terminated("i-1", now=region.now)
    getattr(region.machine, late)("i-1", now=region.now)
    assert region.instances()["i-1"].ec2 == "terminated"
    region.settle()

    assert region.states() == {"i-2": "InService"}


def test_an_instance_that_stops_by_itself_is_unhealthy(region):
    """Not running is not healthy: the group ends it and launches another."""
    region.filled(desired=1, pool=0)

    region.machine.instance_stopped("i-1", now=region.now)
    region.pass_time(5)

    assert region.instances()["i-1"].healthy is False
    assert region.states()["i-1"] == "Terminating:Wait"


@pytest.mark.parametrize("process", ["HealthCheck", "ReplaceUnhealthy", "Terminate"])
def test_a_suspended_process_leaves_the_dead_alone_until_resumed(region, process):
    """Suspended means undone, and done as soon as it is resumed."""
    region.filled(desired=1, pool=0)
    region.call("SuspendProcesses", ScalingProcesses=[process])

    region.machine.instance_terminated("i-1", now=region.now)
    region.settle()
    assert region.states() == {"i-1": "InService"}

    region.call("ResumeProcesses", ScalingProcesses=[process])
    region.settle()
    assert region.states() == {"i-2": "InService"}


def test_suspended_launch_stops_the_pool_as_well(region):
    """Nothing is launched or started while Launch is suspended."""
    region.create(desired=1, pool=1)
    region.call("SuspendProcesses", ScalingProcesses=["Launch"])

    region.settle()
    assert region.states() == {}

    region.call("ResumeProcesses")
    region.settle()
    assert sorted(region.states().values()) == ["InService", "Warmed:Stopped"]


def test_a_dead_pool_member_is_not_drawn(region):
    """What rests in the pool but is gone in EC2 is passed over: a cold launch."""
    region.filled(desired=0, pool=1)
    region.call("SuspendProcesses", ScalingProcesses=["ReplaceUnhealthy"])
    region.machine.instance_terminated("i-1", now=region.now)

    region.call("SetDesiredCapacity", DesiredCapacity=1)
    region.settle()

    assert region.states() == {"i-1": "Warmed:Stopped", "i-2": "InService"}
