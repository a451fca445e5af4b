"""What is used of the base's internals works as the seam expects.

A failure here after an upgrade of the base says which use has to be looked at.
"""

import inspect
import json
import os
from typing import Any

import pytest

from asgwarm.local import (
    environment,
    seam,
    seam_changes,
    seam_functions,
    seam_interfaces,
    seam_logs,
)
from asgwarm.local.cloud import Catalog
from asgwarm.local.keyring import ACCOUNT_ID, new_credential


@pytest.fixture(scope="module", autouse=True)
def base(tmp_path_factory):
    """The base, imported in the environment that the region gives it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.environ", dict(os.environ))
        environment.set_for_base(
            port=1,
            region="us-east-1",
            folder=tmp_path_factory.mktemp("base"),
            worker=new_credential("lambda"),
        )
        import ministack

        yield ministack


def module(name) -> Any:
    """A module of the base."""
    return seam.part(name)


async def test_security_groups_are_records_of_both_directions():
    """The endpoint reads what an API call or a template has put there."""
    (vpc,) = {subnet["VpcId"] for subnet in seam.ec2_subnets().values()}
    default = seam.ec2_default_group(vpc)
    answer = await seam.ec2(
        "AuthorizeSecurityGroupIngress",
        **{
            "GroupId": default,
            "IpPermissions.1.IpProtocol": "tcp",
            "IpPermissions.1.FromPort": "22",
            "IpPermissions.1.ToPort": "22",
            "IpPermissions.1.IpRanges.1.CidrIp": "10.0.0.0/8",
        },
    )

    assert answer
    group = seam.ec2_security_groups()[default]
    (rule,) = group["IpPermissions"]
    assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", 22, 22)
    assert rule["IpRanges"] == [{"CidrIp": "10.0.0.0/8"}]
    assert rule["UserIdGroupPairs"] == []
    assert group["IpPermissionsEgress"][0]["IpProtocol"] == "-1"


async def test_the_application_is_an_asgi_callable_with_a_loop_of_its_own():
    """Its own start-up is replaced by two assignments."""
    app = seam.application()
    assert inspect.iscoroutinefunction(app)
    assert module("app")._MAIN_LOOP is not None
    assert list(inspect.signature(app).parameters) == ["scope", "receive", "send"]


async def test_instances_are_records_that_can_be_changed():
    """What the record says is what DescribeInstances answers."""
    answer = await seam.ec2(
        "RunInstances", ImageId="ami-1", InstanceType="m7i.large", UserData="eA=="
    )
    (instance_id,) = seam.instance_ids(answer)
    record = seam.ec2_instances()[instance_id]
    assert record["State"]["Name"] == "running"
    assert record["UserData"] == "eA=="
    assert record["SubnetId"] in seam.ec2_subnets()

    record["PublicIpAddress"] = record["PrivateIpAddress"] = "127.0.9.9"
    record["Placement"]["AvailabilityZone"] = "us-east-1c"
    seam.set_ec2_tag(instance_id, "aws:autoscaling:groupName", "group")
    shown = await seam.ec2("DescribeInstances", **{"InstanceId.1": instance_id})
    assert "<ipAddress>127.0.9.9</ipAddress>" in shown
    assert "<availabilityZone>us-east-1c</availabilityZone>" in shown
    assert "<value>group</value>" in shown
    seam.set_ec2_tag(instance_id, "aws:autoscaling:groupName", None)
    shown = await seam.ec2("DescribeInstances", **{"InstanceId.1": instance_id})
    assert "<value>group</value>" not in shown

    for action, state in (("Stop", "stopped"), ("Terminate", "terminated")):
        await seam.ec2(f"{action}Instances", **{"InstanceId.1": instance_id})
        assert seam.ec2_instances()[instance_id]["State"]["Name"] == state
    seam.forget_instance(instance_id)
    seam.forget_instance(instance_id)  # the base may have been quicker
    with pytest.raises(seam.Ec2Refused, match="does not exist"):
        await seam.ec2("DescribeInstances", **{"InstanceId.1": instance_id})


async def test_a_refused_ec2_call_raises_with_its_message():
    """The message is AWS's own."""
    with pytest.raises(seam.Ec2Refused, match="does not exist"):
        await seam.ec2("StopInstances", **{"InstanceId.1": "i-00000000000000000"})


async def test_launch_templates_are_resolved_by_version():
    """Id, name and data of the version that was asked for."""
    await seam.ec2(
        "CreateLaunchTemplate",
        LaunchTemplateName="contract",
        **{"LaunchTemplateData.InstanceType": "m7i.large"},
    )
    template = seam.launch_template({"LaunchTemplateName": "contract"})
    assert template.template_id.startswith("lt-")
    assert template.data["InstanceType"] == "m7i.large"
    by_id = {"LaunchTemplateId": template.template_id, "Version": "$Latest"}
    assert seam.launch_template(by_id) == template
    assert Catalog().numbered(by_id) == {**by_id, "Version": "1"}
    absent = {"LaunchTemplateName": "absent", "Version": "$Latest"}
    assert Catalog().numbered(absent) == absent
    with pytest.raises(seam.Ec2Refused):
        seam.launch_template(absent)


