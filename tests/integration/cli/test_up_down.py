"""`up` and `down`: repeatable after anything, careful with leases, and thorough."""

import json
import signal

import pytest
from botocore.exceptions import ClientError

from asgwarm.stack.template import template_text
from tests.integration.pools import serve

UP = ("--yes", "--allow", "127.0.0.0/8", "--hot", "1", "--warm", "0", "--cap", "4")


def _remains(region, name):
    """What AWS's own answers still have of a pool."""
    filters = [{"Name": "tag:asgwarm:pool", "Values": [name]}]
    ec2 = region.client("ec2")
    instances = [
        instance["InstanceId"]
        for page in ec2.describe_instances(Filters=filters)["Reservations"]
        for instance in page["Instances"]
        if instance["State"]["Name"] != "terminated"
    ]
    groups = region.client("autoscaling").describe_auto_scaling_groups(
        AutoScalingGroupNames=[f"asgwarm-{name}-pool"]
    )["AutoScalingGroups"]
    tables = region.client("dynamodb").list_tables()["TableNames"]
    tables = [table for table in tables if table == f"asgwarm-{name}"]
    rooms = ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
    try:
        stacks = region.client("cloudformation").describe_stacks(
            StackName=f"asgwarm-{name}"
        )["Stacks"]
    except ClientError:
        stacks = []
    return (
        instances,
        groups,
        tables,
        rooms,
        stacks,
    )


def test_up_twice_then_wider_then_down(home, region):
    """The second `up` changes nothing, the third updates, `down` leaves nothing."""
    first = home.run("up", "twice", "--json", *UP)
    second = home.run("up", "twice", "--json", "--yes")
    third = home.run("up", "twice", "--json", "--yes", "--hot", "2")
    status = home.run("status", "twice", "--json").document

    results = [json.loads(run.out.splitlines()[-1]) for run in (first, second, third)]
    assert [r["changed"] for r in results] == [True, False, True]
    assert [r["ready"] for r in results] == [1, 1, 2]
    assert {r["type"] for r in results} == {"result"}
    assert status["targets"] == {"hot": 2, "warm": 0, "cap": 4}

    down = home.run("down", "twice")

    assert down.code == 0
    assert "pool twice is gone, nothing billable remains" in down.err
    assert not any(_remains(region, "twice"))
    assert home.run("down", "twice").code == 5


def test_two_ups_at_once_end_as_one(home, region):
    """Both succeed, and there is one stack with what it should have."""
    both = [home.start("up", "both", *UP) for _ in range(2)]

    codes = [process.wait(60) for process in both]

    assert codes == [0, 0], [process.stderr.read() for process in both]
    instances, groups, *_ = _remains(region, "both")
    assert len(instances) == len(groups) == 1


def test_an_up_that_was_killed_is_finished_by_the_next(home, region):
    """Whatever the first one had begun, the second one brings to its end."""
    first = home.start("up", "half", *UP)
    client = region.client("cloudformation")
    region.until(lambda: _status(client, "half") == "CREATE_IN_PROGRESS")
    first.send_signal(signal.SIGKILL)
    first.wait()

    second = home.run("up", "half", "--json", *UP)

    assert second.code == 0, second.err
    assert json.loads(second.out.splitlines()[-1])["ready"] == 1


def _status(client, name):
    try:
        stacks = client.describe_stacks(StackName=f"asgwarm-{name}")["Stacks"]
    except ClientError:
        return None
    return stacks[0]["StackStatus"]


def test_down_touches_nothing_while_a_lease_lives(home, region):
    """It refuses, says whose lease it is, and the pool serves as before."""
    pool = serve(region, "held", hot=1, warm=1, cap=4)
    lease = home.run("get", "held", "--no-shell", "--json").document
    pool.until_ready()
    before = pool.rows()

    down = home.run("down", "held", "--json")

    assert down.code == 9
    (error,) = down.documents
    assert lease["lease_id"] in error["message"]
    assert lease["owner"] in error["message"]
    assert pool.rows().keys() == before.keys()
    assert home.run("get", "held", "--", "true").code == 0
    assert home.run("connect", lease["lease_id"], "--", "exit 3").code == 3


