"""Alarms and dashboard, as the template has them."""

import json
import re
from typing import Any

import pytest

from asgwarm.domain import metrics
from asgwarm.stack.template import template_text
from tests.unit.stack.cfn import read

NAME = re.compile(r'"([A-Z]\w+)": ')


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    """What CloudFormation reads."""
    return read(template_text("operations"))


@pytest.fixture(scope="module")
def told(repository: Any) -> set[str]:
    """The metrics that the function tells: the members that its source names."""
    source = (repository / "asgwarm/domain/metrics.py").read_text()
    names = set(NAME.findall(source)) & set(re.findall(r"\w+", str(metrics.__doc__)))
    assert {"Ready", "ClaimWaitSeconds"} <= names
    return names


def alarms(template: Any) -> dict[str, Any]:
    """The alarms' properties by their logical ids."""
    return {
        name: resource["Properties"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::CloudWatch::Alarm"
    }


def test_alarms_are_about_what_the_function_tells(template, told):
    """By the same names and dimension, and each of what goes wrong has one."""
    about = {
        alarm["MetricName"]: alarm["Dimensions"]
        for alarm in alarms(template).values()
        if alarm["Namespace"] == "asgwarm"
    }

    pool = [{"Name": "Pool", "Value": {"Ref": "Pool"}}]
    assert set(about) <= told
    assert told - set(about) == {"Warm", "Leased"}
    assert all(dimensions == pool for dimensions in about.values())


def test_every_alarm_says_what_to_do_and_tells_the_topic(template):
    """And silence means trouble for the one that is about silence, only."""
    for name, alarm in alarms(template).items():
        _, _, said = alarm["AlarmDescription"]["Sub"].partition(": ")
        assert re.search(r"asgwarm|--\w+|its log", said)
        assert alarm["AlarmActions"] == alarm["OKActions"]
        assert alarm["AlarmActions"]["If"][:2] == ["HasTopic", [{"Ref": "Topic"}]]
        silence = "breaching" if name == "Silent" else "notBreaching"
        assert alarm["TreatMissingData"] == silence
        assert alarm["Tags"][0]["Key"] == "asgwarm:pool"


def test_the_dashboard_shows_what_there_is_and_only_if_asked(template, told):
    """Its body is a document, every metric in it is told, every alarm is there."""
    resource = template["Resources"]["PoolDashboard"]
    body = json.loads(resource["Properties"]["DashboardBody"]["Sub"])
    widgets = [widget["properties"] for widget in body["widgets"]]
    lines = [line for widget in widgets for line in widget.get("metrics", [])]
    names = {line[1] for line in lines if line[0] != "..."}
    (listed,) = (widget["alarms"] for widget in widgets if "alarms" in widget)

    assert resource["Condition"] == "HasDashboard"
    assert template["Parameters"]["Dashboard"]["Default"] == "no"
    assert names == told
    assert {arn[2:-5] for arn in listed} == {
        name for name, a in alarms(template).items() if a["Namespace"] == "asgwarm"
    }
