"""What GitHub's jobs do: the scripts of templates/ci, each with a key of its own.

In the place of a role a job has a user of IAM's, called like the role: the region's
record then says whose call it was.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.integration.cli.conftest import home_in
from tests.prove.workflows.runner import DEPLOY, NIGHT, PLAN, TEST, Runner

# Which pool each role is for.
POOLS = {
    "CiPlanRole": "ci",
    "CiDeployRole": "ci",
    "CiUseRole": "ci",
    "CiNightlyRole": "nightly",
}


def key_of(region: Any, name: str) -> tuple[str, str]:
    """Make a user of IAM's; return the id and the secret of their key."""
    iam = region.client("iam")
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return str(key["AccessKeyId"]), str(key["SecretAccessKey"])


def work(region: Any, folder: Path, network: Mapping[str, str]) -> None:
    """Run every script: a pool is planned, deployed and used, and one has its night.

    Args:
        network: Parameters of a pool that say ids of the region.
    """
    runners = {role: _runner(region, folder / role, role, network) for role in POOLS}
    with ThreadPoolExecutor() as threads:
        night = threads.submit(_night, runners["CiNightlyRole"])
        _day(*(runners[role] for role in ("CiPlanRole", "CiDeployRole", "CiUseRole")))
        night.result()


def _runner(region: Any, folder: Path, role: str, network: Mapping[str, str]) -> Runner:
    key, secret = key_of(region, role)
    own = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}
    with home_in(folder, **region.environment() | own) as home:
        return Runner(folder, home.env, network)


def _day(planning: Runner, deploying: Runner, using: Runner) -> None:
    """A new pool, then nothing new; its tests in between."""
    _do(planning, PLAN)
    _do(deploying, DEPLOY)
    _do(planning, PLAN)
    using.commit("@true")
    _do(using, TEST)
    _do(deploying, DEPLOY)


def _night(runner: Runner) -> None:
    subnet = runner.network["Subnets"].partition(",")[0]
    for step in NIGHT:
        _do(runner, step, VPC=runner.network["VpcId"], SUBNET=subnet)


def _do(runner: Runner, step: tuple[str, str], **environment: str) -> None:
    done = runner.step(*step, **environment)
    assert done.returncode == 0, (step, done.stdout, done.stderr)
