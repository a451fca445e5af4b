"""Who may do what to what: each line is a request, and what IAM is to say.

Rule: what is refused stands beside what is granted, so that a policy that refuses
everything passes as little as one that grants everything. All is about pool `dev`,
its guests and its function; `other` is a second pool of the same account.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.prove.privileges.recorded import ANY_ID, EVERYTHING, arn, group_arn
from tests.prove.privileges.simulator import Question
from tests.prove.privileges.tokens import tokens
from tests.prove.privileges.who import (
    AUDITOR,
    DEPLOYER,
    FUNCTION,
    GUEST,
    HAS,
    OPERATOR,
    PLANNER,
    USER,
)

POOL, OTHER = "dev", "other"
MINE = arn("ec2", "instance/i-00000000000000001")
THEIRS = arn("ec2", "instance/i-00000000000000002")
ABROAD = arn("ec2", "instance/i-00000000000000001", account="999999999999")
IN_DEV = {"aws:ResourceTag/asgwarm:pool": POOL}
IN_OTHER = {"aws:ResourceTag/asgwarm:pool": OTHER}
OUR_USER = {"ec2:osuser": "ec2-user"}
_OWN = {**HAS, FUNCTION: ("FunctionRole",), GUEST: ("GuestRole",)}
GITHUB = "token.actions.githubusercontent.com"
REPORT = ["at", "boot_id", "host_key", "phase", "pk", "port", "setup", "sk", "target"]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One request of somebody's, or of a job's for the role that is its `who`."""

    why: str
    who: str
    is_allowed: bool
    action: str
    resource: str
    context: Mapping[str, Any]


def table(pool: str = POOL) -> str:
    """The ARN of a pool's table."""
    return arn("dynamodb", f"table/asgwarm-{pool}")


def _row(pk: str, **keys: Any) -> dict[str, Any]:
    return {"dynamodb:LeadingKeys": [pk]} | keys


def cases(stack_id: str, endpoint_id: str) -> list[Case]:
    """All of them, for the pool of that stack, behind that endpoint."""
    people = [*_rows(), *_ways_in(endpoint_id), *_deployers(), *_planners()]
    lines = [*people, *_guests(), *_function(stack_id)]
    return [
        Case(
            why=why,
            who=who,
            is_allowed=is_allowed,
            action=action,
            resource=resource,
            context=context,
        )
        for why, who, is_allowed, action, resource, context in lines
    ] + list(_jobs())


def question(case: Case) -> Question:
    """What the simulator is asked for a case."""
    return Question(
        documents=tuple(f"{POOL}/{name}" for name in _OWN.get(case.who) or (case.who,)),
        action=case.action,
        resource=case.resource,
        context=case.context,
    )


Line = tuple[str, str, bool, str, str, Mapping[str, Any]]
YES, NO = True, False
GET, PUT = "dynamodb:GetItem", "dynamodb:PutItem"
QUERY, UPDATE = "dynamodb:Query", "dynamodb:UpdateItem"
DELETE = "dynamodb:DeleteItem"


