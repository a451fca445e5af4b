"""The template and the region, used through the `aws` command as it is published."""

import json
import re

import pytest

from tests.integration.foreign.conftest import ALLOWED, TOPIC

pytestmark = pytest.mark.long

GROUP = "asgwarm-dev-pool"


def counts(desk, pool):
    """How many instances of a pool are what."""
    return json.loads(desk.asgwarm("status", pool, "--json").stdout)["counts"]


def test_a_shell_is_pointed_at_the_region_whatever_it_knew_before(desk):
    """Both names of the region are set; profile, token and bundle are gone."""
    account = desk.ask("sts", "get-caller-identity")["Account"]

    assert re.fullmatch(r"\d{12}", account)
    assert desk.environment["AWS_DEFAULT_REGION"] == desk.info.region
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CA_BUNDLE"} & set(
        desk.environment
    )


def test_one_aws_command_deploys_a_pool_that_serves(deployed):
    """Nobody ever ran `up`; an instance is claimed and a command runs on it."""
    done = deployed.asgwarm("get", "dev", "--", "echo $USER")

    assert deployed.stack("dev")["StackStatus"] == "CREATE_COMPLETE"
    assert done.stdout == "ec2-user\n"


def test_the_same_deployment_again_changes_nothing(deployed):
    """The region compares templates and parameters as CloudFormation does."""
    again = deployed.run(*deployed.deploying("dev", Warm=1))

    assert "No changes to deploy" in again.stdout + again.stderr


def test_the_aws_command_shows_the_hot_and_the_warm_instances(deployed):
    """One in service and running, one in the warm pool and stopped."""
    deployed.until(
        lambda: counts(deployed, "dev").items() >= {"ready": 1, "warm": 1}.items()
    )

    (group,) = deployed.ask(
        "autoscaling",
        "describe-auto-scaling-groups",
        *("--auto-scaling-group-names", GROUP),
    )["AutoScalingGroups"]
    pool = deployed.ask(
        "autoscaling", "describe-warm-pool", "--auto-scaling-group-name", GROUP
    )
    (hot,), (warm,) = group["Instances"], pool["Instances"]
    found = deployed.ask(
        *("ec2", "describe-instances", "--instance-ids"),
        *(hot["InstanceId"], warm["InstanceId"]),
        *("--filters", "Name=tag:asgwarm:pool,Values=dev"),
        *("--query", "Reservations[].Instances[].[InstanceId,State.Name]"),
    )

    assert (group["DesiredCapacity"], group["MinSize"]) == (1, 0)
    assert hot["LifecycleState"] == "InService"
    assert warm["LifecycleState"] == "Warmed:Stopped"
    assert pool["WarmPoolConfiguration"]["PoolState"] == "Stopped"
    assert dict(found) == {hot["InstanceId"]: "running", warm["InstanceId"]: "stopped"}


def test_up_updates_what_the_aws_command_deployed(deployed):
    """It asks no question about the origin, and keeps what it was not told."""
    before = deployed.stack("dev")["Parameters"]

    said = deployed.asgwarm("up", "dev", "--cap", "7", "--json", "--yes").stdout

    stack = deployed.stack("dev")
    assert json.loads(said.splitlines()[-1])["changed"] is True
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert before["Warm"] == "1"
    assert stack["Parameters"] == before | {"Cap": "7"}


def test_the_aws_command_updates_what_up_deployed(deployed):
    """And to `up` the pool is afterwards as it should be."""
    again = deployed.asgwarm("up", "ours", "--json", "--yes").stdout

    stack = deployed.stack("ours")
    chosen = {"Cap": "6", "Warm": "0", "AllowCidr": ALLOWED}
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert stack["Parameters"].items() >= chosen.items()
    assert stack["Parameters"]["Subnets"]
    assert json.loads(again.splitlines()[-1])["changed"] is False


