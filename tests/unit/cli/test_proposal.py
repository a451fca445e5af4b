"""What `up` is told, and how it says what it will do."""

from dataclasses import replace
from decimal import Decimal

import pytest

from asgwarm.cli.commands.up import Flags
from asgwarm.cli.proposal import Proposal, options
from asgwarm.cli.views import stack
from asgwarm.config import Value
from asgwarm.errors import ConfigError
from asgwarm.provision import Refreshed
from asgwarm.stack.leftovers import Leftover
from asgwarm.stack.options import PoolOptions
from asgwarm.stack.price import rate

SAID = PoolOptions(pool="dev", allow="203.0.113.7/32")
NEW = Proposal(
    pool="dev",
    region="us-east-1",
    exists=False,
    local=False,
    own_address=True,
    said=SAID,
    whole=SAID.filled(),
    rate=rate(SAID, "us-east-1"),
)


def test_what_nobody_said_stays_unsaid():
    """An update keeps what it was not asked to change."""
    assert options("dev", Flags(), {}) == PoolOptions(pool="dev")


def test_what_was_typed_wins_over_the_file():
    """Flags hide the defaults of asgwarm.toml one by one."""
    configured: dict[str, Value] = {
        "hot": 3,
        "warm": 4,
        "max-lease": "2h",
        "subnet": "subnet-0123abcd",
    }

    found = options("dev", Flags(hot=1, max_lease="90m"), configured)

    assert (found.hot, found.warm, found.max_lease_s) == (1, 4, 5400)
    assert found.subnets == ("subnet-0123abcd",)


def test_zero_is_something_that_was_said():
    """A pool without a warm pool can be asked for."""
    assert options("dev", Flags(warm=0), {"warm": 4}).warm == 0


def test_the_set_up_script_is_read(tmp_path):
    """The script travels as its bytes."""
    script = tmp_path / "boot.sh"
    script.write_bytes(b"#!/bin/sh\n")

    assert options("dev", Flags(setup=script), {}).setup == b"#!/bin/sh\n"


def test_a_script_that_cannot_be_read_is_named(tmp_path):
    """The error says which file and why."""
    with pytest.raises(ConfigError, match=r"boot\.sh cannot be read: No such file"):
        options("dev", Flags(setup=tmp_path / "boot.sh"), {})


def test_price_and_way_in_are_shown_before_the_question():
    """The worst case and the opened address are in what a person confirms."""
    assert stack.plan_lines(NEW) == [
        "create pool dev in us-east-1",
        "  instances  1 hot, 2 warm, at most 10 (m7i.large)",
        "  way in     public address, port 22 open to 203.0.113.7/32 only "
        "(your own address)",
        "  price      $0.11 an hour, $79 a month (estimate)",
        "  at worst   $1.07 an hour, with 10 instances (estimate)",
    ]


def test_a_limit_for_each_user_is_shown_where_there_is_one():
    """Whoever confirms a pool sees how many leases one user may have."""
    said = options("dev", Flags(owner_cap=2), {"owner-cap": 5})

    lines = stack.plan_lines(replace(NEW, said=said, whole=said.filled()))

    assert said.owner_cap == 2
    assert said.parameters()["OwnerCap"] == "2"
    assert "  leases     2 a user at most" in lines
    assert not any("a user at most" in line for line in stack.plan_lines(NEW))


def test_metrics_are_shown_and_priced_where_they_are_asked_for():
    """They are money each month, whatever runs."""
    said = options("dev", Flags(metrics="yes"), {"metrics": "no"})
    told = replace(NEW, said=said, whole=said.filled())

    assert said.parameters()["Metrics"] == "yes"
    assert "  metrics    in CloudWatch" in stack.plan_lines(told)
    assert stack.plan_document(told)["metrics"] is True
    assert not any("metrics" in line for line in stack.plan_lines(NEW))


def test_an_unknown_price_is_not_guessed():
    """Other types and regions say that nothing is known."""
    assert stack.plan_lines(replace(NEW, rate=None))[-1].endswith(
        "not known for this instance type and region"
    )


def test_the_local_region_is_said_to_be_not_isolated():
    """Instances of the emulated region are shells on the user's own computer."""
    lines = stack.plan_lines(replace(NEW, local=True, own_address=False))

    assert any(line.strip() == stack.NOT_ISOLATED for line in lines)
    assert any("nothing here; on AWS $0.11" in line for line in lines)


def test_a_plan_is_a_document():
    """Programs get the price as a marked estimate."""
    document = stack.plan_document(NEW)

    assert document["schema"] == "asgwarm.plan/v1"
    worst = document["worst_rate_per_hour"]
    assert isinstance(worst, dict)
    assert Decimal(str(worst["amount"])) > 1
    assert worst["estimate"] is True


def test_a_refresh_says_what_it_replaces_and_what_it_leaves():
    """The leased ones are named as those that stay."""
    done = Refreshed(pool="dev", ready=1, warm=2, warming=0, leased=3, ended=0)

    assert stack.refresh_lines(done) == [
        "3 instances are to be replaced (1 ready, 2 warm, 0 warming)",
        "3 leased stay as they are",
    ]
    assert stack.refresh_lines(replace(done, warm=0, leased=0, ended=1)) == [
        "1 instance is to be replaced (1 ready, 0 warm, 0 warming)",
        "1 ready ended at once",
    ]


def test_leftovers_are_listed():
    """After `down` each thing that still costs money has its line."""
    left = [Leftover(kind="volume", id="vol-1")]

    assert "  volume vol-1" in stack.down_lines("dev", left)
    assert stack.down_document("dev", left)["leftovers"] == [
        {"kind": "volume", "id": "vol-1"}
    ]
    assert stack.down_advice("dev", left) == "aws ec2 delete-volume --volume-id vol-1"
    kept = [Leftover(kind="AWS::EC2::SecurityGroup", id="sg-1")]
    assert stack.down_advice("dev", kept) == "asgwarm down dev"
    assert stack.down_lines("dev", []) == ["pool dev is gone, nothing billable remains"]
