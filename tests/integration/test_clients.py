"""The product's own clients: broken answers, and what is waited for."""

from dataclasses import replace

import pytest
from botocore.exceptions import HTTPClientError

from asgwarm.aws_errors import translated
from asgwarm.clients import Clients
from asgwarm.errors import Unavailable
from tests.integration.pools import clients_of, settings_of


@pytest.mark.parametrize("kind", ["garbled", "truncated"])
@pytest.mark.parametrize(
    ("client", "method", "parameters"),
    [
        ("full_dynamodb", "list_tables", {}),
        ("ec2", "describe_vpcs", {}),
    ],
)
def test_an_answer_that_is_no_document_is_no_answer(
    own_region, kind, client, method, parameters
):
    """Broken JSON would else be an empty success: no such table, no such pool."""
    call = getattr(getattr(clients_of(own_region), client), method)
    own_region.control.set_faults(http=[{"kind": kind}])

    with pytest.raises(Unavailable, match="got no answer"), translated("a:B", "one"):
        call(**parameters)

    own_region.control.set_faults()
    assert call(**parameters)["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_what_a_client_tries_and_how_long_it_waits_can_be_set(own_region):
    """The settings' own numbers are a person's."""
    settings = replace(settings_of(own_region), attempts=1, read_timeout_s=0.05)
    own_region.control.set_faults(http=[{"kind": "slow", "delay_s": 0.3}])
    with pytest.raises(HTTPClientError):
        Clients(settings).full_dynamodb.list_tables()
    own_region.control.set_faults()
