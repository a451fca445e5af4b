"""`cost`: what a pool cost, and whether its sizes fit."""

import pytest

from asgwarm.clock import now_s
from tests.integration.pools import serve


@pytest.fixture(scope="module")
def spent(own_region):
    """A pool of this file alone, one instance hot, and ready for a second at least."""
    pool = serve(own_region, "spent", hot=1, warm=0, cap=20)
    began = now_s()
    own_region.until(lambda: now_s() > began + 1)
    return pool


def test_who_was_served_at_once_has_not_waited(own_home, spent):
    """One was ready."""
    lease = own_home.run("get", "spent", "--no-shell", "--json").document
    own_home.run("release", lease["lease_id"])

    found = own_home.run("cost", "spent", "--json").document

    assert (found["gets"], found["waited"]) == (1, 0)
    assert found["schema"] == "asgwarm.cost/v1"
    assert found["covered_ms"] < found["asked_ms"] == 7 * 86_400_000


def test_who_waited_is_told_by_the_history_and_counted(own_home, own_region):
    """Without hot ones everybody does."""
    serve(own_region, "slow", hot=0, warm=0, cap=3)
    argv = ("get", "slow", "--wait", "50s", "--no-shell", "--json")
    lease = own_home.run(*argv).document
    own_home.run("release", lease["lease_id"])

    found = own_home.run("cost", "slow", "--json").document

    (waited_ms,) = found["waited_ms"]
    assert (found["gets"], found["waited"]) == (1, 1)
    assert waited_ms >= 1000
    assert f"waited {waited_ms // 1000} s" in own_home.run("logs", "slow").out.decode()


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
    assert found["total"] is None
    assert found["why_no_price"].startswith("no price is known")


def test_who_may_not_read_the_stack_gets_the_hours(own_home, own_region, spent):
    """The price is an extra."""
    refused = {"service": "cloudformation", "kind": "denied"}
    own_region.control.set_faults(http=[refused])

    found = own_home.run("cost", "spent", "--json").document
    shown = own_home.run("cost", "spent").out.decode()

    assert found["total"] is None
    assert "DescribeStacks" in found["why_no_price"]
    assert "ready, idle" in shown
    assert "$" not in shown


@pytest.mark.parametrize("since", ["0", "soon"])
def test_a_time_that_is_none_is_a_usage_error(own_home, spent, since):
    """Nobody asks for no time at all."""
    done = own_home.run("cost", "spent", "--since", since)

    assert (done.code, done.out) == (2, b"")
    assert since in done.err


def test_a_pool_without_instances_has_cost_next_to_nothing(own_home, own_region):
    """And no table is drawn of it."""
    serve(own_region, "empty", hot=0, warm=0, cap=1)

    done = own_home.run("cost", "empty")

    assert "there was no instance in this time" in done.out.decode()
    assert "TIER" not in done.out.decode()