def _rows() -> Iterator[Line]:
    meta, row, sole, wait = "POOL#dev", "POOL#dev#0", "SOLE#dev", "WAIT#dev"
    guest = _row(MINE)
    yield "a claim, a renewal, a release", USER, YES, UPDATE, table(), _row(row)
    yield "the last shard of a pool", USER, YES, UPDATE, table(), _row("POOL#dev#63")
    yield "the row of a token", USER, YES, UPDATE, table(), _row(sole)
    yield "what is ready", USER, YES, QUERY, table() + "/index/ready", _row(row)
    yield "to be counted", USER, YES, PUT, table(), _row(wait)
    yield "to be counted no more", USER, YES, DELETE, table(), _row(wait)
    yield "an instance out of nothing", USER, NO, PUT, table(), _row(row)
    yield "what somebody holds, away", USER, NO, DELETE, table(), _row(row)
    yield "sizes and mode of the pool", USER, NO, UPDATE, table(), _row(meta)
    yield "a false host key of a guest", USER, NO, UPDATE, table(), guest
    yield "a guest's row by another call", USER, NO, PUT, table(), guest
    yield "what a guest said", USER, NO, GET, table(), guest
    yield "waiters that are none", USER, NO, UPDATE, table(), _row(wait)
    yield "a request without a key", USER, NO, UPDATE, table(), {}
    two = {"dynamodb:LeadingKeys": [row, MINE]}
    yield "a guest's row beside one's own", USER, NO, UPDATE, table(), two
    yield "the whole table", USER, NO, "dynamodb:Scan", table(), {}
    yield "another pool's claim", USER, NO, UPDATE, table(OTHER), _row("POOL#other#0")
    yield "another pool's table", USER, NO, QUERY, table(OTHER), _row(row)
    longer = "POOL#dev2#0"
    yield "a pool of a longer name", USER, NO, UPDATE, table("dev2"), _row(longer)
    yield "its rows in our table", USER, NO, UPDATE, table(), _row(longer)
    yield "another index", USER, NO, QUERY, table() + "/index/other", _row(row)
    yield "a refresh", OPERATOR, YES, UPDATE, table(), _row(meta)
    yield "an operator's own lease", OPERATOR, YES, UPDATE, table(), _row(row)
    yield "an operator's false guest", OPERATOR, NO, UPDATE, table(), guest
    yield "an auditor reads", AUDITOR, YES, QUERY, table(), _row(row)
    yield "an auditor claims", AUDITOR, NO, UPDATE, table(), _row(row)
    yield "the end of a pool", DEPLOYER, YES, UPDATE, table(), _row(meta)
    yield "a deployer's false guest", DEPLOYER, NO, UPDATE, table(), guest


def _ways_in(endpoint_id: str) -> Iterator[Line]:
    push = "ec2-instance-connect:SendSSHPublicKey"
    tunnel = "ec2-instance-connect:OpenTunnel"
    yield "into an instance of the pool", USER, YES, push, MINE, IN_DEV | OUR_USER
    # Users of one pool trust each other; who holds what, IAM cannot know.
    yield "into a co-tenant's", USER, YES, push, THEIRS, IN_DEV | OUR_USER
    root = IN_DEV | {"ec2:osuser": "root"}
    yield "as root", USER, NO, push, MINE, root
    yield "into another pool's", USER, NO, push, MINE, IN_OTHER | OUR_USER
    yield "into what has no tag", USER, NO, push, MINE, OUR_USER
    yield "without a user", USER, NO, push, MINE, IN_DEV
    yield "into another account's", USER, NO, push, ABROAD, IN_DEV | OUR_USER
    yield "an auditor logs in", AUDITOR, NO, push, MINE, IN_DEV | OUR_USER
    yield "a deployer logs in", DEPLOYER, NO, push, MINE, IN_DEV | OUR_USER
    yield "an operator logs in", OPERATOR, YES, push, MINE, IN_DEV | OUR_USER
    to = "ec2-instance-connect:remotePort"
    ours = arn("ec2", f"instance-connect-endpoint/{endpoint_id}")
    other = arn("ec2", "instance-connect-endpoint/eice-0fedcba9876543210")
    yield "by the endpoint", USER, YES, tunnel, ours, {to: "22"}
    yield "to another port", USER, NO, tunnel, ours, {to: "3389"}
    yield "by another endpoint", USER, NO, tunnel, other, {to: "22"}
    stop = "ec2:TerminateInstances"
    yield "a user ends an instance", USER, NO, stop, MINE, IN_DEV
    yield "an operator ends one", OPERATOR, NO, stop, MINE, IN_DEV
    yield "tags that let one in", USER, NO, "ec2:CreateTags", MINE, IN_DEV
    yield "a machine of one's own", OPERATOR, NO, "ec2:RunInstances", MINE, {}


