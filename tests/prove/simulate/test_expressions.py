"""The compiled expressions against the table of an emulated region: same outcome.

Each generated case is one row and one conditional write; the region's table and the
closures have to agree on whether it is applied, and on the row afterwards.
"""

import re
import uuid

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asgwarm.domain.edges import EDGES
from asgwarm.registry.table import expressions
from tests.prove.simulate.expressions import Unspoken, condition, update

NAMES = ("hb", "why", "epoch", "born_at", "note")
VALUES = (
    {"S": ""},
    {"S": "a"},
    {"S": "b"},
    {"N": "0"},
    {"N": "1"},
    {"N": "10"},
    {"N": "-2"},
)

name = st.sampled_from(NAMES)
value = st.sampled_from(VALUES)
comparison = st.builds(
    "{} {} :{}".format,
    name,
    st.sampled_from(("=", "<>", "<", "<=", ">", ">=")),
    st.sampled_from("pq"),
)
test = st.one_of(
    comparison,
    st.builds("attribute_exists({})".format, name),
    st.builds("attribute_not_exists({})".format, name),
    st.builds("attribute_type({}, :kind)".format, name),
    st.builds("{} IN (:p, :q)".format, name),
    st.builds("{} BETWEEN :low AND :high".format, name),
)
tests = st.recursive(
    test,
    lambda inner: st.one_of(
        st.builds("({} AND {})".format, inner, inner),
        st.builds("({} OR {})".format, inner, inner),
        st.builds("NOT {}".format, test),
    ),
    max_leaves=5,
)
UPDATES = (
    "SET note = :p",
    "SET note = if_not_exists(note, :p)",
    "SET note = :p REMOVE why",
    "REMOVE hb, why ADD gen :one",
    "SET history = list_append(if_not_exists(history, :none), :event)",
    "SET epoch = :q REMOVE note ADD gen :one",
)


@pytest.fixture(scope="module")
def table(region):
    """A table of the region's, and a client for it."""
    client = region.client("dynamodb")
    name = f"t-{uuid.uuid4().hex[:8]}"
    keys = ({"AttributeName": "pk", "KeyType": "HASH"},)
    client.create_table(
        TableName=name,
        KeySchema=list(keys),
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return client, name


def by_region(table, row, change, holds, values):
    """The row after the write in the region, or None where it was refused."""
    client, name = table
    key = {"pk": {"S": uuid.uuid4().hex}}
    if row is not None:
        client.put_item(TableName=name, Item={**row, **key})
    named = set(re.findall(r":\w+", f"{change} {holds}"))
    used = {name: plain for name, plain in values.items() if name in named}
    try:
        answer = client.update_item(
            TableName=name,
            Key=key,
            UpdateExpression=change,
            ConditionExpression=holds,
            ExpressionAttributeValues=used,
            ReturnValues="ALL_NEW",
        )
    except ClientError as error:
        assert error.response["Error"]["Code"] == "ConditionalCheckFailedException"
        return None
    return {n: v for n, v in answer["Attributes"].items() if n != "pk"}


def by_closures(row, change, holds, values):
    """The row after the write by the compiled expressions, or None."""
    item = {"pk": {"S": "k"}, **row} if row is not None else None
    if not condition(holds)(item or {}, values):
        return None
    after = update(change)(item or {"pk": {"S": "k"}}, values)
    return {n: v for n, v in after.items() if n != "pk"}


rows = st.none() | st.dictionaries(name, value, max_size=5).map(
    lambda row: {**row, "gen": {"N": "3"}}
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(row=rows, holds=tests, change=st.sampled_from(UPDATES), p=value, q=value)
def test_a_write_has_the_outcome_that_it_has_in_the_region(
    table, row, holds, change, p, q
):
    """Conditions and changes mean the same here and there."""
    values = {":p": p, ":q": q, ":kind": {"S": "N"}, ":one": {"N": "1"}}
    values |= {":low": {"N": "0"}, ":high": {"N": "5"}, ":none": {"L": []}}
    values[":event"] = {"L": [{"S": "now"}]}
    # A write without any value is another request.
    holds = f"{holds} AND ({holds} OR note <> :p)"

    there = by_region(table, row, change, holds, values)

    assert by_closures(row, change, holds, values) == there


@pytest.mark.parametrize("edge", EDGES)
def test_every_edge_is_understood(edge):
    """No expression of the product is beyond what is simulated."""
    change, holds = expressions(EDGES[edge])

    assert callable(update(change))
    assert callable(condition(holds))


@pytest.mark.parametrize(
    "text", ["size(a) > :b", "a = ", "a = :b AND", "(a = :b", "a.b = :c", "a ~ :b"]
)
def test_what_is_beyond_the_grammar_is_refused(text):
    """A guess could hide a flaw."""
    with pytest.raises(Unspoken):
        condition(text)
