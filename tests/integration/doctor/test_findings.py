"""Each finding, by what breaks exactly that.

Every test says which one thing is found; so each shows as well that what the others
broke was put right, and that nothing is found where nothing is wrong.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from asgwarm.clients import Clients
from asgwarm.clock import now_s
from asgwarm.doctor.function import LATE_S
from asgwarm.domain.record import shard_of
from tests.integration.pools import settings_of

UNKNOWN = "i-0feedfeedfeedfeed"
CLOSED_PORT = 9  # discard; nothing of ours listens below 1024


def test_a_healthy_pool_has_no_finding(patient):
    """Every check is made, and says what it saw."""
    checkup = patient.examined(drift=True)

    assert checkup.findings == []
    assert [one.failure for one in checkup.outcomes] == [None] * len(checkup.outcomes)
    assert all(one.said for one in checkup.outcomes)


@pytest.mark.parametrize(("ahead_s", "severity"), [(-600, "error"), (90, "warning")])
def test_a_clock_that_is_off_is_found(patient, undo, ahead_s, severity):
    """By AWS's own, and nothing else is told by it."""
    clients = patient.through(undo, ahead_s=ahead_s)

    (found,) = patient.examined(clients=clients).findings

    assert found.id == "clock-skew"
    assert ("ahead of" if ahead_s < 0 else "behind") in found.what
    assert found.severity == severity


def test_a_clock_that_aws_refuses_is_found(patient, undo):
    """It says that signatures are wrong; its Date says why."""
    hour = patient.through(undo, ahead_s=3600)

    checkup = patient.examined(clients=hour)

    assert {one.id for one in checkup.findings} == {"clock-skew", "credentials"}
    (clock,) = [one for one in checkup.findings if one.id == "clock-skew"]
    assert "behind AWS's" in clock.what


@pytest.mark.parametrize("off_s", [600, -90])
def test_ages_are_those_of_awss_clock(patient, off_s):
    """Of a computer whose clock is off nothing but that is found."""
    assert patient.ids(clock=lambda: now_s() + off_s) == ["clock-skew"]


def test_credentials_that_end_soon_are_found(patient):
    """The environment says when."""
    soon = datetime.now(tz=UTC) + timedelta(minutes=10)  # noqa: TID251  # no product

    assert patient.ids(env={"AWS_CREDENTIAL_EXPIRATION": soon.isoformat()}) == [
        "credentials-expire"
    ]


def test_wrong_credentials_are_one_finding(patient):
    """Whatever each service calls it."""
    other = "x" * 40
    wrong = replace(settings_of(patient.pool.region), secret_access_key=other)

    (found,) = patient.examined(clients=Clients(wrong)).findings

    assert found.id == "credentials"
    assert "way in" in found.what


def test_a_region_that_does_not_answer_is_one_finding(patient):
    """Nobody has to read it for each check."""
    nowhere = f"http://127.0.0.1:{CLOSED_PORT}"
    there = replace(settings_of(patient.pool.region), endpoint_url=nowhere, attempts=1)

    (found,) = patient.examined(clients=Clients(there)).findings

    assert found.id == "no-answer"
    assert nowhere in found.cause


def test_a_pool_that_is_elsewhere_is_looked_for_there(patient):
    """The journal knows where one's leases were."""
    (found,) = patient.examined(name="gone", elsewhere=["eu-west-1"]).findings

    assert found.id == "no-pool"
    assert found.next == "asgwarm doctor gone --region eu-west-1"


def test_a_stack_of_somebody_else_is_told_from_a_pool(patient, undo):
    """Its name alone makes no pool."""
    client = patient.aws("cloudformation")
    body = json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})
    client.create_stack(StackName="asgwarm-theirs", TemplateBody=body)
    undo.callback(client.delete_stack, StackName="asgwarm-theirs")

    assert patient.ids(name="theirs") == ["foreign-stack"]


def test_a_table_of_another_stack_is_found(patient, undo):
    """Then nothing of the present stack is offered."""
    patient.rewrite(patient.meta_key, undo, epoch=patient.stack_id[:-1] + "x")

    assert patient.ids() == ["other-stack"]


