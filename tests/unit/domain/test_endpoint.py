"""The one text that stands for an endpoint."""

import pytest

from asgwarm.domain.endpoint import endpoint_from

GOOD = "eice-0123456789abcdef0 eice-0.ec2-instance-connect-endpoint.on.aws sg-0123abcd"


@pytest.mark.parametrize("text", [GOOD, GOOD.replace(".on.aws", ".test:4566")])
def test_what_is_read_is_written_the_same(text):
    """The function and the template carry it without looking into it."""
    endpoint = endpoint_from(text)

    assert str(endpoint) == text
    assert (endpoint.endpoint_id, endpoint.group_id) == (GOOD[:22], GOOD[-11:])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "eice-0123456789abcdef0",
        GOOD.replace(" ", "  "),
        GOOD.replace("sg-", "vpc-"),
        GOOD.replace("eice-0.", "user@eice-0."),
        GOOD.replace("eice-0.", "x/?y="),
        GOOD + "\n",
    ],
)
def test_what_could_lead_elsewhere_is_refused(text):
    """The host becomes part of a URL."""
    with pytest.raises(ValueError, match="no endpoint"):
        endpoint_from(text)
