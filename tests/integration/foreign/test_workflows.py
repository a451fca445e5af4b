"""The scripts of templates/ci, on the region that plays AWS."""

import pytest

from asgwarm.clients import AwsSettings, Clients
from asgwarm.stack.network import default_network, endpoint_in
from tests.prove.workflows.runner import DEPLOY, NIGHT, PLAN, TEST, Runner

pytestmark = pytest.mark.long

MERGED = "asgwarm-merged"


@pytest.fixture(scope="module")
def endpoint(desk):
    """The parameters that lead to the endpoint of the default VPC."""
    info = desk.info
    clients = Clients(
        AwsSettings(
            region=info.region,
            endpoint_url=info.endpoint_url,
            access_key_id=info.access_key_id,
            secret_access_key=info.secret_access_key,
        )
    )
    network = default_network(clients.ec2)
    desk.aws(
        *("cloudformation", "create-stack", "--stack-name", "endpoint"),
        *("--template-body", f"file://{desk.repository}/templates/endpoint.yaml"),
        "--parameters",
        f"ParameterKey=VpcId,ParameterValue={network.vpc}",
        f"ParameterKey=SubnetId,ParameterValue={network.subnets[0]}",
    )
    asked = ("cloudformation", "describe-stacks", "--stack-name", "endpoint")
    desk.until(lambda: "CREATE_COMPLETE" in desk.aws(*asked).stdout)
    return {
        "Endpoint": str(endpoint_in(clients.ec2, network.vpc)),
        "VpcId": network.vpc,
        "Subnets": ",".join(network.subnets),
    }


@pytest.fixture(scope="module")
def serving(desk, endpoint):
    """The pool called ci, as the workflows name it."""
    desk.asgwarm("up", "ci", "--address", "endpoint", "--hot", "2", "--yes")


@pytest.fixture
def runner(desk, endpoint, tmp_path):
    """A fresh one, as each job has it."""
    return Runner(tmp_path, desk.environment, endpoint)


def plan(runner):
    """The comment on a pull request."""
    done = runner.step(*PLAN, STACK=MERGED)
    assert done.returncode == 0, done.stdout + done.stderr
    return (runner.folder / "comment.md").read_text()


def test_a_pull_request_is_told_what_its_merge_then_does(desk, runner):
    """A new pool, then nothing, then what a parameter changes; no change set stays."""
    runner.say(Pool="merged")
    first = plan(runner)
    deployed = runner.step(*DEPLOY, STACK=MERGED)
    second = plan(runner)
    runner.say(Cap="9")
    third = plan(runner)

    assert "| Add | " in first
    assert "| Table | AWS::DynamoDB::Table |" in first
    assert deployed.returncode == 0, deployed.stderr
    assert desk.stack("merged")["StackStatus"] == "CREATE_COMPLETE"
    assert second.endswith("nothing.\n")
    assert "| Modify | " in third
    assert "| Function | AWS::Lambda::Function |" in third
    assert desk.stack("merged")["Parameters"]["Cap"] == "10"
    sets = ("cloudformation", "list-change-sets", "--stack-name", MERGED)
    left = desk.ask(*sets)["Summaries"]
    assert [one["ExecutionStatus"] for one in left] == ["EXECUTE_COMPLETE"]


@pytest.mark.parametrize("code", [0, 3])
def test_a_repository_is_tested_on_an_instance(runner, serving, code):
    """What is committed gets there, and the exit code of its tests comes back."""
    runner.commit(f"@echo tested by $$USER; exit {code}")

    done = runner.step(*TEST)

    assert "tested by ec2-user" in done.stdout
    assert done.returncode == (2 if code else 0), done.stderr  # make's own


def test_the_nightly_test_leaves_nothing(desk, runner):
    """A pool that was used twice, and then neither stack nor instance."""
    subnets = runner.network["Subnets"].split(",")
    place = {"VPC": runner.network["VpcId"], "SUBNET": subnets[0]}
    steps = [runner.step(*step, **place) for step in NIGHT]

    assert [one.returncode for one in steps] == [0, 0, 0], [s.stderr for s in steps]
    assert "Linux" in steps[1].stdout
    assert "error::" not in steps[2].stdout
    desk.asgwarm("status", "nightly", code=5)
