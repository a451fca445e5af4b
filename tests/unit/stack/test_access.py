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

SUBJECTS = [name for name in TEMPLATE["Parameters"] if name.endswith("Subject")]


def takes(parameter: str, text: str) -> bool:
    """Whether the template takes a text for a parameter."""
    pattern = TEMPLATE["Parameters"][parameter]["AllowedPattern"]
    return bool(re.fullmatch(pattern, text))


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
        "CiPlans",
        "CiDeploys",
        "CiUses",
        "CiNightly",
    }
    asking = ("TrustedPrincipal", "OidcProvider", *SUBJECTS)
    for name in asking:
        assert TEMPLATE["Parameters"][name]["Default"] == ""


@pytest.mark.parametrize("name", [name for name in ROLES if name.startswith("Ci")])
def test_a_job_is_told_by_audience_and_subject(name):
    """A token of another repository, or for another service, opens nothing."""
    (statement,) = ROLES[name]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    asked = {key for test in statement["Condition"].values() for key in test}

    assert statement["Principal"] == {"Federated": {"Ref": "OidcProvider"}}
    assert {key.rpartition(":")[2] for key in asked} == {"aud", "sub"}


@pytest.mark.parametrize(
    ("parameter", "subject", "fits"),
    [
        ("PlanSubject", "pull_request", True),
        ("PlanSubject", "environment:plans", True),
        ("PlanSubject", "ref:refs/heads/main", False),
        ("PlanSubject", "*", False),
        ("DeploySubject", "ref:refs/heads/main", True),
        ("DeploySubject", "environment:production", True),
        ("DeploySubject", "*", False),
        ("DeploySubject", "pull_request", False),
        ("UseSubject", "*", True),
        ("UseSubject", "pull_request", True),
        ("UseSubject", "ref:refs/heads/*", True),
        ("NightlySubject", "environment:nights", True),
        ("NightlySubject", "pull_request", False),
        ("NightlySubject", "*", False),
    ],
)
def test_a_subject_says_what_a_job_is(parameter, subject, fits):
    """Who deploys is told by a branch, a tag or an environment; who plans is not."""
    for repository in ("repo:o/r", "repo:o@123/r@456"):  # the latter since July 2026
        assert takes(parameter, f"{repository}:{subject}") is fits


@pytest.mark.parametrize("parameter", SUBJECTS)
@pytest.mark.parametrize("repository", ["repo:o/*", "repo:*", "repo:o", "o/r", "*"])
def test_a_subject_names_one_repository(parameter, repository):
    """Nobody trusts all that somebody owns, or might own one day."""
    for rest in ("", ":environment:production", ":pull_request", ":*"):
        assert not takes(parameter, f"{repository}{rest}")


def test_users_are_several_subjects_each_of_one_repository():
    """A pull request and a merge, whose tokens have nothing in common but the name."""
    assert takes("UseSubject", "repo:o/r:pull_request,repo:o/r:ref:refs/heads/main")
    assert not takes("UseSubject", "repo:o/r:pull_request,*")
    assert not takes("UseSubject", "repo:o/r:pull_request,")
    assert not takes("DeploySubject", "repo:o/r:environment:a,repo:o/r:environment:b")
