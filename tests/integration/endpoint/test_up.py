"""Setting up a pool whose instances have no public address."""

import pytest

from asgwarm.stack.template import template_text

pytestmark = pytest.mark.long


def ask(home, *words):
    """Run `up` as far as it shows what it would do."""
    return home.run("up", "dev2", "--plan", *words)


def test_the_plan_names_the_endpoint_of_the_vpc(way, home):
    """Nothing else is let in, and what private subnets need is said."""
    done = ask(home, "--address", "endpoint")

    assert done.code == 0, done.err
    assert f"private address through {way.endpoint.endpoint_id}" in done.err
    assert "port 22 open to it only; subnets need NAT or VPC endpoints" in done.err


def test_an_endpoint_may_be_named(way, home):
    """And has to be one of the VPC."""
    own = way.endpoint.endpoint_id
    assert ask(home, "--address", "endpoint", "--endpoint", own).code == 0

    done = ask(home, "--address", "endpoint", "--endpoint", "eice-00000000000000000")

    assert done.code == 2
    assert "has no eice-00000000000000000 that is ready" in done.err
    assert "hint: asgwarm template --endpoint --out endpoint.yaml" in done.err


def test_private_addresses_have_to_be_told_who_reaches_them(way, home):
    """One's own public address would never be seen there."""
    done = ask(home, "--address", "private")
    assert done.code == 2
    assert "hint: asgwarm up dev2 --address private --allow 10.0.0.0/8" in done.err

    assert ask(home, "--address", "private", "--allow", "10.0.0.0/8").code == 0


@pytest.mark.parametrize(
    "words", [[], ["--address", "private", "--allow", "10.0.0.0/8"]]
)
def test_an_endpoint_without_the_address_that_it_is_for_is_refused(way, home, words):
    """It would be ignored otherwise."""
    done = ask(home, *words, "--endpoint", way.endpoint.endpoint_id)

    assert done.code == 2
    assert "--address endpoint" in done.err


def test_the_template_of_the_endpoint_is_printed(home):
    """For whoever deploys it, once for each VPC."""
    done = home.run("template", "--endpoint")

    assert done.out.decode() == template_text("endpoint")