def test_a_table_without_its_pool_row_is_one_finding(patient, undo):
    """The function writes it when it runs."""
    item = patient.row(patient.meta_key)
    undo.callback(patient.put, item)
    patient.delete(item)

    assert patient.ids() == ["part-missing"]


def test_another_template_is_found(patient, undo):
    """One word that is another is enough."""
    client = patient.aws("cloudformation")
    body = client.get_template(StackName=patient.stack)["TemplateBody"]
    edited = body.replace("Days to keep logs", "How long to keep")
    patient.update(undo, body=edited, LogDays="14")

    assert patient.ids() == ["template-differs"]


def test_sizes_that_somebody_wrote_are_found(patient, undo):
    """The function works with what META says."""
    patient.rewrite(patient.meta_key, undo, cap=11)

    (found,) = patient.examined().findings

    assert found.id == "sizes-differ"
    assert "Cap is 11, not 10" in found.what


def test_a_stack_that_somebody_works_on_is_found(patient, undo):
    """What an update makes of it is not judged before it is done."""
    patient.update(undo, is_held=True, Cap="11")

    (found,) = patient.examined().findings

    assert found.id == "stack-busy"
    assert found.what == "stack asgwarm-dev is UPDATE_IN_PROGRESS"


def test_a_pool_that_is_going_down_is_found(patient, undo):
    """What `down` began, `down` ends."""
    patient.rewrite(patient.meta_key, undo, pool_mode="DRAINING")

    (found,) = patient.examined().findings

    assert (found.id, found.next) == ("pool-closing", "asgwarm down dev")


def test_drift_is_found_where_it_is_asked_for(patient, undo):
    """Nobody waits for CloudFormation unasked."""
    logs, days = patient.aws("logs"), {"logGroupName": patient.parts["Logs"]}
    undo.callback(logs.put_retention_policy, **days, retentionInDays=30)
    logs.put_retention_policy(**days, retentionInDays=1)

    (found,) = patient.examined(drift=True).findings

    assert found.id == "drifted"
    assert "Logs (MODIFIED)" in found.what
    assert patient.ids() == []


def test_a_comparison_that_does_not_end_is_found(patient, undo):
    """The other checks are made; this one is not waited for."""
    never = {
        "DescribeStackDriftDetectionStatus": (
            "DETECTION_COMPLETE",
            "DETECTION_IN_PROGRESS",
        )
    }
    clients = patient.through(undo, changes=never)

    (found,) = patient.examined(clients=clients, drift=True, drift_s=0.1).findings

    assert (found.id, found.check) == ("not-checked", "stack")
    assert found.cause == "CloudFormation compares stack asgwarm-dev for 0.1 s already"


def test_a_quota_below_the_cap_is_found(patient, undo):
    """In vCPUs, with the command that asks for more."""
    patient.update(undo, Cap="1000")
    patient.look_over()

    (found,) = patient.examined().findings

    assert found.id == "quota-below-cap"
    assert "L-1216C47A" in found.next
    undo.close()
    patient.look_over()


def test_launches_that_fail_are_found(patient, undo):
    """With Auto Scaling's own words."""
    patient.rewrite(patient.meta_key, undo, trouble="no capacity left")

    (found,) = patient.examined().findings

    assert (found.id, found.cause) == ("launches-fail", "no capacity left")


def test_a_group_that_was_told_to_launch_nothing_is_found(patient, undo):
    """By somebody else than the function."""
    client = patient.aws("autoscaling")
    launch = {
        "AutoScalingGroupName": patient.parts["Group"],
        "ScalingProcesses": ["Launch"],
    }
    undo.callback(client.resume_processes, **launch)
    client.suspend_processes(**launch)

    assert patient.ids() == ["launch-suspended"]


def test_an_instance_of_the_group_without_a_row_is_found(patient, undo):
    """And not while it is on its way."""
    item = patient.row(patient.one("WARMED"))
    undo.callback(patient.put, item)
    patient.delete(item)

    assert patient.ids() == ["row-missing"]
    assert patient.ids(fresh_s=3600) == []


