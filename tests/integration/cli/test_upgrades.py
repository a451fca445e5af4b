"""An older command line on a newer pool: it works, or says what to do."""

import json

import pytest
from botocore.exceptions import ClientError

from asgwarm import __version__
from asgwarm.stack.template import template_text
from tests.integration.pools import serve

NEWER = "99.1.0"
REFUSED = [
    ("get", "newer", "--wait", "0", "--no-shell"),
    ("ls", "newer"),
    ("status", "newer"),
    ("down", "newer", "--force"),
    *(
        pytest.param(words, marks=pytest.mark.long)
        for words in (
            ("logs", "newer"),
            ("refresh", "newer"),
            ("release", "newer.nobody"),
            ("down", "newer"),
        )
    ),
]


def _say_version(region, pool, version):
    """Let META say which version its rows have, as a newer function does."""
    value = {"N": str(version)}
    region.client("dynamodb").update_item(
        TableName=f"asgwarm-{pool}",
        Key={"pk": {"S": f"POOL#{pool}"}, "sk": {"S": "META"}},
        UpdateExpression="SET v = :v",
        ExpressionAttributeValues={":v": value},
    )


@pytest.fixture(scope="module")
def newer(region):
    """A pool whose rows a newer function writes, by what META says."""
    pool = serve(region, "newer", hot=1, warm=0, cap=3)
    _say_version(region, "newer", 2)
    return pool


@pytest.mark.parametrize("words", REFUSED, ids=str)
def test_rows_of_a_newer_version_are_left_to_who_knows_them(home, newer, words):
    """Nothing is claimed, listed, ended or deleted by who cannot read it."""
    before = newer.rows()

    done = home.run(*words, "--json")

    (error,) = done.documents
    assert (done.code, error["code"]) == (9, "POOL_NEWER")
    assert error["message"] == (
        "pool 'newer' has rows of version 2, and this asgwarm understands 1"
    )
    assert error["hint"] == "pip install --upgrade asgwarm"
    assert newer.rows() == before


@pytest.mark.long
@pytest.mark.parametrize("version", [0, 1])
def test_rows_of_an_older_or_the_same_version_serve(home, region, version):
    """A pool from before versions were noted in META says none at all."""
    name = f"version-{version}"
    pool = serve(region, name, hot=1, warm=0, cap=3)

    assert home.run("get", name, "--", "true").code == 0
    pool.until_ready()
    _say_version(region, name, version)
    assert home.run("get", name, "--", "true").code == 0


@pytest.fixture
def deployed(region):
    """A pool whose template is a newer asgwarm's, of the same rows."""
    pool = serve(region, "ahead", hot=0, warm=0, cap=3)
    _update(region, template_text().replace(f"'{__version__}'", f"'{NEWER}'"))
    return pool


def _update(region, template):
    client = region.client("cloudformation")
    kept = ("Pool", "AllowCidr", "Hot", "Warm", "Cap", "VpcId", "Subnets")
    try:
        client.update_stack(
            StackName="asgwarm-ahead",
            TemplateBody=template,
            Parameters=[{"ParameterKey": k, "UsePreviousValue": True} for k in kept],
            Capabilities=["CAPABILITY_IAM"],
        )
    except ClientError as error:
        assert "No updates" in str(error)  # nothing to change is fine
    region.until(lambda: _stack(client)["StackStatus"] == "UPDATE_COMPLETE")


def _stack(client):
    return client.describe_stacks(StackName="asgwarm-ahead")["Stacks"][0]


def test_an_older_up_takes_no_pool_back_unasked(home, region, deployed):
    """It refuses, the plan too, before anything is asked of CloudFormation."""
    client = region.client("cloudformation")

    for words in (("--yes",), ("--plan",), ("--yes", "--cap", "4")):
        done = home.run("up", "ahead", *words, "--json")
        (error,) = done.documents
        assert (done.code, error["code"]) == (9, "REFUSED")
        assert (
            f"deployed by asgwarm {NEWER}, and this is {__version__}"
            in (error["message"])
        )
        assert error["hint"] == "asgwarm up ahead --force-downgrade"
    assert _version(client) == NEWER
    assert home.run("status", "ahead").code == 0

    plan = home.run("up", "ahead", "--plan", "--json", "--force-downgrade")
    assert plan.code == 0
    assert _version(client) == NEWER

    done = home.run("up", "ahead", "--yes", "--json", "--force-downgrade")
    assert json.loads(done.out.splitlines()[-1])["changed"] is True
    assert _version(client) == __version__


def _version(client):
    outputs = {o["OutputKey"]: o["OutputValue"] for o in _stack(client)["Outputs"]}
    return outputs["Version"]
