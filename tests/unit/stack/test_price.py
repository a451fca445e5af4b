"""Estimates of what a pool costs."""

from decimal import Decimal

import pytest

from asgwarm.stack.options import PoolOptions
from asgwarm.stack.price import rate


def test_the_default_pool_costs_what_its_parts_cost():
    """One running instance with its volume and address, two volumes at rest."""
    found = rate(PoolOptions(pool="dev"), "us-east-1")

    volume = Decimal(8) * Decimal("0.08") / 730
    running = Decimal("0.1008") + Decimal("0.005") + volume
    assert found is not None
    assert found.instance_per_hour == running
    assert found.per_hour == running + 2 * volume
    assert found.per_month == found.per_hour * 730
    assert found.worst_per_hour == 10 * running + 2 * volume
    assert (found.currency, found.estimate) == ("USD", True)


def test_metrics_cost_what_cloudwatch_takes_for_eight():
    """Whether or not anything runs."""
    told = rate(PoolOptions(pool="dev", hot=0, warm=0, metrics="yes"), "us-east-1")
    silent = rate(PoolOptions(pool="dev", hot=0, warm=0), "us-east-1")

    assert told is not None
    assert silent is not None
    assert round(told.per_month, 2) == Decimal("2.40")
    assert silent.per_hour == 0


def test_a_warm_pool_that_runs_costs_as_much_as_hot_instances():
    """Warmed:Running is billed like any running instance."""
    hot = rate(PoolOptions(pool="dev", hot=3, warm=0), "us-east-1")
    warm = rate(
        PoolOptions(pool="dev", hot=1, warm=2, pool_state="Running"), "us-east-1"
    )

    assert hot is not None
    assert warm is not None
    assert hot.per_hour == warm.per_hour


def test_a_private_pool_pays_no_address():
    """Public IPv4 addresses are what costs."""
    public = rate(PoolOptions(pool="dev", warm=0), "us-east-1")
    private = rate(PoolOptions(pool="dev", warm=0, address="private"), "us-east-1")

    assert public is not None
    assert private is not None
    assert public.per_hour - private.per_hour == Decimal("0.005")


@pytest.mark.parametrize(
    ("instance_type", "region"), [("x9.huge", "us-east-1"), ("m7i.large", "eu-west-1")]
)
def test_an_unknown_price_is_not_guessed(instance_type, region):
    """No number is better than a wrong one."""
    options = PoolOptions(pool="dev", instance_type=instance_type)

    assert rate(options, region) is None
