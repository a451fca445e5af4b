"""What a pool's instances cost by what they did."""

from dataclasses import replace
from decimal import Decimal

import pytest

from asgwarm.domain.usage import Tier, Usage
from asgwarm.stack.options import PoolOptions
from asgwarm.stack.price import bill, hourly

HOUR_S = 3600
MACHINE, VOLUME, ADDRESS = (
    Decimal("0.1008"),
    8 * Decimal("0.08") / 730,
    Decimal("0.005"),
)
NOTHING = Usage(
    since=0,
    until=0,
    seconds=dict.fromkeys(Tier, 0),
    users={},
    instances=0,
    starts=0,
    short_s=0,
    changes=0,
)


def _each(**options):
    pool = PoolOptions(pool="dev", **options).filled()
    each = hourly(pool, "us-east-1")
    assert each is not None
    return each


def _spent(**hours):
    """A usage of so many hours in tiers."""
    spent = {Tier(t): h * HOUR_S for t, h in hours.items()}
    seconds = {**NOTHING.seconds, **spent}
    return replace(NOTHING, seconds=seconds)


@pytest.mark.parametrize(
    "tier", ["ready", "warming", "leased", "spare", "draining", "quarantined"]
)
def test_an_instance_that_runs_costs_all_of_it(tier):
    """Whatever it is good for meanwhile."""
    found = bill(_spent(**{tier: 10}), _each())

    parts = found.tiers[Tier(tier)]
    assert parts.machine == 10 * MACHINE
    assert parts.volume == 10 * VOLUME
    assert parts.address == 10 * ADDRESS
    assert found.total == parts.total == 10 * (MACHINE + VOLUME + ADDRESS)


def test_an_instance_that_rests_costs_its_disk():
    """Unless the warm pool runs."""
    stopped = bill(_spent(warm=10), _each())
    running = bill(_spent(warm=10), _each(pool_state="Running"))

    assert stopped.total == 10 * VOLUME
    assert running.total == 10 * (MACHINE + VOLUME + ADDRESS)


def test_seconds_that_are_billed_and_were_not_run_cost_the_machine():
    """A minute a start at least, of the machine alone."""
    assert bill(replace(NOTHING, short_s=HOUR_S), _each()).minimum == MACHINE


def test_function_and_table_of_an_idle_pool_cost_cents_a_month():
    """A pass a minute, whatever happens; changes come on top."""
    month = replace(NOTHING, until=730 * HOUR_S)
    busy = replace(month, changes=10_000)

    idle = bill(month, _each()).control

    assert Decimal("0.10") < idle < Decimal("0.50")
    more = bill(busy, _each()).control - idle
    assert Decimal("0.10") < more < Decimal("0.12")


def test_what_has_no_price_has_no_hourly_one():
    """Nothing is guessed."""
    pool = PoolOptions(pool="dev", instance_type="x9.huge").filled()

    assert hourly(pool, "us-east-1") is None
    assert hourly(PoolOptions(pool="dev").filled(), "eu-west-1") is None
