"""The policies as they are deployed: read back from IAM, each by a name.

Nothing here renders a template; CloudFormation does, and what it made of it counts.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from asgwarm.stack.template import template_text
from tests.prove.privileges.by_aws import Made
from tests.prove.workflows.roles import roles

ACCOUNT = "arn:aws:iam::000000000000"
PROVIDER = f"{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
ROLES = ("FunctionRole", "GuestRole")

Document = Mapping[str, Any]


def deploy_access(region: Any, pool: str, endpoint: str = "") -> None:
    """Make the stack of policies and roles for a pool, as `access-POOL`."""
    client, name = region.client("cloudformation"), f"access-{pool}"
    values = {
        "Pool": pool,
        "Endpoint": endpoint,
        "TrustedPrincipal": f"{ACCOUNT}:root",
        "OidcProvider": PROVIDER,
    } | {role.parameter: ",".join(role.subjects) for role in roles().values()}
    client.create_stack(
        StackName=name,
        TemplateBody=template_text("access"),
        Parameters=[
            {"ParameterKey": key, "ParameterValue": text}
            for key, text in values.items()
        ],
        Capabilities=["CAPABILITY_IAM"],
    )

    def is_made() -> bool:
        (stack,) = client.describe_stacks(StackName=name)["Stacks"]
        return bool(stack["StackStatus"] == "CREATE_COMPLETE")

    region.until(is_made)


def resources(region: Any, stack: str, pool: str) -> list[Made]:
    """What a stack is made of."""
    pages = region.client("cloudformation").get_paginator("list_stack_resources")
    return [
        Made(
            logical_id=each["LogicalResourceId"],
            type=each["ResourceType"],
            id=each["PhysicalResourceId"],
            pool=pool,
        )
        for page in pages.paginate(StackName=stack)
        for each in page["StackResourceSummaries"]
    ]


def of_access(region: Any, pool: str) -> Iterator[tuple[str, Document]]:
    """Yield the managed policies for a pool by "POOL/NAME"."""
    iam = region.client("iam")
    for one in resources(region, f"access-{pool}", pool):
        if one.type == "AWS::IAM::ManagedPolicy":
            found = iam.get_policy(PolicyArn=one.id)["Policy"]
            version = iam.get_policy_version(
                PolicyArn=one.id, VersionId=found["DefaultVersionId"]
            )
            document = version["PolicyVersion"]["Document"]
            yield f"{pool}/{one.logical_id}", _document(document)


def of_pool(region: Any, pool: str) -> Iterator[tuple[str, Document]]:
    """Yield the inline policies of a pool's own roles by "POOL/ROLE"."""
    iam = region.client("iam")
    for one in resources(region, f"asgwarm-{pool}", pool):
        if one.logical_id in ROLES:
            (name,) = iam.list_role_policies(RoleName=one.id)["PolicyNames"]
            found = iam.get_role_policy(RoleName=one.id, PolicyName=name)
            yield f"{pool}/{one.logical_id}", _document(found["PolicyDocument"])


def of_jobs(region: Any, pool: str) -> Iterator[tuple[str, Document]]:
    """Yield what GitHub's jobs may take of the roles for a pool, by "POOL/ROLE".

    Trust policies, written as if they were the jobs' own; the simulator does not know
    the condition keys of a provider in a trust policy.
    """
    iam = region.client("iam")
    for one in resources(region, f"access-{pool}", pool):
        if one.type == "AWS::IAM::Role" and one.logical_id.startswith("Ci"):
            found = iam.get_role(RoleName=one.id)["Role"]
            document = _document(found["AssumeRolePolicyDocument"])
            (statement,) = document["Statement"]
            assert statement["Principal"] == {"Federated": PROVIDER}
            others = {k: v for k, v in statement.items() if k != "Principal"}
            own = {**document, "Statement": [others | {"Resource": "*"}]}
            yield f"{pool}/{one.logical_id}", own


def held(region: Any, pool: str) -> dict[str, tuple[str, ...]]:
    """Names of the policies that each role of GitHub's jobs has, by its logical id."""
    made = resources(region, f"access-{pool}", pool)
    names = {one.id: f"{pool}/{one.logical_id}" for one in made}
    iam, found = region.client("iam"), {}
    for role in (one for one in made if one.logical_id.startswith("Ci")):
        answer = iam.list_attached_role_policies(RoleName=role.id)
        attached = (one["PolicyArn"] for one in answer["AttachedPolicies"])
        found[role.logical_id] = tuple(names[each] for each in attached)
    return found


def _document(found: Any) -> Document:
    return dict(json.loads(found) if isinstance(found, str) else found)


def grants(documents: Mapping[str, Document]) -> Iterator[tuple[str, str, str, str]]:
    """Yield each policy's statements as (policy, statement, action, resource)."""
    for name, document in documents.items():
        for number, statement in enumerate(document["Statement"], start=1):
            for action in _listed(statement["Action"]):
                for resource in _listed(statement["Resource"]):
                    yield name, statement.get("Sid", str(number)), action, resource


def _listed(one_or_more: Any) -> list[str]:
    return one_or_more if isinstance(one_or_more, list) else [one_or_more]