def test_an_update_goes_by_the_functions_that_obey_policies():
    """One changes a resource, the other reads what stays before anything goes."""
    stacks = module("services.cloudformation.stacks")
    outputs = list(inspect.signature(stacks._resolve_stack_outputs).parameters)
    changing = inspect.getsource(stacks._deploy_stack_async)

    assert outputs[2:] == [
        *("resources", "param_values", "mappings"),
        *("stack_name", "stack_id"),
    ]
    assert "_update_keeping_seed(\n" in changing
    assert changing.index("surviving,") < changing.index("# Delete removed resources")
    old, new = {"TableName": "a"}, {"TableName": "b"}
    assert stacks._replacing_change("AWS::DynamoDB::Table", old, new)


def test_an_instance_profile_knows_its_role():
    """By name or ARN."""
    profiles = module("services.iam")._instance_profiles
    profiles["contract"] = {"Roles": ["guest"]}
    assert seam.role_of_profile("contract") == "guest"
    arn = f"arn:aws:iam::{ACCOUNT_ID}:instance-profile/contract"
    assert seam.role_of_profile(arn) == "guest"
    assert seam.role_of_profile("") is None


def test_keys_that_iam_or_sts_issued_are_found():
    """The base's own root keys are not among them."""
    session = {
        "Arn": f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/r/s",
        "UserId": "r:s",
        "SecretAccessKey": "secret",
        "SessionToken": "token",
    }
    module("services.sts").register_session("ASIACONTRACT", session)
    found = seam.issued_credential("ASIACONTRACT")
    assert found is not None
    assert (found.secret_access_key, found.session_token) == ("secret", "token")
    for key in ("test", ACCOUNT_ID, "", "AKIAUNKNOWN"):
        assert seam.issued_credential(key) is None


def test_template_resources_can_be_replaced_and_run_on_threads():
    """A handler is three callables under its type's name."""
    handlers: seam.Handlers = {
        "AWS::AutoScaling::WarmPool": {"create": lambda *a: ("x", {})}
    }
    seam.overlay_resources(handlers)
    provisioners = module("services.cloudformation.provisioners")
    stacks = module("services.cloudformation.stacks")
    made = provisioners._provision_resource("AWS::AutoScaling::WarmPool", "W", {}, "s")
    assert made == ("x", {})
    assert stacks._runs_on_worker_thread("AWS::AutoScaling::WarmPool")
    assert stacks._runs_on_worker_thread("Custom::Anything")
    assert not stacks._runs_on_worker_thread("AWS::SQS::Queue")


@pytest.fixture
def rule(base):
    """A rule as a template makes it: without a time of creation."""
    events = module("services.eventbridge")
    now = [10_000.0]
    seam.keep_time(lambda: now[0])
    heard: list[str] = []
    key = (ACCOUNT_ID, "us-east-1", events._rule_key("contract", "default"))
    arn = events._rule_arn("contract", "default")
    events._rules._data[key] = {
        "Name": "contract",
        "Arn": arn,
        "EventBusName": "default",
        "State": "ENABLED",
        "ScheduleExpression": "rate(1 minute)",
    }
    target = f"arn:aws:lambda:us-east-1:{ACCOUNT_ID}:function:absent"
    events._targets._data[key] = [{"Id": "a", "Arn": target}]
    dispatch = events._dispatch_to_lambda
    events._dispatch_to_lambda = lambda arn, payload: heard.append(payload)
    yield now, key, heard
    events._dispatch_to_lambda = dispatch
    del events._rules._data[key], events._targets._data[key]
    events._rule_last_fired.pop(key, None)


def test_scheduled_rules_follow_the_clock_that_they_are_given(rule):
    """Due one minute after they were first seen, with the region's time inside."""
    now, key, heard = rule
    assert seam.scheduled_rules(now[0])[key] == pytest.approx(10_060, abs=0.01)

    now[0] = 10_059.0
    seam.fire_due_rules()
    assert heard == []
    now[0] = seam.scheduled_rules(now[0])[key]
    seam.fire_due_rules()
    (event,) = map(json.loads, heard)
    assert event["time"] == "1970-01-01T02:47:40Z"
    assert event["detail-type"] == "Scheduled Event"
    assert seam.scheduled_rules(now[0])[key] == pytest.approx(10_120, abs=0.01)


def test_scheduled_rules_fire_on_request(rule):
    """Whether they are due or not, and with cron too."""
    now, key, heard = rule
    seam.fire_due_rules(at_once=True)
    assert len(heard) == 1
    module("services.eventbridge")._rules._data[key]["ScheduleExpression"] = (
        "cron(0 12 * * ? *)"
    )
    assert seam.scheduled_rules(now[0])[key] == pytest.approx(43_200, abs=0.01)
    seam.fire_due_rules(at_once=True)
    assert len(heard) == 2


