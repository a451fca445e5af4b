"""The template of policies and roles, deployed to the emulated region."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from asgwarm.stack.template import template_text

ACCOUNT = "arn:aws:iam::000000000000"
JOBS = {
    "TrustedPrincipal": f"{ACCOUNT}:root",
    "OidcProvider": f"{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com",
    "PlanSubject": "repo:owner/name:pull_request",
    "DeploySubject": "repo:owner/name:environment:asgwarm",
    "UseSubject": "repo:owner/name:pull_request,repo:owner/name:ref:refs/heads/main",
    "NightlySubject": "repo:owner/name:environment:asgwarm-nightly",
}


@pytest.fixture
def deploy(region: Any) -> Iterator[Callable[..., dict[str, str]]]:
    """Make a stack of it with parameters; its outputs. It is gone after the test."""
    client = region.client("cloudformation")

    def status() -> str:
        found = client.describe_stacks()["Stacks"]
        mine = [one for one in found if one["StackName"] == "access"]
        return str(mine[0]["StackStatus"]) if mine else "DELETE_COMPLETE"

    def make(**parameters: str) -> dict[str, str]:
        client.create_stack(
            StackName="access",
            TemplateBody=template_text("access"),
            Parameters=[
                {"ParameterKey": key, "ParameterValue": text}
                for key, text in parameters.items()
            ],
            Capabilities=["CAPABILITY_IAM"],
        )
        region.until(lambda: "IN_PROGRESS" not in status())
        assert status() == "CREATE_COMPLETE"
        (stack,) = client.describe_stacks(StackName="access")["Stacks"]
        return {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]}

    yield make
    client.delete_stack(StackName="access")
    region.until(lambda: status() == "DELETE_COMPLETE")


def test_without_parameters_there_are_policies_and_no_roles(deploy):
    """Whoever has roles of their own attaches them."""
    outputs = deploy(Pool="theirs")

    assert set(outputs) == {
        "UserPolicy",
        "OperatorPolicy",
        "AuditorPolicy",
        "PlannerPolicy",
        "DeployerPolicies",
    }


def test_roles_carry_the_policies_of_their_kind(deploy, region):
    """An operator is a user, too; who deploys has both halves, who plans neither."""
    outputs = deploy(Pool="theirs", **JOBS)
    iam = region.client("iam")

    def attached(role: str) -> set[str]:
        name = outputs[role].rpartition("/")[2]
        found = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        return {one["PolicyArn"] for one in found}

    user, operator = outputs["UserPolicy"], outputs["OperatorPolicy"]
    assert attached("UserRole") == attached("CiUseRole") == {user}
    assert attached("OperatorRole") == {user, operator}
    assert attached("AuditorRole") == {outputs["AuditorPolicy"]}
    deployer = set(outputs["DeployerPolicies"].split())
    assert attached("CiPlanRole") == {outputs["PlannerPolicy"]}
    assert attached("CiDeployRole") == deployer
    assert attached("CiNightlyRole") == {user, *deployer}


def test_a_role_trusts_each_of_several_subjects(deploy, region):
    """Jobs of pull requests and of merges use one pool."""
    name = deploy(Pool="theirs", **JOBS)["CiUseRole"].rpartition("/")[2]

    found = region.client("iam").get_role(RoleName=name)["Role"]
    (statement,) = found["AssumeRolePolicyDocument"]["Statement"]

    said = statement["Condition"]["StringLike"]
    assert list(said.values()) == [JOBS["UseSubject"].split(",")]
