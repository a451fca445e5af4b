"""What is wrong with what was looked at, where no region can be broken so."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from asgwarm.cli.views import doctor as view
from asgwarm.doctor import function, network, quota, template, way_in
from asgwarm.doctor.checkup import examine
from asgwarm.doctor.finding import Check, named, not_made
from asgwarm.domain.meta import Meta
from asgwarm.errors import AccessDenied, CredentialsMissing
from asgwarm.stack.stacks import StackView
from asgwarm.stack.status import THEN, Then

META = Meta(
    epoch="arn",
    pool_mode="ACTIVE",
    hot=1,
    warm=2,
    cap=10,
    max_lease_s=60,
    trouble="",
)
STACK = StackView(
    name="asgwarm-dev",
    stack_id="arn",
    status="CREATE_COMPLETE",
    description="asgwarm 0.1.0",
    parameters={"Cap": "10"},
    outputs={"Version": "0.0.9"},
)
FUNCTION = function.Seen(
    pool="dev",
    name="f",
    state="Active",
    reason="",
    schedule="rule",
    schedule_state="ENABLED",
    stream="id",
    stream_state="Enabled",
    since_pass_s=30,
)
WAY = way_in.Seen(
    pool="dev",
    target=None,
    admitted=way_in.Admitted(group_id="sg-1", networks=["10.0.0.0/8"], groups=[]),
    unreached="",
    unreached_next="",
    refused=None,
    own="",
    endpoint="",
)


def _ids(judged: Any) -> list[str]:
    return [finding.id for finding in judged]


def _stack(status: str, **changes: Any) -> template.Seen:
    stack = replace(STACK, status=status)
    usual: dict[str, Any] = {"is_same": True, "drifted": None, "meta": META}
    return template.Seen(pool="dev", stack=stack, **(usual | changes))


@pytest.mark.parametrize("status", THEN)
def test_a_stack_that_is_not_at_rest_is_broken_or_busy(status):
    """In every status that CloudFormation has; and nothing else is said of it then."""
    expected = {Then.STOP: ["stack-broken"], Then.WAIT: ["stack-busy"]}

    found = _ids(template.judge(_stack(status)))

    assert found == expected.get(THEN[status], [])


def test_a_template_of_another_version_names_both():
    """So that one knows which of the two is old."""
    (found,) = template.judge(_stack("CREATE_COMPLETE", is_same=False))

    assert found.id == "template-differs"
    assert "version 0.0.9's" in found.cause


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"state": "Pending"}, []),  # while it is updated
        ({"state": "Failed"}, ["function-inactive"]),
        ({"since_pass_s": None}, ["pass-late"]),
        ({"since_pass_s": function.LATE_S}, []),
        ({"since_pass_s": function.LATE_S + 1}, ["pass-late"]),
        ({"stream_state": "Disabling"}, ["stream-disabled"]),
    ],
)
def test_a_function_that_cannot_run_or_has_not_is_found(changes, expected):
    """Lambda gives up one that nobody called for weeks."""
    assert _ids(function.judge(replace(FUNCTION, **changes))) == expected


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("m7i.large", quota.STANDARD),
        ("t3.micro", quota.STANDARD),
        ("inf2.xlarge", "L-1945791B"),
        ("g5.xlarge", "L-DB2E81BA"),
        ("x2idn.16xlarge", "L-7295265B"),
    ],
)
def test_each_family_has_a_quota_of_its_own(kind, code):
    """The letters before the generation say which."""
    assert quota.code_of(kind) == code


@pytest.mark.parametrize(
    ("own", "expected"), [("10.1.2.3/32", True), ("192.0.2.1/32", False)]
)
def test_an_address_is_admitted_by_the_network_that_it_is_in(own, expected):
    """Whichever of several."""
    assert way_in.is_admitted(own, ["203.0.113.0/24", "10.0.0.0/8"]) is expected


def test_an_endpoint_that_is_let_in_needs_no_network():
    """And one that is not, is the closed port."""
    endpoint = replace(WAY, endpoint="eice-1 host sg-9")
    let_in = way_in.Admitted(group_id="sg-1", networks=[], groups=["sg-9"])

    closed = replace(endpoint, admitted=replace(let_in, groups=["sg-2"]))

    assert _ids(way_in.judge(replace(endpoint, admitted=let_in))) == []
    assert _ids(way_in.judge(closed)) == ["port-closed"]


ROUTES: list[dict[str, Any]] = [
    {"RouteTableId": "rtb-1", "Associations": [{"Main": True}], "Routes": []},
    {
        "RouteTableId": "rtb-2",
        "Associations": [{"SubnetId": "subnet-2"}],
        "Routes": [{"DestinationCidrBlock": "0.0.0.0/0", "State": "active"}],
    },
    {
        "RouteTableId": "rtb-3",
        "Associations": [{"SubnetId": "subnet-3"}],
        "Routes": [{"DestinationCidrBlock": "0.0.0.0/0", "State": "blackhole"}],
    },
]
SUBNETS = ["subnet-1", "subnet-2", "subnet-3"]


@pytest.mark.parametrize(
    ("endpoints", "shut"),
    [
        ([], ["subnet-1", "subnet-3"]),
        ([{"RouteTableIds": ["rtb-3"]}], ["subnet-1"]),
        ([{"VpcEndpointType": "Interface"}], []),
    ],
)
def test_a_subnet_leads_to_dynamodb_by_its_own_table_or_the_main_one(endpoints, shut):
    """A route whose gateway is gone leads nowhere."""
    assert network.shut_of(SUBNETS, ROUTES, endpoints) == shut


def test_checks_that_fail_for_one_reason_are_one_finding():
    """Each service has its own words for wrong credentials."""
    denied = AccessDenied("s3:Get on x is denied", hint="aws")
    failed = [
        ("one", CredentialsMissing("bad token", hint="aws sso login")),
        ("two", CredentialsMissing("invalid signature")),
        ("three", denied),
        ("four", AccessDenied("s3:Put on x is denied", hint="aws")),
        ("five", denied),
    ]

    found = [(one.id, one.check, one.severity.value) for one in not_made(failed)]

    assert found == [
        ("credentials", "one, two", "error"),
        ("denied", "three, five", "unknown"),
        ("denied", "four", "unknown"),
    ]


def test_a_check_that_breaks_is_a_finding_and_ends_no_other():
    """Whatever a mistake of ours it is."""

    def check(name: str, look: Any) -> Check:
        return Check(name=name, look=look, judge=lambda seen: (), said=str)

    checks = (check("bad", lambda facts: 1 // 0), check("good", lambda facts: "well"))
    facts: Any = SimpleNamespace(pool="dev", region="us-east-1")

    checkup = examine(facts, checks=checks)

    assert [one.said for one in checkup.outcomes] == ["", "well"]
    (found,) = checkup.findings
    assert (found.id, found.check) == ("not-checked", "bad")
    assert "ZeroDivisionError" in found.cause
    (mistake,) = checkup.mistakes()
    assert "1 // 0" in view.traceback_of(mistake)


def test_many_things_are_counted_and_not_all_named():
    """Five names are enough to look at."""
    assert named(f"i-{n}" for n in range(7)) == "i-0, i-1, i-2, i-3, i-4 and 2 more"
