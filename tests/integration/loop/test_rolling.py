"""A deployment without the command line: it rolls what is nobody's, and no lease.

CloudFormation's requests carry no time, so the function takes its own clock: the region
of this file is one whose time is never moved.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from asgwarm.domain.breaker import FAILURES
from asgwarm.domain.record import Record, State
from asgwarm.stack.template import template_text
from tests.integration.loop.conftest import QUICK
from tests.integration.loop.pool import Pool

PASSES = 20
# What the guest of an instance says whose set-up failed.
BROKEN = {
    "boot_id": {"S": "another"},
    "target": {"S": "InService"},
    "phase": {"S": "failed"},
    "host_key": {"S": ""},
    "port": {"N": "22"},
    "setup": {"S": "failed: status 1: no such package"},
}


@pytest.fixture(scope="module")
def make_pool(
    start_region: Any,
    tmp_path_factory: pytest.TempPathFactory,
    pools_of: Callable[[Any, list[Pool]], Callable[..., Pool]],
) -> Iterator[Callable[..., Pool]]:
    """Make pools in a region of this file's own."""
    with start_region(tmp_path_factory.mktemp("rolling")) as running:
        running.control.timings(**QUICK)
        yield pools_of(running, [])


def _pass_until(pool: Pool, done: Callable[[], bool]) -> None:
    """Let the function look at everything until *done*."""
    for _ in range(PASSES):
        if done():
            return
        pool.fire()
    raise AssertionError(f"not after {PASSES} passes: {pool.counts()}")


def _deploy(pool: Pool, **changes: str) -> str:
    """Update the stack as a CI job does; return how CloudFormation ended."""
    stack = pool.cloudformation.describe_stacks(StackName=pool.stack)["Stacks"][0]
    kept = [one["ParameterKey"] for one in stack["Parameters"]]
    parameters: list[dict[str, Any]] = [
        {"ParameterKey": key, "UsePreviousValue": True}
        for key in kept
        if key not in changes
    ]
    parameters += [
        {"ParameterKey": key, "ParameterValue": text} for key, text in changes.items()
    ]
    pool.cloudformation.update_stack(
        StackName=pool.stack,
        TemplateBody=template_text(),
        Parameters=parameters,
        Capabilities=["CAPABILITY_IAM"],
    )
    pool.until(lambda: "IN_PROGRESS" not in pool.status())
    return str(pool.status())


def _types(pool: Pool) -> dict[str, str]:
    """Instance type of each instance that is not ended, by its id."""
    pages = pool.ec2.describe_instances(InstanceIds=sorted(pool.running()))
    found = [one for page in pages["Reservations"] for one in page["Instances"]]
    return {one["InstanceId"]: one["InstanceType"] for one in found}


def test_a_new_launch_template_rolls_what_is_free_and_no_lease(make_pool):
    """The update alone does it; the ready one goes when another can take its place."""
    pool = make_pool(warm=1).fill()
    lease = pool.claim()
    pool.until(pool.is_full)
    before = pool.running()

    assert _deploy(pool, InstanceType="t3.large") == "UPDATE_COMPLETE"
    _pass_until(
        pool,
        lambda: pool.is_full() and pool.running() & before == {lease.instance_id},
    )

    types = _types(pool)
    assert types.pop(lease.instance_id) == "m7i.large"
    assert set(types.values()) == {"t3.large"}
    assert len(types) == 2
    held = pool.record(lease.instance_id)
    assert (held.state, held.lease_id) == (State.LEASED, lease.lease_id)


def _change_template(pool: Pool, instance_type: str) -> None:
    """Give the group a version of its launch template that CloudFormation never saw."""
    template = pool.group()["LaunchTemplate"]
    known = {"LaunchTemplateId": template["LaunchTemplateId"]}
    made = pool.ec2.create_launch_template_version(
        **known,
        SourceVersion=template["Version"],
        LaunchTemplateData={"InstanceType": instance_type},
    )
    number = str(made["LaunchTemplateVersion"]["VersionNumber"])
    pool.autoscaling.update_auto_scaling_group(
        AutoScalingGroupName=pool.group_name,
        LaunchTemplate=known | {"Version": number},
    )