def _stray(patient, undo) -> str:
    """An instance with the stack's tag and nothing else."""
    ec2 = patient.aws("ec2")
    tag = {"Key": "asgwarm:stack", "Value": patient.stack_id}
    asked = {"ImageId": "ami-12345678", "MinCount": 1, "MaxCount": 1}
    tags = [{"ResourceType": "instance", "Tags": [tag]}]
    made = ec2.run_instances(**asked, TagSpecifications=tags)["Instances"][0]
    instance_id = str(made["InstanceId"])
    undo.callback(ec2.terminate_instances, InstanceIds=[instance_id])
    patient.pool.region.until(lambda: _state(ec2, instance_id) == "running")
    return instance_id


def _state(ec2, instance_id) -> str:
    found = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"]
    return str(found[0]["Instances"][0]["State"]["Name"])


def test_an_instance_that_nobody_has_is_found(patient, undo):
    """It carries the tag, and costs money."""
    stray = _stray(patient, undo)

    (found,) = patient.examined().findings

    assert found.id == "stray"
    assert found.next.endswith(f"--instance-ids {stray}")


def test_a_ready_row_outside_the_group_is_found(patient, undo):
    """It would be had, and nothing would replace it."""
    stray = _stray(patient, undo)
    row = patient.row(patient.one("READY"))
    shard = shard_of(stray, 1)
    copy = {**row, "sk": {"S": f"I#{stray}"}, "pk": {"S": f"POOL#dev#{shard}"}}
    undo.callback(patient.delete, copy)
    patient.put(copy)

    assert patient.ids() == ["ready-outside-group"]


def test_a_ready_row_of_a_stopped_instance_is_found(patient, undo):
    """`get` would claim it and not get in."""
    patient.rewrite(patient.one("WARMED"), undo, st="READY", ready_key="0")

    (found,) = patient.examined().findings

    assert found.id == "ready-not-running"
    assert "is stopped" in found.what


def test_a_row_without_an_instance_is_found(patient, undo):
    """EC2 has never heard of it."""
    row = patient.row(patient.one("WARMED"))
    ghost = {**row, "sk": {"S": f"I#{UNKNOWN}"}}
    undo.callback(patient.delete, ghost)
    patient.put(ghost)

    assert patient.ids() == ["instance-missing"]


def test_a_row_that_makes_no_sense_is_found(patient, undo):
    """It is offered to nobody."""
    patient.rewrite(patient.one("WARMED"), undo, v=99)

    assert patient.ids() == ["row-malformed"]


def test_an_instance_stuck_in_its_hook_is_found(patient, undo):
    """It waits for longer than the hook has patience."""
    ready = patient.pool.in_state("READY")[0]
    since = now_s() - 1000
    patient.rewrite(patient.pool.key(ready), undo, st="WARMING", since=since)
    undo.callback(patient.pool.region.control.set_faults)
    patient.pool.region.control.set_faults(shown_states={ready: "Pending:Wait"})

    (found,) = patient.examined().findings

    assert found.id == "hook-stuck"
    assert ready in found.what


def test_a_hook_that_somebody_deleted_is_found(patient, undo):
    """Instances would be offered, or ended, too soon."""
    client, name = patient.aws("autoscaling"), patient.parts["Group"]
    asked = {"AutoScalingGroupName": name, "LifecycleHookName": "terminate"}
    (hook,) = client.describe_lifecycle_hooks(
        AutoScalingGroupName=name, LifecycleHookNames=["terminate"]
    )["LifecycleHooks"]
    hook.pop("GlobalTimeout")
    undo.callback(client.put_lifecycle_hook, **hook)
    client.delete_lifecycle_hook(**asked)

    (found,) = patient.examined().findings

    assert found.id == "hook-missing"
    assert "terminate" in found.what


def test_a_schedule_that_is_off_is_found(patient, undo):
    """Leases would not end."""
    client, rule = patient.aws("events"), {"Name": patient.parts["Schedule"]}
    undo.callback(client.enable_rule, **rule)
    client.disable_rule(**rule)

    (found,) = patient.examined().findings

    assert found.id == "schedule-disabled"
    assert found.next == f"aws events enable-rule --name {rule['Name']}"


