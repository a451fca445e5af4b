"""A doctor looks through the endpoint, as a `get` goes."""

import pytest

from asgwarm.doctor.checkup import examine
from asgwarm.doctor.facts import Around, Facts
from tests.integration.pools import clients_of

pytestmark = pytest.mark.long


def _found(way) -> list[str]:
    way.address()  # some instance is ready
    facts = Facts(way.pool.name, clients_of(way.pool.region), Around(env={}))
    return [finding.id for finding in examine(facts).findings]


def test_a_pool_behind_an_endpoint_is_well(way):
    """Its port is closed to everybody else, and that is as it should be."""
    assert _found(way) == []


def test_a_group_that_does_not_let_the_endpoint_in_is_found(way, rules):
    """It is the instances' own rule that is missing."""
    rules(way.group(), "ingress")

    assert _found(way) == ["port-closed"]


def test_an_endpoint_that_leads_nowhere_is_found(way, rules):
    """Its own group lets nothing out."""
    rules(way.endpoint.group_id, "egress")

    assert _found(way) == ["endpoint-unreached"]