def test_what_is_left_of_a_pool_without_a_stack_is_reported(home, region):
    """Somebody else has deleted the stack: the exit code says that something costs."""
    ec2 = region.client("ec2")
    tags = [{"Key": "asgwarm:pool", "Value": "stackless"}]
    volume = ec2.create_volume(
        AvailabilityZone="us-east-1a",
        Size=8,
        TagSpecifications=[{"ResourceType": "volume", "Tags": tags}],
    )["VolumeId"]

    found = home.run("down", "stackless")
    documented = home.run("down", "stackless", "--json").document
    ec2.delete_volume(VolumeId=volume)

    assert found.code == 8
    assert f"  volume {volume}\n" in found.err
    assert found.err.endswith(f"next: aws ec2 delete-volume --volume-id {volume}\n")
    assert documented["leftovers"] == [{"kind": "volume", "id": volume}]
    assert home.run("down", "stackless").code == 5


@pytest.mark.parametrize("command", ["down", "status"])
def test_a_stack_that_is_only_proposed_is_left_to_who_proposed_it(
    home, region, command
):
    """Each command says so, and how to get rid of the proposal."""
    client = region.client("cloudformation")
    client.create_change_set(
        StackName="asgwarm-proposed",
        ChangeSetName="theirs",
        ChangeSetType="CREATE",
        TemplateBody=json.dumps({"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}),
    )

    done = home.run(command, "proposed", "--json")

    status = _status(client, "proposed")
    client.delete_stack(StackName="asgwarm-proposed")
    (error,) = done.documents
    assert (done.code, error["code"]) == (10, "STACK_FAILED")
    assert "a change set waits for a decision (REVIEW_IN_PROGRESS)" in error["message"]
    assert error["hint"] == (
        "aws cloudformation delete-stack --stack-name asgwarm-proposed"
    )
    assert status == "REVIEW_IN_PROGRESS"


def test_up_waits_for_a_deployment_that_somebody_else_has_begun(home, region):
    """A CI job's is proposed before it is made; both end as one stack."""
    client = region.client("cloudformation")
    which = {"StackName": "asgwarm-shared", "ChangeSetName": "theirs"}
    client.create_change_set(
        **which,
        ChangeSetType="CREATE",
        TemplateBody=template_text(),
        Parameters=[
            {"ParameterKey": key, "ParameterValue": text}
            for key, text in (("Pool", "shared"), ("Hot", "0"), ("Warm", "0"))
        ],
        Capabilities=["CAPABILITY_IAM"],
    )
    ours = home.start("up", "shared", "--yes", "--cap", "3")
    region.until(lambda: _asked_twice(region))

    client.execute_change_set(**which)

    assert ours.wait(60) == 0, ours.stderr.read()
    (stack,) = client.describe_stacks(StackName="asgwarm-shared")["Stacks"]
    sizes = {p["ParameterKey"]: p["ParameterValue"] for p in stack["Parameters"]}
    assert (sizes["Hot"], sizes["Cap"]) == ("0", "3")
    assert stack["StackStatus"] == "UPDATE_COMPLETE"


def _asked_twice(region):
    """Whether somebody who has seen the proposal has looked again."""
    calls = region.control.requests()
    made = [n for n, call in enumerate(calls) if call["action"] == "CreateChangeSet"]
    looked = [call["action"] for call in calls[made[-1] :]]
    return looked.count("DescribeStacks") >= 2


def test_a_plan_touches_nothing(home, region):
    """`up --plan` says what it would cost, and makes no stack."""
    plan = home.run("up", "plan", "--plan", "--json", "--allow", "127.0.0.0/8")

    assert plan.code == 0
    assert plan.document["exists"] is False
    assert plan.document["worst_rate_per_hour"]["estimate"] is True
    assert not any(_remains(region, "plan"))


@pytest.fixture(autouse=True, scope="module")
def _nothing_is_left(region):
    """End what the tests of this file have left serving."""
    yield
    clients = region.client("autoscaling")
    for name in ("both", "half", "held"):
        group = f"asgwarm-{name}-pool"
        clients.update_auto_scaling_group(
            AutoScalingGroupName=group, MinSize=0, MaxSize=0, DesiredCapacity=0
        )
