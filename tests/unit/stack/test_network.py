"""The caller's own network."""

import pytest

from asgwarm.errors import ConfigError
from asgwarm.stack.network import own_network


def test_the_own_address_is_a_network_of_one():
    """What AWS says ends with a line break."""
    assert own_network(lambda: "203.0.113.7\n") == "203.0.113.7/32"


@pytest.mark.parametrize("said", ["", "<html>", "2001:db8::1", "999.1.1.1"])
def test_an_answer_that_is_no_address_asks_for_allow(said):
    """A captive portal's page never gets into a security group."""
    with pytest.raises(ConfigError) as caught:
        own_network(lambda: said)
    assert "--allow" in caught.value.hint


def test_without_a_network_it_asks_for_allow():
    """The person knows the address, the program cannot."""

    def fail() -> str:
        raise TimeoutError("timed out")

    with pytest.raises(ConfigError, match="timed out"):
        own_network(fail)