def _guests() -> Iterator[Line]:
    source = {"ec2:SourceInstanceARN": MINE}
    said = _row(
        MINE, **{"dynamodb:Attributes": REPORT, "dynamodb:ReturnValues": "NONE"}
    )
    told = said | source
    yield "a guest reports", GUEST, YES, UPDATE, table(), told
    theirs = told | {"dynamodb:LeadingKeys": [THEIRS]}
    yield "another instance's row", GUEST, NO, UPDATE, table(), theirs
    row = told | {"dynamodb:LeadingKeys": ["POOL#dev#0"]}
    yield "its own row in the registry", GUEST, NO, UPDATE, table(), row
    yield "from another place", GUEST, NO, UPDATE, table(), said
    literal = _row("${ec2:SourceInstanceARN}") | {"dynamodb:Attributes": REPORT}
    yield "the variable's own name", GUEST, NO, UPDATE, table(), literal
    more = told | {"dynamodb:Attributes": [*REPORT, "lease_id"]}
    yield "a lease among the report", GUEST, NO, UPDATE, table(), more
    back = told | {"dynamodb:ReturnValues": "ALL_OLD"}
    yield "to read by writing", GUEST, NO, UPDATE, table(), back
    bare = {k: v for k, v in told.items() if k != "dynamodb:Attributes"}
    yield "without a named attribute", GUEST, NO, UPDATE, table(), bare
    yield "to read the registry", GUEST, NO, QUERY, table(), _row("POOL#dev#0") | source
    yield "its own row, deleted", GUEST, NO, DELETE, table(), told
    complete = "autoscaling:CompleteLifecycleAction"
    yield "its own hook", GUEST, NO, complete, group_arn("asgwarm-dev-pool"), source
    push = "ec2-instance-connect:SendSSHPublicKey"
    # Whoever held an instance was root on it; what they took along opens nothing.
    keys = IN_DEV | OUR_USER | source
    yield "a former holder, elsewhere", GUEST, NO, push, THEIRS, keys


def _function(stack_id: str) -> Iterator[Line]:
    stop = "ec2:TerminateInstances"
    ours = {"aws:ResourceTag/asgwarm:stack": stack_id}
    theirs = {"aws:ResourceTag/asgwarm:stack": f"{stack_id}0"}
    detach = "autoscaling:DetachInstances"
    yield "ends what is the stack's", FUNCTION, YES, stop, MINE, ours
    yield "ends another stack's", FUNCTION, NO, stop, MINE, theirs
    yield "ends what has no tag", FUNCTION, NO, stop, MINE, {}
    group = group_arn("asgwarm-dev-pool")
    yield "detaches from its group", FUNCTION, YES, detach, group, {}
    other = group_arn("asgwarm-other-pool")
    yield "detaches from another", FUNCTION, NO, detach, other, {}
    yield "writes another table", FUNCTION, NO, UPDATE, table(OTHER), {}
    yield "launches", FUNCTION, NO, "ec2:RunInstances", MINE, {}
    push = "ec2-instance-connect:SendSSHPublicKey"
    yield "logs in", FUNCTION, NO, push, MINE, IN_DEV | OUR_USER
    yield "deletes a row", FUNCTION, NO, DELETE, table(), _row("POOL#dev#0")


