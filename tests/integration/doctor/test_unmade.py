"""What cannot be looked at, and what the caller may not do.

Rule: it is a finding that says what to do about it, and the other checks are made.
"""

import json
import signal
from collections.abc import Mapping
from dataclasses import replace

import pytest

from asgwarm.clients import Clients
from tests.integration.cli.conftest import home_in
from tests.integration.pools import settings_of

ENDS_S = 8  # sooner than an answer is given up, also on a computer with much to do
# What a `get` does, refused in words of its own.
PUSH = ("ec2-instance-connect", "SendSSHPublicKey")


def _calls(patient) -> list[tuple[str, str]]:
    """Every call that a doctor makes, once."""
    control = patient.pool.region.control
    last = control.status()["calls"]
    patient.examined(drift=True)
    made = {
        (call["service"], call["action"])
        for call in control.requests(last)
        if call["owner"] == "user"
    }
    return sorted(made - {PUSH})


@pytest.mark.long
def test_each_call_that_is_denied_is_a_finding_and_the_other_checks_are_made(
    patient, undo
):
    """The finding names action and check; a check that needs nothing of it is made."""
    undo.callback(patient.pool.region.control.set_faults)
    calls = _calls(patient)

    assert len(calls) > 20
    for service, action in calls:
        patient.strike(undo, service=service, action=action, owner="user")
        checkup = patient.examined(drift=True)
        found = {finding.id for finding in checkup.findings}
        causes = " ".join(finding.cause for finding in checkup.findings)
        assert found == {"denied"}, (service, action, checkup.findings)
        assert f"{service}:{action}" in causes
        assert any(one.failure is None for one in checkup.outcomes)


def _user(patient, undo, *statements: Mapping[str, str]) -> Clients:
    """Clients of a user of the account's who may do this."""
    iam = patient.aws("iam")
    iam.create_user(UserName="ann")
    undo.callback(iam.delete_user, UserName="ann")
    policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=policy)
    undo.callback(iam.delete_user_policy, UserName="ann", PolicyName="own")
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    undo.callback(iam.delete_access_key, UserName="ann", AccessKeyId=key["AccessKeyId"])
    usual = settings_of(patient.pool.region)
    own = replace(usual, access_key_id=key["AccessKeyId"])
    return Clients(replace(own, secret_access_key=key["SecretAccessKey"]))


ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
NO_CLAIM = {"Effect": "Deny", "Action": "dynamodb:UpdateItem", "Resource": "*"}


def test_a_permission_that_a_get_needs_is_missed_by_simulation(patient, undo):
    """IAM says so; nothing is tried."""
    (found,) = patient.examined(clients=_user(patient, undo, ALL, NO_CLAIM)).findings

    assert found.id == "permission-missing"
    assert "dynamodb:UpdateItem on arn:aws:dynamodb:" in found.what
    assert "user/ann" in found.cause


def test_whoever_may_do_everything_misses_nothing(patient, undo):
    """A user is simulated, and found to be well."""
    assert patient.ids(clients=_user(patient, undo, ALL)) == []


def test_a_permission_is_missed_by_trying_where_nobody_may_simulate(patient, undo):
    """A write whose condition never holds is refused for want of the permission."""
    clients = _user(patient, undo, ALL)
    rows = patient.pool.rows()
    control = patient.pool.region.control
    undo.callback(control.set_faults)
    ann = {"kind": "denied", "owner": "*ann"}
    simulation = {**ann, "service": "iam"}
    control.set_faults(http=[simulation])
    well = patient.ids(clients=clients)
    control.set_faults(http=[simulation, {**ann, "action": "UpdateItem"}])

    (found,) = patient.examined(clients=clients).findings

    assert well == []
    assert found.id == "permission-missing"
    assert found.what.endswith("dynamodb:UpdateItem on asgwarm-dev")
    assert patient.pool.rows() == rows
    assert patient.pool.waiters() == {}


@pytest.mark.parametrize("service", ["sts", "dynamodb"])
def test_a_broken_connection_is_a_finding(patient, undo, service):
    """However often it is tried again."""
    once = replace(settings_of(patient.pool.region), attempts=1)
    patient.strike(undo, kind="reset_before", service=service, owner="user")

    checkup = patient.examined(clients=Clients(once))

    assert {finding.id for finding in checkup.findings} == {"no-answer"}
    assert any(one.failure is None for one in checkup.outcomes)


def test_ctrl_c_ends_it_at_once(patient, undo, tmp_path):
    """Whatever a check still waits for."""
    control = patient.pool.region.control
    patient.strike(undo, kind="hold_before", service="sqs", owner="user")
    with home_in(tmp_path, **patient.pool.region.environment()) as home:
        running = home.start("doctor", "dev")
        patient.pool.region.until(lambda: control.status()["held"])
        running.send_signal(signal.SIGINT)

        assert running.wait(timeout=ENDS_S) == 130
