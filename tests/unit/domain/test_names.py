"""What people type is checked before it reaches any call."""

import pytest

from asgwarm.domain.names import (
    check_name,
    check_pool,
    check_token,
    duration_s,
    pool_of_lease,
    stack_name,
)
from asgwarm.errors import ConfigError


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (check_pool, ["dev", "a1", "a" * 31], ["", "a", "Dev", "1a", "a" * 32, "a\n"]),
        (check_name, ["", "web", "W_1-x"], ["1web", "a b", "a" * 64, "a;b", "a\n"]),
        (check_token, ["", "build-123", "9"], ["a.b", "a/b", "a" * 65, "é", "a\n"]),
    ],
)
def test_only_what_fits_the_grammar_is_taken(check, good, bad):
    """It comes back unchanged; anything else is an error that says the form."""
    assert [check(text) for text in good] == good
    for text in bad:
        with pytest.raises(ConfigError):
            check(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), ("15m", 900), ("2h", 7200), (" 7d ", 604_800)],
)
def test_a_duration_is_a_number_and_a_unit(text, seconds):
    """Without a unit it is seconds."""
    assert duration_s(text) == seconds


@pytest.mark.parametrize("text", ["", "h", "-1", "1.5h", "1w", "1h30m", "9" * 10])
def test_another_duration_is_refused(text):
    """Nothing is guessed."""
    with pytest.raises(ConfigError, match="no duration"):
        duration_s(text)


def test_a_lease_id_carries_its_pool():
    """It is all that is needed to find a lease again."""
    assert pool_of_lease("dev.0123abcd") == "dev"
    assert stack_name("dev") == "asgwarm-dev"
    for text in ("dev", "dev.", ".x", "Dev.x", "dev.a.b"):
        with pytest.raises(ConfigError, match="no lease id"):
            pool_of_lease(text)
