import pytest

from asgwarm.local.problem import AwsProblem

LAUNCH = "autoscaling:EC2_INSTANCE_LAUNCHING"


def wait_of(region, instance_id="i-1"):
    """The open action of the hook "launch" about an instance."""
    return region.instances()[instance_id].waits["launch"]


@pytest.mark.parametrize(
    ("default", "state"), [("CONTINUE", "InService"), ("ABANDON", "Terminating:Wait")]
)
def test_silence_means_the_default_result(region, default, state):
    """A hook that nobody answers ends with its DefaultResult, not before."""
    region.create(desired=1, pool=0)
    region.call("PutLifecycleHook", LifecycleHookName="launch", DefaultResult=default)
    region.pass_time(5)

    region.pass_time(599)
    assert region.states() == {"i-1": "Pending:Wait"}

    region.pass_time(2)
    assert region.states()["i-1"] == state


@pytest.mark.parametrize("pool", [0, 1])
def test_abandon_ends_the_instance_and_another_one_comes(region, pool):
    """ABANDON of a launch passes the terminate hook, then the group tries again."""
    region.create(desired=1 - pool, pool=pool)
    region.pass_time(6)
    region.answer("ABANDON")

    prefix = "Warmed:" if pool else ""
    assert region.states() == {"i-1": f"{prefix}Terminating:Wait"}
    launch = region.activities()[1]
    assert launch["StatusCode"] == "Cancelled"
    assert "ABANDON Result" in launch["StatusMessage"]
    assert region.last_event("EC2 Instance Launch Unsuccessful")

    region.settle()
    steady = "Warmed:Stopped" if pool else "InService"
    assert region.states() == {"i-2": steady}


def test_instances_that_keep_failing_are_launched_ever_more_slowly(region):
    """A hook that always abandons slows the launches down; 1 h brings few of them."""
    region.create(desired=1, pool=0)

    for _ in range(360):
        region.pass_time(10)
        region.answer("ABANDON")

    assert 5 < region.launched < 20


def test_a_heartbeat_gives_the_full_timeout_again(region):
    """RecordLifecycleActionHeartbeat restarts the timeout."""
    region.create(desired=1, pool=0)
    region.pass_time(505)

    region.call(
        "RecordLifecycleActionHeartbeat", LifecycleHookName="launch", InstanceId="i-1"
    )
    region.pass_time(599)
    assert region.states() == {"i-1": "Pending:Wait"}
    region.pass_time(2)
    assert region.states()["i-1"] == "Terminating:Wait"


def test_heartbeats_do_not_help_beyond_the_global_limit(region):
    """No wait is longer than min(48 h, 100 timeouts), here 100 times 600 s."""
    region.create(desired=1, pool=0)
    region.pass_time(5)
    began = region.now
    while region.states()["i-1"] == "Pending:Wait":
        region.call(
            "RecordLifecycleActionHeartbeat",
            LifecycleHookName="launch",
            LifecycleActionToken=wait_of(region).token,
        )
        region.pass_time(500)

    assert 60_000 <= region.now - began <= 60_500


def test_an_action_is_completed_once(region):
    """The second answer is refused in AWS's words, by instance and by token."""
    region.create(desired=1, pool=0)
    region.pass_time(5)
    token = wait_of(region).token
    region.answer()

    for by, text in [
        ({"InstanceId": "i-1"}, "instance ID i-1"),
        ({"LifecycleActionToken": token}, f"token {token}"),
    ]:
        with pytest.raises(AwsProblem) as refusal:
            region.call(
                "CompleteLifecycleAction",
                LifecycleHookName="launch",
                LifecycleActionResult="CONTINUE",
                **by,
            )
        assert refusal.value.code == "ValidationError"
        assert text in refusal.value.message
        assert refusal.value.message.startswith("No active Lifecycle Action found with")


def test_a_token_of_yesterday_does_not_complete_today(region):
    """The token of the way into the pool is refused on the way out of it."""
    region.create(desired=0, pool=1)
    region.pass_time(6)
    old = wait_of(region).token
    region.settle()
    region.call("SetDesiredCapacity", DesiredCapacity=1)
    region.pass_time(6)

    with pytest.raises(AwsProblem):
        region.call(
            "CompleteLifecycleAction",
            LifecycleHookName="launch",
            LifecycleActionToken=old,
            InstanceId="i-1",
            LifecycleActionResult="CONTINUE",
        )
    assert region.states()["i-1"] == "Pending:Wait"


