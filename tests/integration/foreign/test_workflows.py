"""The scripts of templates/ci, run as they stand, with the `aws` command and `git`.

Only their surroundings are other ones: the region that plays AWS, and this computer in
the place of a hosted runner.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from asgwarm.clients import AwsSettings, Clients
from asgwarm.stack.network import default_network, endpoint_in
from tests.prove.workflows.reading import workflows

pytestmark = pytest.mark.long

TIMEOUT_S = 170
SHELL = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")  # GitHub's own
MERGED = "asgwarm-merged"


class Runner:
    """A checkout of somebody's repository, and a shell in it."""

    def __init__(self, desk, folder, network):
        self.desk, self.folder, self.network = desk, folder, network
        shutil.copytree(desk.repository / "templates", folder / "templates")
        self.say()

    def say(self, **changes):
        """Write the pool's parameters with the ids of this region."""
        path = self.folder / "templates" / "ci" / "pool.parameters"
        said = dict(line.split("=", 1) for line in path.read_text().splitlines())
        said |= self.network | changes
        path.write_text("".join(f"{name}={value}\n" for name, value in said.items()))

    def step(self, file, name, **environment):
        """Run the script of the step called *name* as its workflow has it."""
        (workflow,) = [one for one in workflows() if one.name == file]
        (script, said) = next(
            (step["run"], workflow.document.get("env", {}))
            for job in workflow.document["jobs"].values()
            for step in job["steps"]
            if step.get("name") == name
        )
        env = self.desk.environment | said | environment
        programs = Path(sys.executable).parent
        return subprocess.run(
            [*SHELL, script],
            cwd=self.folder,
            env=env | {"PATH": f"{programs}{os.pathsep}{env['PATH']}"},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )

    def plan(self):
        """The comment on a pull request."""
        step = "Make a change set, describe it, and take it back"
        done = self.step("deploy.yml", step, STACK=MERGED)
        assert done.returncode == 0, done.stdout + done.stderr
        return (self.folder / "comment.md").read_text()


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
    return Runner(desk, tmp_path, endpoint)


def test_a_pull_request_is_told_what_its_merge_then_does(runner):
    """A new pool, then nothing, then what a parameter changes; no change set stays."""
    runner.say(Pool="merged")
    first = runner.plan()
    deployed = runner.step("deploy.yml", "Deploy", STACK=MERGED)
    second = runner.plan()
    runner.say(Cap="9")
    third = runner.plan()

    assert "| Add | " in first
    assert "| Table | AWS::DynamoDB::Table |" in first
    assert deployed.returncode == 0, deployed.stderr
    assert runner.desk.stack("merged")["StackStatus"] == "CREATE_COMPLETE"
    assert second.endswith("nothing.\n")
    assert "| Modify | " in third
    assert "| Function | AWS::Lambda::Function |" in third
    assert runner.desk.stack("merged")["Parameters"]["Cap"] == "10"
    sets = ("cloudformation", "list-change-sets", "--stack-name", MERGED)
    left = runner.desk.ask(*sets)["Summaries"]
    assert [one["ExecutionStatus"] for one in left] == ["EXECUTE_COMPLETE"]


@pytest.mark.parametrize("code", [0, 3])
def test_a_repository_is_tested_on_an_instance(runner, serving, code):
    """What is committed gets there, and the exit code of its tests comes back."""
    recipe = f"test:\n\t@echo tested by $$USER; exit {code}\n"
    (runner.folder / "Makefile").write_text(recipe)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for words in (["init", "-q"], ["add", "Makefile"], ["commit", "-qm", "x"]):
        subprocess.run([*git, *words], cwd=runner.folder, check=True)

    done = runner.step("test.yml", "Test")

    assert "tested by ec2-user" in done.stdout
    assert done.returncode == (2 if code else 0), done.stderr  # make's own


def test_the_nightly_test_leaves_nothing(runner):
    """A pool that was used twice, and then neither stack nor instance."""
    subnets = runner.network["Subnets"].split(",")
    place = {"VPC": runner.network["VpcId"], "SUBNET": subnets[0]}
    steps = [
        runner.step("nightly.yml", name, **place)
        for name in (
            "Make a pool",
            "Use an instance, and the one that replaces it",
            "Leave nothing",
        )
    ]

    assert [one.returncode for one in steps] == [0, 0, 0], [s.stderr for s in steps]
    assert "Linux" in steps[1].stdout
    assert "error::" not in steps[2].stdout
    runner.desk.asgwarm("status", "nightly", code=5)