def test_the_aws_command_sets_the_policy_that_up_sets(deployed):
    """Printed for whoever deploys without `up`, which then leaves it as it is."""
    policy = ("cloudformation", "get-stack-policy", "--stack-name")
    deployed.asgwarm("template", "--stack-policy", "--out", "policy.json")

    deployed.aws(
        *("cloudformation", "set-stack-policy", "--stack-name", "asgwarm-dev"),
        *("--stack-policy-body", "file://policy.json"),
    )

    by_hand = deployed.ask(*policy, "asgwarm-dev")["StackPolicyBody"]
    assert json.loads(by_hand)["Statement"][1]["Effect"] == "Deny"
    assert deployed.ask(*policy, "asgwarm-ours")["StackPolicyBody"] == by_hand


def test_other_stacks_may_import_what_a_pool_has(deployed):
    """Each pool under its own stack's name."""
    exports = {
        one["Name"]: one["Value"]
        for one in deployed.ask("cloudformation", "list-exports")["Exports"]
    }
    outputs = {
        output["OutputKey"]: output["OutputValue"]
        for output in deployed.stack("dev")["Outputs"]
    }

    assert exports["asgwarm-dev-Table"] == outputs["Table"] == "asgwarm-dev"
    assert exports["asgwarm-dev-GuestRole"] == outputs["GuestRole"]
    assert exports["asgwarm-dev-SecurityGroup"].startswith("sg-")
    assert exports["asgwarm-dev-GuestRole"] != exports["asgwarm-ours-GuestRole"]


def test_one_aws_command_deploys_the_alarms_of_a_pool(deployed):
    """They tell the topic that was given; the dashboard's body is a document."""
    alarms = deployed.ask("cloudwatch", "describe-alarms")["MetricAlarms"]
    dashboard = deployed.ask(
        "cloudwatch", "get-dashboard", "--dashboard-name", "asgwarm-dev"
    )

    assert {tuple(alarm["AlarmActions"]) for alarm in alarms} == {(TOPIC,)}
    about = {alarm["MetricName"]: alarm for alarm in alarms}
    assert len(about) == 7  # not the function's errors: nobody said which it is
    assert about["ApproximateNumberOfMessagesVisible"]["Dimensions"][0]["Value"] == "q"
    assert about["Missing"]["Dimensions"] == [{"Name": "Pool", "Value": "dev"}]
    widgets = json.loads(dashboard["DashboardBody"])["widgets"]
    shown = next(w["properties"] for w in widgets if w["type"] == "alarm")
    assert set(shown["alarms"]) <= {alarm["AlarmArn"] for alarm in alarms}
    assert len(shown["alarms"]) == 6


def test_the_aws_command_deletes_what_up_deployed(desk):
    """No row, no group and no running instance is left, and `asgwarm` knows it."""
    sizes = ("--hot", "1", "--warm", "0", "--allow", "203.0.113.7/32")
    desk.asgwarm("up", "brief", *sizes, "--yes")
    stack_id = desk.stack("brief")["StackId"]

    desk.aws("cloudformation", "delete-stack", "--stack-name", "asgwarm-brief")

    question = ("cloudformation", "describe-stacks", "--stack-name", stack_id)
    desk.until(lambda: "DELETE_COMPLETE" in desk.aws(*question).stdout)
    states = desk.ask(
        *("ec2", "describe-instances", "--filters"),
        f"Name=tag:asgwarm:stack,Values={stack_id}",
        *("--query", "Reservations[].Instances[].State.Name"),
    )
    assert states == ["terminated"]
    assert "asgwarm-brief" not in desk.aws("dynamodb", "list-tables").stdout
    assert "asgwarm up brief" in desk.asgwarm("status", "brief", code=5).stderr


@pytest.mark.parametrize(
    "command",
    [
        ("autoscaling", "put-scaling-policy", "--policy-name", "p"),
        ("autoscaling", "start-instance-refresh"),
    ],
)
def test_what_the_region_does_not_emulate_is_refused_by_name(deployed, command):
    """The client sees an error of AWS's form, never a silent success."""
    done = deployed.aws(*command, "--auto-scaling-group-name", GROUP, code=255)

    assert "does not emulate" in done.stderr