def test_two_hooks_both_have_to_continue(region):
    """An instance goes on when the last of its hooks said CONTINUE."""
    region.create(desired=1, pool=0)
    region.call(
        "PutLifecycleHook", LifecycleHookName="second", LifecycleTransition=LAUNCH
    )
    region.pass_time(5)
    answer = {"InstanceId": "i-1", "LifecycleActionResult": "CONTINUE"}

    region.call("CompleteLifecycleAction", LifecycleHookName="second", **answer)
    assert region.states() == {"i-1": "Pending:Wait"}

    region.call("CompleteLifecycleAction", LifecycleHookName="launch", **answer)
    assert region.states() == {"i-1": "Pending:Proceed"}


def test_one_abandon_is_enough_to_end_a_termination(region):
    """ABANDON of a termination does not wait for the other hooks."""
    region.filled(desired=1, pool=0)
    end = "autoscaling:EC2_INSTANCE_TERMINATING"
    region.call("PutLifecycleHook", LifecycleHookName="second", LifecycleTransition=end)
    region.call("SetDesiredCapacity", DesiredCapacity=0)
    region.pass_time(5)
    assert region.states() == {"i-1": "Terminating:Wait"}
    answer = {"AutoScalingGroupName": "dev-pool", "LifecycleHookName": "second"}
    answer |= {"InstanceId": "i-1", "LifecycleActionResult": "ABANDON"}

    region.machine.call("CompleteLifecycleAction", answer, now=region.now)

    assert region.states() == {"i-1": "Terminating:Proceed"}
    assert region.instances()["i-1"].waits == {}


def test_a_deleted_hook_abandons_launches_and_lets_terminations_go(region):
    """DeleteLifecycleHook completes what is outstanding."""
    region.filled(desired=1, pool=0)
    region.call("SetDesiredCapacity", DesiredCapacity=2)
    region.raw(
        "TerminateInstanceInAutoScalingGroup",
        InstanceId="i-1",
        ShouldDecrementDesiredCapacity=True,
    )
    region.pass_time(2)
    region.call("SetDesiredCapacity", DesiredCapacity=2)
    region.pass_time(5)
    assert region.states()["i-2"] == "Pending:Wait"

    region.call("DeleteLifecycleHook", LifecycleHookName="terminate")
    assert "i-1" not in region.states()
    region.call("DeleteLifecycleHook", LifecycleHookName="launch")
    assert "i-2" not in region.states()
    region.settle()
    assert set(region.states().values()) == {"InService"}


@pytest.mark.parametrize(
    "fault",
    [
        {"HeartbeatTimeout": 29},
        {"HeartbeatTimeout": 7201},
        {"DefaultResult": "MAYBE"},
        {"LifecycleTransition": "autoscaling:TEST"},
    ],
)
def test_a_hook_that_aws_would_refuse_is_refused(region, fault):
    """Timeout 30 to 7200 s, two results, two transitions."""
    region.create(desired=0, pool=0)

    with pytest.raises(AwsProblem) as refusal:
        region.call(
            "PutLifecycleHook",
            **{"LifecycleHookName": "x", "LifecycleTransition": LAUNCH} | fault,
        )
    assert refusal.value.code == "ValidationError"


def test_the_event_has_the_documented_shape(region):
    """A lifecycle action event carries these fields, and metadata only if given."""
    region.create(desired=1, pool=0)
    region.call(
        "PutLifecycleHook", LifecycleHookName="launch", NotificationMetadata="m"
    )
    region.pass_time(5)

    event = next(e for e in region.events if "launch Lifecycle" in e.detail_type)
    assert event.detail_type == "EC2 Instance-launch Lifecycle Action"
    assert event.resources == (region.group().arn,)
    assert event.detail == {
        "LifecycleActionToken": wait_of(region).token,
        "AutoScalingGroupName": "dev-pool",
        "LifecycleHookName": "launch",
        "EC2InstanceId": "i-1",
        "LifecycleTransition": LAUNCH,
        "NotificationMetadata": "m",
        "Origin": "EC2",
        "Destination": "AutoScalingGroup",
        "Action": "Launch",
    }