def _deployers() -> Iterator[Line]:
    for role, service, may in (
        ("asgwarm-dev-FunctionRole-1", "lambda", YES),
        ("asgwarm-dev-GuestRole-1", "ec2", YES),
        ("asgwarm-dev-FunctionRole-1", "ec2", NO),
        ("asgwarm-dev-GuestRole-1", "lambda", NO),
        ("asgwarm-other-FunctionRole-1", "lambda", NO),
        ("asgwarm-dev-two-FunctionRole-1", "lambda", NO),
        ("Administrator", "lambda", NO),
    ):
        to = {"iam:PassedToService": f"{service}.amazonaws.com"}
        on = arn("iam", f"role/{role}", region="")
        yield f"passes {role} to {service}", DEPLOYER, may, "iam:PassRole", on, to
    on = arn("iam", "role/Administrator", region="")
    yield "a policy of others", DEPLOYER, NO, "iam:PutRolePolicy", on, {}
    attach, own = "iam:AttachRolePolicy", "role/asgwarm-dev-FunctionRole-1"
    ours = arn("iam", own, region="")
    yield "a managed policy", DEPLOYER, NO, attach, ours, {}
    for stack, may in (("dev", YES), ("other", NO), ("dev-two", NO)):
        on = arn("cloudformation", f"stack/asgwarm-{stack}/{ANY_ID}")
        end = "cloudformation:DeleteStack"
        yield f"deletes stack {stack}", DEPLOYER, may, end, on, {}
    on = arn("cloudformation", f"stack/asgwarm-dev/{ANY_ID}")
    yield "a user's deploy", USER, NO, "cloudformation:UpdateStack", on, {}
    yield "an auditor's deploy", AUDITOR, NO, "cloudformation:UpdateStack", on, {}
    yield "the signed template", AUDITOR, YES, "cloudformation:GetTemplate", on, {}
    group = arn("ec2", "security-group/sg-12345678")
    opens = "ec2:AuthorizeSecurityGroupIngress"
    yield "opens the pool's group", DEPLOYER, YES, opens, group, IN_DEV
    yield "opens another group", DEPLOYER, NO, opens, group, IN_OTHER
    template = arn("ec2", "launch-template/lt-12345678")
    deletes = "ec2:DeleteLaunchTemplate"
    yield "deletes others' template", DEPLOYER, NO, deletes, template, IN_OTHER
    launched = {"ec2:LaunchTemplate": template}
    run = "ec2:RunInstances"
    yield "launches by a template", DEPLOYER, YES, run, MINE, launched
    yield "launches without one", DEPLOYER, NO, run, MINE, {}
    on = arn("lambda", "function:asgwarm-other-Function-1")
    yield "others' function", DEPLOYER, NO, "lambda:UpdateFunctionCode", on, {}
    maps, told = "lambda:CreateEventSourceMapping", "lambda:FunctionArn"
    yield "others' stream", DEPLOYER, NO, maps, EVERYTHING, {told: on}


def _planners() -> Iterator[Line]:
    """Who runs a pull request's template may say what it would do, and no more."""
    on = arn("cloudformation", f"stack/asgwarm-dev/{ANY_ID}")
    other = arn("cloudformation", f"stack/asgwarm-other/{ANY_ID}")
    plan = "cloudformation:CreateChangeSet"
    yield "plans a change", PLANNER, YES, plan, on, {}
    yield "plans another pool's", PLANNER, NO, plan, other, {}
    for action in ("ExecuteChangeSet", "CreateStack", "UpdateStack", "DeleteStack"):
        yield f"{action} of a planner", PLANNER, NO, f"cloudformation:{action}", on, {}
    policy = "cloudformation:SetStackPolicy"
    yield "a planner unlocks the table", PLANNER, NO, policy, on, {}
    role = arn("iam", "role/asgwarm-dev-FunctionRole-1", region="")
    to = {"iam:PassedToService": "cloudformation.amazonaws.com"}
    yield "a role to act for a planner", PLANNER, NO, "iam:PassRole", role, to
    yield "a planner's look at rows", PLANNER, NO, GET, table(), _row("POOL#dev")
    push = "ec2-instance-connect:SendSSHPublicKey"
    yield "a planner logs in", PLANNER, NO, push, MINE, IN_DEV | OUR_USER
    image = arn("ssm", "parameter/aws/service/ami-amazon-linux-latest/x", account="")
    secret = arn("ssm", "parameter/prod/password")
    yield "which image it is", PLANNER, YES, "ssm:GetParameters", image, {}
    yield "a parameter of others", PLANNER, NO, "ssm:GetParameters", secret, {}


def _jobs() -> Iterator[Case]:
    for token in tokens():
        yield Case(
            why=token.why,
            who=token.role,
            is_allowed=token.opens,
            action="sts:AssumeRoleWithWebIdentity",
            resource=arn("iam", f"role/access-dev-{token.role}-1", region=""),
            context={f"{GITHUB}:aud": token.audience, f"{GITHUB}:sub": token.subject},
        )
