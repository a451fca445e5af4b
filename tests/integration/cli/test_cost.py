"""`cost`: what a pool cost, and whether its sizes fit."""

import pytest

from tests.integration.pools import serve


@pytest.fixture(scope="module")
def spent(own_region):
    """A pool of this file alone, one instance hot."""
    return serve(own_region, "spent", hot=1, warm=0, cap=20)


def test_who_waited_is_told_by_the_history_and_counted(own_home, spent):
    """One is served at once, and the next one waits for the refill."""
    spent.until_ready()
    first = own_home.run("get", "spent", "--no-shell", "--json").document
    waited = own_home.run(
        "get", "spent", "--wait", "20s", "--no-shell", "--json"
    ).document
    for lease in (first, waited):
        own_home.run("release", lease["lease_id"])
    told = own_home.run("logs", "spent").out.decode()

    found = own_home.run("cost", "spent", "--json").document

    assert waited["tier"] == "cold"
    assert (found["gets"], found["waited"]) == (2, 1)
    assert f"waited {found['waited_ms'][0] // 1000} s" in told
    assert found["schema"] == "asgwarm.cost/v1"
    assert found["users"][0]["user"] == first["owner"].rpartition(":")[0]
    assert found["covered_ms"] < found["asked_ms"] == 7 * 86_400_000


def test_every_amount_is_an_estimate_and_the_tiers_are_complete(own_home, spent):
    """Programs get every tier, also one that nobody was in."""
    found = own_home.run("cost", "spent", "--json", "--since", "1h").document

    amounts = [found["total"], found["control"], *(t["cost"] for t in found["tiers"])]
    assert {amount["currency"] for amount in amounts} == {"USD"}
    assert all(amount["estimate"] for amount in amounts)
    assert [tier["tier"] for tier in found["tiers"]] == [
        *("ready", "warm", "warming", "leased", "spare", "draining", "quarantined"),
    ]


def test_a_person_gets_a_table_and_what_to_type_next(own_home, spent):
    """Data on stdout, the next command on stderr."""
    spent.until_ready()

    done = own_home.run("cost", "spent")

    head, *lines = done.out.decode().splitlines()
    assert done.code == 0
    assert head.startswith("pool spent, us-east-1, m7i.large, ")
    assert head.endswith("(estimate)")
    assert any(line.startswith("ready, idle") for line in lines)
    assert any(line.startswith("leased ") for line in lines)
    assert done.err.startswith("next: asgwarm ")


def test_without_a_price_hours_are_shown_and_why_there_is_no_more(own_home, own_region):
    """An instance type that the table of prices does not know is not guessed."""
    serve(own_region, "odd", hot=1, warm=0, cap=2, instance_type="x9.huge")

    done = own_home.run("cost", "odd")
    found = own_home.run("cost", "odd", "--json").document

    said = done.out.decode()
    assert "hours only: no price is known for x9.huge in us-east-1" in said
    assert "$" not in said
    assert found["total"] is None
    assert found["why_no_price"].startswith("no price is known")


def test_who_may_not_read_the_stack_gets_the_hours(own_home, own_region, spent):
    """The price is an extra."""
    refused = {"service": "cloudformation", "kind": "denied"}
    own_region.control.set_faults(http=[refused])

    done = own_home.run("cost", "spent", "--json")

    assert done.code == 0
    assert done.document["total"] is None
    assert "DescribeStacks" in done.document["why_no_price"]


@pytest.mark.parametrize("since", ["0", "soon"])
def test_a_time_that_is_none_is_a_usage_error(nowhere, since):
    """Nothing is asked of AWS."""
    done = nowhere.run("cost", "--since", since)

    assert done.code == 2


def test_a_pool_without_instances_has_cost_next_to_nothing(own_home, own_region):
    """And no table is drawn of it."""
    serve(own_region, "empty", hot=0, warm=0, cap=1)

    done = own_home.run("cost", "empty")

    assert "there was no instance in this time" in done.out.decode()
    assert "TIER" not in done.out.decode()