def test_aws_events_are_published_with_the_regions_time(rule):
    """A pattern on source aws.autoscaling matches; the outside could not send that."""
    now, key, heard = rule
    events = module("services.eventbridge")
    events._rules._data[key] |= {
        "ScheduleExpression": "",
        "EventPattern": json.dumps({"source": ["aws.autoscaling"]}),
    }
    now[0] = 20_000.0

    seam.put_event("aws.autoscaling", "Kind", {"a": 1}, ["arn:x"])

    (event,) = map(json.loads, heard)
    assert (event["source"], event["detail"]) == ("aws.autoscaling", {"a": 1})
    assert (event["resources"], event["time"]) == (["arn:x"], "1970-01-01T05:33:20Z")
    _, _, body = events._put_events({"Entries": [{"Source": "aws.x"}]})
    assert b"NotAuthorizedForSourceException" in body


def test_the_names_that_functions_are_watched_by_exist():
    """Each is replaced by a counting one, so it must be looked up when it is used."""
    functions = module("services.lambda_svc")
    for name in (
        "_execute_function",
        "_execute_function_with_config_scope",
        "_poll_dynamodb_streams",
        "_get_func_record_for_ref",
        "_execution_record_for_config",
        "_iter_all_esms",
    ):
        assert callable(getattr(functions, name))
    assert "_poll_dynamodb_streams()" in inspect.getsource(functions._poll_loop)
    source = inspect.getsource(functions._execute_function_with_config_scope)
    assert "_execute_function" in source
    assert functions._dynamodb_stream_positions is not None
    assert callable(module("services.dynamodb").stream_end_position)


def test_there_are_no_workers_to_stop_yet():
    """Stopping is safe when nothing was started."""
    seam_functions.stop_functions()
    assert module("core.lambda_runtime")._workers == {}


def test_response_urls_of_custom_resources_are_where_the_front_lets_them_in():
    """Their random part is the only secret that they have."""
    custom = module("services.cloudformation.custom_resource")
    assert seam.RESPONSE_URL_PATH in custom._response_url("token")
    assert custom._response_url("token").startswith("http://127.0.0.1:")


def test_every_deployment_of_a_stack_goes_through_the_described_one():
    """Change sets and updates look it up in their own module when they begin."""
    for name in ("changesets", "handlers"):
        deploy = module(f"services.cloudformation.{name}")._deploy_stack_async
        assert list(inspect.signature(deploy).parameters)[:3] == [
            "stack_name",
            "stack_id",
            "template",
        ]
    assert hasattr(module("services.cloudformation")._stacks, "__getitem__")


def test_change_sets_tell_what_is_replaced_from_what_is_changed():
    """The base calls every change of a type that it does not know a possible one."""
    recreation = module("services.cloudformation.stacks")._property_recreation
    kind = "AWS::EC2::SecurityGroup"
    unknown = recreation(kind, "SecurityGroupIngress")

    seam_changes.tell_replacements()

    assert unknown == "Conditionally"
    assert recreation(kind, "SecurityGroupIngress") == "Never"
    assert recreation(kind, "VpcId") == "Always"


async def test_network_interfaces_are_listed_by_their_tags():
    """By id as well; the base alone lists all of them."""
    seam_interfaces.list_by_tags()
    subnet = next(iter(seam.ec2_subnets()))
    made = [await seam.ec2("CreateNetworkInterface", SubnetId=subnet) for _ in "ab"]
    ids = [text.partition("<networkInterfaceId>")[2][:21] for text in made]
    seam.set_ec2_tag(ids[0], "whose", "mine")
    asked = {"Filter.1.Name": "tag:whose", "Filter.1.Value.1": "mine"}

    mine = await seam.ec2("DescribeNetworkInterfaces", **asked)
    nobodys = await seam.ec2(
        "DescribeNetworkInterfaces", **(asked | {"Filter.1.Value.1": "theirs"})
    )
    second = await seam.ec2(
        "DescribeNetworkInterfaces", **{"NetworkInterfaceId.1": ids[1]}
    )

    assert [each in mine for each in ids] == [True, False]
    assert "eni-" not in nobodys
    assert [each in second for each in ids] == [False, True]


def test_a_function_makes_no_log_group_that_was_given_by_name():
    """One that is there gets its lines; a function without a name has its own."""
    seam_logs.make_no_group()
    groups = module("services.cloudwatch_logs")._log_groups
    emit = module("services.lambda_svc")._emit_lambda_logs
    named = {"config": {"FunctionName": "f", "LoggingConfig": {"LogGroup": "/named"}}}

    emit(named, "id", "line", False, 1)
    emit({"config": {"FunctionName": "own"}}, "id", "line", False, 1)

    assert "/named" not in groups
    assert "/aws/lambda/own" in groups
