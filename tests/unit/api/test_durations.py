"""Durations as programs say them."""

import pytest

from asgwarm.api.pool import seconds
from asgwarm.errors import ConfigError


@pytest.mark.parametrize(
    ("said", "meant_s"),
    [("90", 90), ("15m", 900), ("2h", 7200), (30, 30), (0.2, 1), (0, 0), (1.0, 1)],
)
def test_a_duration_is_a_text_or_seconds(said, meant_s):
    """What is no whole second is rounded up: nobody gets less than was asked for."""
    assert seconds(said) == meant_s


@pytest.mark.parametrize("said", ["soon", "", -1, float("nan"), float("inf")])
def test_what_is_no_duration_is_refused(said):
    """With the words of the command line."""
    with pytest.raises(ConfigError, match="is no duration"):
        seconds(said)