@pytest.mark.long
def test_a_roll_needs_nobody_s_word(make_pool):
    """Each is judged by the version that it is of, also who is registered too late.

    While the template changes the function hears nothing, and one instance is launched
    that it does not know yet.
    """
    pool = make_pool(warm=1).fill()
    lease = pool.claim()
    pool.until(pool.is_full)
    pool.faults(events="lost", stream_lost=True)
    before = pool.running()
    pool.autoscaling.set_desired_capacity(
        AutoScalingGroupName=pool.group_name, DesiredCapacity=2
    )
    pool.until(lambda: len(pool.running()) > len(before))
    (late,) = pool.running() - before
    assert late not in pool.records()

    _change_template(pool, "t3.large")
    pool.faults()
    _pass_until(pool, lambda: pool.is_full() and "m7i.large" not in _free(pool, lease))

    assert late not in pool.running()
    assert set(_free(pool, lease)) == {"t3.large"}
    assert pool.record(lease.instance_id).lease_id == lease.lease_id


@pytest.mark.long
def test_launches_that_failed_too_often_resume_with_another_launch_template(make_pool):
    """Who deploys it has mended the cause; nobody has to ask for a refresh."""
    pool = make_pool(warm=0).fill()
    pool.faults(boot_s=100_000)
    pool.claim()
    for _ in range(FAILURES):
        pool.until(lambda: pool.in_state(State.WARMING))
        (broken,) = pool.in_state(State.WARMING)
        pool.put(pool.arn(broken.instance_id), "AGENT", BROKEN)
        pool.control.settle()
    pool.fire()
    assert "Launch" in pool.suspended()

    _change_template(pool, "t3.large")
    pool.faults()
    if never_boots := [record.instance_id for record in pool.in_state(State.WARMING)]:
        pool.ec2.terminate_instances(InstanceIds=never_boots)
    _pass_until(pool, pool.is_full)

    assert "Launch" not in pool.suspended()
    pool.fire()  # which sees that they have resumed
    assert pool.registry.meta().trouble == ""


def _free(pool: Pool, lease: Record) -> list[str]:
    types = _types(pool)
    assert types.pop(lease.instance_id) == "m7i.large"
    return list(types.values())


@pytest.mark.long
def test_an_update_that_changes_no_launch_template_replaces_nothing(make_pool):
    """Other sizes, another way in: whoever is there stays."""
    pool = make_pool(warm=1).fill()
    before = pool.running()

    _deploy(pool, Cap="9", AllowCidr="10.0.0.0/8", MaxLeaseS="7200")
    for _ in range(3):
        pool.fire()

    assert pool.is_full()
    assert pool.running() == before


@pytest.mark.long
def test_an_update_that_is_undone_leaves_the_lease_and_the_old_template(make_pool):
    """The guard refuses other shards after the group was changed; all of it goes back.

    What was launched from the version that was taken back is replaced as well.
    """
    pool = make_pool(warm=0).fill()
    lease = pool.claim()
    pool.until(pool.is_full)

    status = _deploy(pool, InstanceType="t3.large", Shards="2")

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    _pass_until(
        pool, lambda: pool.is_full() and set(_types(pool).values()) == {"m7i.large"}
    )
    held = pool.record(lease.instance_id)
    assert (held.state, held.lease_id) == (State.LEASED, lease.lease_id)


@pytest.mark.long
def test_a_row_of_a_newer_version_is_left_alone_by_an_older_function(make_pool):
    """After a rollback the function may be the older one: it ends nothing of that."""
    pool = make_pool(warm=0).fill()
    lease = pool.claim()
    pool.until(pool.is_full)
    row = pool.registry.get(lease.pk, f"I#{lease.instance_id}")
    pool.dynamodb.update_item(
        TableName=pool.table,
        Key={"pk": {"S": lease.pk}, "sk": {"S": f"I#{lease.instance_id}"}},
        UpdateExpression="SET v = :v",
        ExpressionAttributeValues={":v": {"N": "2"}},
    )

    for _ in range(3):
        pool.fire()

    after = pool.registry.get(lease.pk, f"I#{lease.instance_id}")
    assert after == {**row, "v": 2, "hb_seen": after["hb_seen"]} | {
        name: after[name] for name in ("exp_at", "lease_seen_at") if name in after
    }
    assert lease.instance_id in pool.running()
    assert pool.is_full()
