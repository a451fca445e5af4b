"""What only a real AWS account can show. It costs money, so it asks for the account.

Set ASGWARM_LIVE_ACCOUNT to the id of the account that AWS's own variables lead to.
"""

import os
import subprocess
import sys

import boto3
import pytest

pytestmark = pytest.mark.aws
POOL = "live-smoke"


def asgwarm(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as a person would."""
    return subprocess.run(
        [sys.executable, "-m", "asgwarm", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def pool():
    """A pool of one hot and one warm instance, taken down afterwards."""
    account = boto3.client("sts").get_caller_identity()["Account"]
    assert account == os.environ.get("ASGWARM_LIVE_ACCOUNT"), "another account"
    up = asgwarm("up", POOL, "--hot", "1", "--warm", "1", "--cap", "3", "--yes")
    assert up.returncode == 0, up.stderr
    yield POOL
    down = asgwarm("down", POOL, "--force")
    assert down.returncode == 0, down.stderr


def test_a_command_runs_on_a_claimed_instance(pool):
    """Claim, push, pinned host key and EC2 Instance Connect work on AWS."""
    done = asgwarm("get", pool, "--wait", "5m", "--", "cat", "/etc/os-release")

    assert done.returncode == 0, done.stderr
    assert "Amazon Linux" in done.stdout


def test_a_detached_instance_is_replaced_from_the_warm_pool(pool):
    """AWS's documentation implies it and nowhere says so."""
    assert asgwarm("get", pool, "--wait", "5m", "--", "true").returncode == 0
    assert asgwarm("get", pool, "--wait", "5m", "--", "true").returncode == 0

    activities = boto3.client("autoscaling").describe_scaling_activities(
        AutoScalingGroupName=f"asgwarm-{pool}-pool"
    )["Activities"]
    assert any("from warm pool" in a["Description"] for a in activities)


def test_an_instance_may_write_its_own_row_only(pool):
    """The guest's role is bound to its own key by ec2:SourceInstanceARN."""
    script = (
        "aws dynamodb update-item --region $(ec2-metadata --quiet -R) "
        f"--table-name asgwarm-{pool} "
        '--key \'{"pk":{"S":"POOL#x#0"},"sk":{"S":"I#i-0"}}\' '
        "--update-expression 'SET boot_id = :b' "
        '--expression-attribute-values \'{":b":{"S":"x"}}\''
    )
    done = asgwarm("get", pool, "--wait", "5m", "--", script)

    assert done.returncode != 0
    assert "AccessDenied" in done.stderr
