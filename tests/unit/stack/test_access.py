"""The template of policies and roles, as it is written."""

import json
import re
from typing import Any

import pytest

from asgwarm.stack.template import template_text
from tests.unit.stack.cfn import read

MOST_CHARACTERS = 6_144  # of a managed policy, white space left out; IAM quotas
# What stands for itself in the longest policy there may be.
LONGEST = {
    "Pool": "p" * 31,
    "OsUser": "u" * 31,
    "Endpoint": "eice-" + "0" * 17,
    "ImageParameter": "/aws/service/*",
    "AWS::Partition": "aws-us-gov",
    "AWS::Region": "ap-southeast-1",
    "AWS::AccountId": "0" * 12,
}
TEMPLATE = read(template_text("access"))
POLICIES = {
    name: resource["Properties"]["PolicyDocument"]
    for name, resource in TEMPLATE["Resources"].items()
    if resource["Type"] == "AWS::IAM::ManagedPolicy"
}
ROLES = {
    name: resource
    for name, resource in TEMPLATE["Resources"].items()
    if resource["Type"] == "AWS::IAM::Role"
}


def _rendered(part: Any) -> Any:
    """A part of the template with the longest values there may be."""
    if isinstance(part, list):
        return [_rendered(each) for each in part]
    if not isinstance(part, dict):
        return part
    if set(part) == {"Ref"}:
        return LONGEST[part["Ref"]]
    if set(part) == {"Sub"}:
        return re.sub(r"\$\{([^}]+)\}", lambda name: LONGEST[name[1]], part["Sub"])
    if set(part) == {"Fn::If"}:
        return _rendered(part["Fn::If"][1])
    return {name: _rendered(each) for name, each in part.items()}


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_fits(name):
    """IAM takes no longer one."""
    text = json.dumps(_rendered(POLICIES[name]), separators=(",", ":"))

    assert len(re.sub(r"\s", "", text)) <= MOST_CHARACTERS


@pytest.mark.parametrize("name", POLICIES)
def test_every_action_is_named(name):
    """None by a pattern, and what is allowed on everything is said once for each."""
    for statement in _rendered(POLICIES[name])["Statement"]:
        actions = statement["Action"]
        named = actions if isinstance(actions, list) else [actions]
        assert [action for action in named if "*" in action] == []
        assert statement["Effect"] == "Allow"
        assert statement["Sid"]


def test_nobody_gets_a_role_who_was_not_named():
    """Without parameters there are policies only."""
    assert {role["Condition"] for role in ROLES.values()} == {
        "HasPeople",
        "CiDeploys",
        "CiUses",
    }
    for name in ("TrustedPrincipal", "OidcProvider", "DeploySubject", "UseSubject"):
        assert TEMPLATE["Parameters"][name]["Default"] == ""


@pytest.mark.parametrize("name", ["CiDeployRole", "CiUseRole"])
def test_a_job_is_told_by_audience_and_subject(name):
    """A token of another repository, or for another service, opens nothing."""
    (statement,) = ROLES[name]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    asked = {key for test in statement["Condition"].values() for key in test}

    assert statement["Principal"] == {"Federated": {"Ref": "OidcProvider"}}
    assert {key.rpartition(":")[2] for key in asked} == {"aud", "sub"}


@pytest.mark.parametrize(
    ("parameter", "subject", "fits"),
    [
        ("DeploySubject", "repo:o/r:ref:refs/heads/main", True),
        ("DeploySubject", "repo:o/r:environment:production", True),
        ("DeploySubject", "repo:o/r:*", False),
        ("DeploySubject", "repo:o/r:pull_request", False),
        ("DeploySubject", "repo:o/*:ref:refs/heads/main", False),
        ("UseSubject", "repo:o/r:*", True),
        ("UseSubject", "repo:o/r:pull_request", True),
        ("UseSubject", "repo:o/r:ref:refs/heads/*", True),
        ("UseSubject", "repo:o/*", False),
        ("UseSubject", "repo:*", False),
        ("UseSubject", "*", False),
    ],
)
def test_a_subject_names_one_repository(parameter, subject, fits):
    """Who deploys names a branch, a tag or an environment as well."""
    pattern = TEMPLATE["Parameters"][parameter]["AllowedPattern"]

    assert bool(re.fullmatch(pattern, subject)) is fits
