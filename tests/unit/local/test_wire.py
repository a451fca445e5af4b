"""The codec against botocore's own client: what one writes the other reads."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import hypothesis.strategies as st
import pytest
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from botocore.session import get_session
from hypothesis import given, settings

from asgwarm.local.autoscaling.machine import ACTIONS
from asgwarm.local.problem import AwsProblem
from asgwarm.local.wire import query_protocol

MODEL = get_session().get_service_model("autoscaling")
PROTOCOL = query_protocol("autoscaling")
TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")) | st.just("\r"),
    max_size=8,
)
MOMENTS = st.datetimes(
    min_value=datetime(2020, 1, 1),  # noqa: DTZ001  (a zone is added below)
    max_value=datetime(2040, 1, 1),  # noqa: DTZ001
).map(lambda moment: moment.replace(microsecond=7000, tzinfo=UTC))


@st.composite
def structures(draw, shape, depth):
    """A structure with its required members and some of the others.

    Never an empty one: a form cannot tell that from none.
    """
    simple = {
        name: member
        for name, member in shape.members.items()
        if depth < 3 or member.type_name not in {"structure", "list"}
    }
    names = st.lists(
        st.sampled_from(sorted(simple or shape.members)), min_size=1, max_size=5
    )
    chosen = {*shape.required_members, *draw(names)}
    return {name: draw(values(shape.members[name], depth + 1)) for name in chosen}


def values(shape, depth=0):
    """Anything that *shape* allows, within its bounds."""
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if shape.type_name == "structure":
        return structures(shape, depth)
    if shape.type_name == "list":
        return st.lists(values(shape.member, depth + 1), min_size=1, max_size=2)
    if shape.metadata.get("enum"):
        return st.sampled_from(shape.metadata["enum"])
    return {
        "integer": st.integers(-5 if low is None else low, high or 10_000),
        "boolean": st.booleans(),
        "timestamp": MOMENTS,
        "double": st.floats(0, 1e6),
        "string": TEXT.map(lambda value: (value + "x" * (low or 0))[:high]),
    }[shape.type_name]


def form_of(action, params):
    """The body that botocore's client sends."""
    serializer = create_serializer("query", include_validation=False)
    sent = serializer.serialize_to_request(params, MODEL.operation_model(action))
    return urlencode(sent["body"]).encode()


def read_back(action: str, xml: bytes, status: int = 200) -> Any:
    """What botocore's client makes of an answer."""
    parser = create_parser("query")
    answer = {"status_code": status, "headers": {}, "body": xml}
    shape: Any = MODEL.operation_model(action).output_shape
    return parser.parse(answer, shape)


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_a_request_of_botocore_is_read_as_it_was_meant(action):
    """Serialise with botocore, parse with ours: the same parameters, typed."""
    shape = MODEL.operation_model(action).input_shape

    @settings(max_examples=15, deadline=None)
    @given(values(shape))
    def round_trip(params):
        assert PROTOCOL.parse(form_of(action, params)) == (action, params)

    round_trip()


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_an_answer_of_ours_is_read_by_botocore(action):
    """Render with ours, parse with botocore: the same result and the request id."""
    shape = MODEL.operation_model(action).output_shape

    @settings(max_examples=15, deadline=None)
    @given(values(shape) if shape and shape.members else st.just({}))
    def round_trip(result):
        read = read_back(action, PROTOCOL.answer(action, result, "id-1"))
        metadata = read.pop("ResponseMetadata")
        assert metadata["RequestId"] == "id-1"
        assert {k: v for k, v in read.items() if v not in ([], {})} == result

    round_trip()


def test_an_empty_list_arrives_as_one():
    """Clients spell an empty list as a name without a value."""
    body = form_of("DescribeAutoScalingGroups", {"AutoScalingGroupNames": []})

    assert PROTOCOL.parse(body)[1] == {"AutoScalingGroupNames": []}


def test_a_refusal_is_read_as_one():
    """Code, message and request id of an error, markup characters included."""
    problem = AwsProblem("ValidationError", "a <b> & \x00 c")

    read = read_back("PutWarmPool", PROTOCOL.error(problem, "id-2"), 400)

    assert read["Error"]["Code"] == "ValidationError"
    assert read["Error"]["Message"] == "a <b> & ? c"
    assert read["ResponseMetadata"]["RequestId"] == "id-2"


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        (b"", "MissingAction", "must contain an Action"),
        (b"Action=Nonsense", "InvalidAction", "Could not find operation Nonsense"),
        (b"Action=PutWarmPool", "ValidationError", "'autoScalingGroupName' failed"),
        (
            b"Action=PutWarmPool&AutoScalingGroupName=g&PoolState=Cold",
            "ValidationError",
            "enum value set: [Stopped, Running, Hibernated]",
        ),
        (
            b"Action=PutWarmPool&AutoScalingGroupName=g&MinSize=-1",
            "ValidationError",
            "greater than or equal to 0",
        ),
        (
            b"Action=PutWarmPool&AutoScalingGroupName=&MinSize=x",
            "ValidationError",
            "is not of type integer",
        ),
        (
            b"Action=DeleteWarmPool&AutoScalingGroupName=g&ForceDelete=yes",
            "ValidationError",
            "is not of type boolean",
        ),
        (
            b"Action=PutWarmPool&AutoScalingGroupName=%01",
            "ValidationError",
            "is not of type string",
        ),
        (b"\xff", "ValidationError", "not a form"),
    ],
)
def test_a_bad_request_is_refused_before_anything_happens(body, code, text):
    """Every kind of bad request has its code, and says what was wrong."""
    with pytest.raises(AwsProblem) as refusal:
        PROTOCOL.parse(body)

    assert refusal.value.code == code
    assert text in refusal.value.message


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=60) | st.text("Tags.member.1KeyAction=&%", max_size=60))
def test_no_body_breaks_the_parser(body):
    """Whatever arrives is parsed or refused, never a crash."""
    raw = body if isinstance(body, bytes) else body.encode()
    try:
        PROTOCOL.parse(b"Action=CreateOrUpdateTags&" + raw)
    except AwsProblem as refusal:
        assert refusal.status == 400


def test_text_of_a_template_gets_the_types_of_the_model():
    """CloudFormation hands over text for numbers and booleans, or the other way."""
    given_props = {
        "AutoScalingGroupName": "g",
        "MinSize": "2",
        "MaxGroupPreparedCapacity": 3,
        "InstanceReusePolicy": {"ReuseOnScaleIn": "false"},
    }

    assert PROTOCOL.typed("PutWarmPool", given_props) == {
        "AutoScalingGroupName": "g",
        "MinSize": 2,
        "MaxGroupPreparedCapacity": 3,
        "InstanceReusePolicy": {"ReuseOnScaleIn": False},
    }
    with pytest.raises(AwsProblem, match="the property Colour of PutWarmPool"):
        PROTOCOL.typed("PutWarmPool", given_props | {"Colour": "red"})


def test_an_answer_that_does_not_fit_the_model_is_never_sent():
    """A wrong name or type in an answer is a mistake of ours and raises."""
    with pytest.raises(KeyError):
        PROTOCOL.answer("DescribeWarmPool", {"Colour": "red"}, "id")
    with pytest.raises((TypeError, ValueError)):
        instance = {"WarmPoolConfiguration": {"MinSize": "two"}}
        PROTOCOL.answer("DescribeWarmPool", instance, "id")