def test_a_stream_that_is_off_is_found(patient, undo):
    """The function would act a minute late."""
    client, mapping = patient.aws("lambda"), {"UUID": patient.parts["Stream"]}
    undo.callback(client.update_event_source_mapping, **mapping, Enabled=True)
    client.update_event_source_mapping(**mapping, Enabled=False)

    assert patient.ids() == ["stream-disabled"]


def test_a_function_that_lambda_gave_up_is_found(patient, undo):
    """It does so with one that nobody called for weeks."""
    idle = {"GetFunctionConfiguration": ('"State": "Active"', '"State": "Inactive"')}
    clients = patient.through(undo, changes=idle)

    (found,) = patient.examined(clients=clients).findings

    assert found.id == "function-inactive"
    assert found.what == f"function {patient.parts['Function']} is Inactive"


def test_a_function_that_has_not_looked_for_long_is_found(patient, undo):
    """By what it wrote down when it last did."""
    patient.rewrite(patient.meta_key, undo, seen_at=now_s() - LATE_S - 60)

    assert patient.ids() == ["pass-late"]


def test_failures_of_the_function_are_found(patient, undo):
    """With the last one's own words."""
    logs, group = patient.aws("logs"), {"logGroupName": patient.parts["Logs"]}
    undo.callback(_empty, logs, group)
    patient.strike(undo, service="dynamodb", owner="lambda")
    patient.look_over()
    patient.pool.region.control.set_faults()

    (found,) = patient.examined().findings

    assert found.id == "function-errors"
    assert "not authorized" in found.cause


def _empty(logs, group) -> None:
    for stream in logs.describe_log_streams(**group)["logStreams"]:
        logs.delete_log_stream(**group, logStreamName=stream["logStreamName"])


def test_events_that_were_given_up_are_found(patient, undo):
    """They lie in the queue until somebody looks."""
    client, queue = patient.aws("sqs"), {"QueueUrl": patient.parts["DeadLetters"]}
    undo.callback(client.purge_queue, **queue)
    client.send_message(**queue, MessageBody="an event")

    (found,) = patient.examined().findings

    assert found.id == "dead-letters"
    assert found.what.startswith("1 ")


def test_a_key_that_is_refused_is_found(patient, undo):
    """Whoever may not push one does not get in."""
    patient.strike(undo, service="ec2-instance-connect", owner="user")

    (found,) = patient.examined().findings

    assert found.id == "key-refused"
    assert "ec2-instance-connect:SendSSHPublicKey" in found.cause


def test_a_closed_port_is_found(patient, undo):
    """The security group lets nobody in."""
    ec2, group = patient.aws("ec2"), patient.parts["SecurityGroup"]
    (found,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    rules = {"GroupId": group, "IpPermissions": found["IpPermissions"]}
    undo.callback(ec2.authorize_security_group_ingress, **rules)
    ec2.revoke_security_group_ingress(**rules)

    (finding,) = patient.examined().findings

    assert finding.id == "port-closed"
    assert "asgwarm up dev --allow" in finding.next


@pytest.mark.parametrize(
    ("own", "id_", "command"),
    [
        ("198.51.100.7/32", "address-not-admitted", "--allow 198.51.100.7/32"),
        ("127.0.0.1/32", "port-unreached", "--address endpoint"),
    ],
)
def test_a_port_that_does_not_answer_is_found(patient, undo, own, id_, command):
    """It is one's own address that is not let in, or else the way to it."""
    patient.rewrite(patient.one("READY"), undo, port=CLOSED_PORT)

    (found,) = patient.examined(own_network=lambda: own).findings

    assert found.id == id_
    assert found.next.endswith(command)


def test_a_default_key_that_auto_scaling_may_not_use_is_found(patient, undo):
    """Until the key is granted to it."""
    ec2, kms = patient.aws("ec2"), patient.aws("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    undo.callback(ec2.reset_ebs_default_kms_key_id)
    ec2.modify_ebs_default_kms_key_id(KmsKeyId=key)

    (found,) = patient.examined().findings
    words = found.next.split()
    role = words[words.index("--grantee-principal") + 1]
    kms.create_grant(KeyId=key, GranteePrincipal=role, Operations=["Decrypt"])

    assert found.id == "ebs-key"
    assert patient.ids() == []
