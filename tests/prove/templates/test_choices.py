"""Every way to deploy a template is looked at, as CloudFormation would make it."""

import json
import re

import pytest

from tests.prove.templates.choices import (
    NoSampleError,
    axes,
    combinations,
    every_form,
)
from tests.prove.templates.reading import read, templates
from tests.prove.templates.rendering import rendered

SOURCES = templates()
# A queue that a condition decides about, and one that says which condition.
ASKING = """
Parameters:
 Wide: {Type: String, Default: 'no', AllowedValues: ['no', 'yes']}
Conditions:
 IsWide: !Equals [!Ref Wide, 'yes']
Resources:
 Queue: {Type: 'AWS::SQS::Queue', Condition: IsWide}
 Other:
  Type: AWS::SQS::Queue
  DependsOn: [Queue]
  Properties:
   QueueName: !If [IsWide, !Sub '${Wide}-${AWS::Region}', !Ref AWS::NoValue]
   KmsMasterKeyId: !Select [1, !Split [' ', !Sub 'a ${Wide}']]
"""


def all_of(name):
    """Each rendering of a template."""
    return [rendered(SOURCES[name], v) for v in combinations(SOURCES[name])]


@pytest.mark.parametrize("name", SOURCES)
def test_every_condition_is_seen_both_ways(name):
    """Or what stands behind it was never judged."""
    source = SOURCES[name]
    seen: dict[str, set[str]] = {
        condition: set() for condition in source.get("Conditions", {})
    }
    for condition, outcomes in seen.items():
        probe = {"Fn::If": [condition, "yes", "no"]}
        asking = source | {"Resources": {"Probe": {"Type": "X", "Is": probe}}}
        for values in combinations(source):
            outcomes.add(rendered(asking, values)["Resources"]["Probe"]["Is"])

    assert seen == {name: {"yes", "no"} for name in seen}


@pytest.mark.parametrize("name", SOURCES)
def test_nothing_is_left_open_but_what_only_aws_knows(name):
    """No condition, and no reference but to resources and the account."""
    for document in all_of(name):
        text = json.dumps(document)
        refs = set(re.findall(r'\{"Ref": "([^"]+)"\}', text))
        resources = set(document["Resources"])

        assert '"Fn::If"' not in text
        assert '"Condition": "' not in text
        assert {ref for ref in refs if not ref.startswith("AWS::")} <= resources


def test_a_condition_decides_as_cloudformation_decides():
    """What depends on something that is not made depends on it no more."""
    source = read(ASKING)

    narrow, wide = (rendered(source, v)["Resources"] for v in combinations(source))

    assert set(narrow) == {"Other"}
    assert narrow["Other"]["DependsOn"] == []
    assert narrow["Other"]["Properties"] == {"KmsMasterKeyId": "no"}
    assert set(wide) == {"Other", "Queue"}
    assert wide["Other"]["DependsOn"] == ["Queue"]
    assert wide["Other"]["Properties"] == {
        "QueueName": {"Fn::Sub": "yes-${AWS::Region}"},
        "KmsMasterKeyId": "yes",
    }


def test_a_pool_is_seen_in_every_way_that_up_offers():
    """Addresses, set-up, image, network, who is let in, and what a deletion does."""
    assert set(axes(SOURCES["pool"])) >= {
        *("AddressType", "Endpoint", "ImageIdOverride", "VpcId", "Subnets"),
        *("AllowCidr", "Egress", "OnDelete", "PoolState"),
    }
    assert len(all_of("pool")) >= 500


def test_what_nobody_can_want_is_left_out():
    """An endpoint to public addresses; a VPC without its subnets."""
    for values in combinations(SOURCES["pool"]):
        assert not (values["Endpoint"] and values["AddressType"] == "public")
        assert not (values["VpcId"] and not values["Subnets"])


@pytest.mark.parametrize("name", SOURCES)
def test_what_is_tried_is_what_the_template_takes(name):
    """A rendering of values that CloudFormation refuses would prove nothing."""
    parameters = SOURCES[name].get("Parameters", {})

    for parameter, values in axes(SOURCES[name]).items():
        pattern = parameters[parameter].get("AllowedPattern", ".*")
        assert [one for one in values if not re.fullmatch(pattern, one)] == []


def test_a_new_parameter_that_decides_something_needs_a_sample():
    """It is not passed over."""
    source = read(ASKING.replace(", AllowedValues: ['no', 'yes']", ""))

    with pytest.raises(NoSampleError, match="Wide"):
        axes(source)


def test_a_few_renderings_show_every_form_of_every_resource():
    """A judge of single resources misses nothing in them."""
    documents = {f"pool/{n}": one for n, one in enumerate(all_of("pool"))}
    chosen = every_form(documents)

    def forms(some):
        return {
            (name, json.dumps(body, sort_keys=True))
            for document in some.values()
            for name, body in document["Resources"].items()
        }

    assert forms(chosen) == forms(documents)
    assert len(chosen) < len(documents) / 10
