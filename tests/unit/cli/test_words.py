"""Numbers in words."""

from decimal import Decimal

import pytest

from asgwarm.cli.views.words import dollars, money, span, utc


@pytest.mark.parametrize(
    ("seconds", "spoken"),
    [
        (-5, "0s"),
        (59, "59s"),
        (60, "1m"),
        (3599, "59m"),
        (3600, "1h 00m"),
        (11_100, "3h 05m"),
        (86_399, "23h 59m"),
        (187_200, "2d 4h"),
    ],
)
def test_a_span_has_two_units_at_most(seconds, spoken):
    """The smallest unit that matters at that length comes last."""
    assert span(seconds) == spoken


def test_times_are_rfc_3339_in_utc():
    """Programs get one form of time."""
    assert utc(1_769_860_800) == "2026-01-31T12:00:00Z"


def test_money_for_programs_is_a_text_and_an_estimate():
    """An unknown price is null, never zero."""
    assert money(Decimal("0.1008")) == {
        "amount": "0.1008",
        "currency": "USD",
        "estimate": True,
    }
    assert money(None) is None


@pytest.mark.parametrize(
    ("amount", "spoken"),
    [("0.1244", "$0.12"), ("9.999", "$10.00"), ("90.6", "$91"), ("1234", "$1,234")],
)
def test_money_for_people_is_rounded(amount, spoken):
    """Cents are shown where they matter."""
    assert dollars(Decimal(amount)) == spoken
