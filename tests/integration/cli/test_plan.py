"""`up --plan`: what it says is what `up` then does, and it leaves nothing behind."""

import signal

import pytest
from botocore.exceptions import ClientError

from tests.integration.cli.conftest import home_in
from tests.integration.pools import serve

BIGGER = ("--instance-type", "t3.large")


@pytest.fixture
def planner(tmp_path, own_region):
    """A user of this file's own region."""
    with home_in(tmp_path / "home", **own_region.environment()) as made:
        yield made


@pytest.fixture(scope="module")
def pool(own_region):
    """A pool of one ready and one warm instance."""
    pool = serve(own_region, "dev", hot=1, warm=1, cap=6)
    own_region.until(lambda: len(pool.in_state("WARMED")) == 1)
    return pool


@pytest.fixture
def lease(planner, own_region, pool):
    """One that somebody keeps, beside a full pool."""
    held = planner.run("get", pool.name, "--no-shell", "--json").document
    own_region.until(
        lambda: len(pool.in_state("READY")) == len(pool.in_state("WARMED")) == 1
    )
    yield held
    planner.run("release", held["lease_id"], "--force")


def _change_sets(region, pool):
    client = region.client("cloudformation")
    return client.list_change_sets(StackName=f"asgwarm-{pool}")["Summaries"]


def test_a_plan_says_what_up_then_does(planner, own_region, pool, lease):
    """Unclaimed instances are replaced, the leased one stays; the plan did nothing."""
    before = {i: row for i, row in pool.rows().items() if row["st"] != "TERMINATED"}

    plan = planner.run("up", "dev", "--plan", "--json", *BIGGER).document

    assert plan["instances"] == {
        "replaced": {"ready": 1, "warm": 1, "warming": 0},
        "leased": 1,
        "leases_ended": 0,
    }
    assert plan["consequences"] == [
        "the launch template changes: 1 ready and 1 warm instances are replaced one by "
        "one, 1 leased stays"
    ]
    changes = {each["logical_id"]: each["action"] for each in plan["changes"]}
    assert changes == dict.fromkeys(("Group", "Guard", "LaunchTemplate"), "change")
    assert plan["before"]["instance_type"] == "m7i.large"
    dearer, cheaper = plan["before"]["rate_per_hour"], plan["rate_per_hour"]
    assert float(dearer["amount"]) > float(cheaper["amount"]) > 0
    assert _change_sets(own_region, "dev") == []
    assert before.keys() <= pool.rows().keys()
    assert {pool.rows()[i]["st"] for i in before} == {"READY", "WARMED", "LEASED"}

    done = planner.run("up", "dev", "--yes", *BIGGER)

    assert done.code == 0, done.err
    own_region.until(lambda: _is_new(own_region, pool, before), timeout_s=60)
    assert pool.leased() == {lease["lease_id"]: lease["instance_id"]}
    assert _types(own_region, pool.in_state("READY")) == {"t3.large"}
    assert _types(own_region, [lease["instance_id"]]) == {"m7i.large"}
    assert planner.run("connect", lease["lease_id"], "--", "exit 3").code == 3

    again = planner.run("up", "dev", "--plan", "--json", *BIGGER).document
    assert (again["changes"], again["instances"]["replaced"]["ready"]) == ([], 0)
    assert again["consequences"] == ["no instance is touched"]


def _is_new(region, pool, before):
    """Whether as many are free as before, and none of them from before."""
    region.control.fire_schedule()
    free = pool.in_state("READY"), pool.in_state("WARMED")
    return all(len(set(ids) - before.keys()) == len(ids) == 1 for ids in free)


def _types(region, ids):
    pages = region.client("ec2").describe_instances(InstanceIds=ids)["Reservations"]
    return {one["InstanceType"] for page in pages for one in page["Instances"]}


def test_a_change_that_touches_no_instance_says_so(planner, pool):
    """Who may come in is another matter, and spreads to nothing else."""
    days = planner.run("up", "dev", "--plan", "--cap", "7")
    allow = planner.run("up", "dev", "--plan", "--json", "--allow", "10.0.0.0/8")

    assert "so         no instance is touched" in days.err
    assert "changes    Function (Environment)" in days.err
    assert [c["logical_id"] for c in allow.document["changes"]] == ["SecurityGroup"]
    assert allow.document["consequences"] == ["the way in changes for every instance"]


def test_a_plan_makes_a_comment_for_a_pull_request(planner, pool):
    """Sizes and money side by side on stdout, and nothing on stderr."""
    done = planner.run("up", "dev", "--markdown", "--warm", "3")

    text = done.out.decode()
    assert (done.code, done.err) == (0, "")
    assert text.startswith("### Update pool `dev` in us-east-1\n\n| | now | then |\n")
    assert "| warm | 1 | 3 |\n" in text
    assert "\n- 2 more instances are launched into the warm pool\n" in text
    assert "| change | `WarmPool` AWS::AutoScaling::WarmPool | Max" in text


def test_the_plan_of_a_new_pool_leaves_no_stack(planner, own_region):
    """Not even one that waits for a decision; all that would be made is listed."""
    done = planner.run("up", "new", "--plan", "--json", "--allow", "127.0.0.0/8")
    comment = planner.run("up", "new", "--markdown", "--allow", "127.0.0.0/8")

    assert done.document["before"] is None
    assert {c["action"] for c in done.document["changes"]} == {"create"}
    assert len(done.document["changes"]) > 15
    assert "| create | `Table` AWS::DynamoDB::Table |" in comment.out.decode()
    with pytest.raises(ClientError, match="does not exist"):
        own_region.client("cloudformation").describe_stacks(StackName="asgwarm-new")


def test_what_cloudformation_would_refuse_is_said_without_an_update(planner, pool):
    """The code is that of a stack that failed."""
    done = planner.run("up", "dev", "--plan", "--json", "--ami", "/no/such/parameter")

    assert (done.code, done.documents[0]["code"]) == (10, "STACK_FAILED")
    assert "/no/such/parameter" in done.documents[0]["message"]


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), (15, 143)])
def test_a_plan_that_is_interrupted_leaves_nothing(
    planner, own_region, pool, signum, code
):
    """The change set goes, wherever the signal came."""
    held = {"service": "cloudformation", "action": "DescribeChangeSet", "count": 1}
    own_region.control.set_faults(http=[held | {"kind": "hold_after"}])
    process = planner.start("up", "dev", "--plan", "--cap", "8")
    own_region.until(lambda: own_region.control.status()["held"])

    process.send_signal(signum)

    assert process.wait(20) == code
    own_region.control.set_faults()
    assert _change_sets(own_region, "dev") == []


def test_whoever_is_asked_has_seen_what_would_change(
    planner, own_region, pool, terminal
):
    """An update of a pool that exists; the answer no changes nothing."""
    process = planner.start(
        *("up", "dev", "--cap", "9"), stdin=terminal.screen, stderr=terminal.screen
    )
    terminal.until(b"Go ahead? [y/N] ")
    terminal.type(b"n\n")
    terminal.until(b"nothing was done")

    assert process.wait(20) == 0
    assert b"so         no instance is touched" in terminal.seen
    assert _change_sets(own_region, "dev") == []
