"""An EC2 Instance Connect Endpoint, as the template and the rows carry it.

It is one text, so that the function passes it on without understanding it:
`eice-0123456789abcdef0 eice-….ec2-instance-connect-endpoint.us-east-1.amazonaws.com
sg-0123456789abcdef0`, the three words with one space between.
"""

import re

from asgwarm.domain.value import value

# A port is for an endpoint that is not AWS's own.
FORM = (
    r"(?P<endpoint_id>eice-[0-9a-f]{8,17})"
    r" (?P<host>[a-zA-Z0-9][a-zA-Z0-9.-]{0,252}(:[0-9]{1,5})?)"
    r" (?P<group_id>sg-[0-9a-f]{8,17})"
)


@value
class Endpoint:
    """One endpoint."""

    endpoint_id: str
    host: str  # its DNS name, with a port where that is not the usual one
    group_id: str  # its security group, which instances have to admit

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.host} {self.group_id}"


def endpoint_from(text: str) -> Endpoint:
    """Read an endpoint.

    Raises:
        ValueError: It is not of that form.
    """
    found = re.fullmatch(FORM, text)
    if found is None:
        raise ValueError(f"{text!r} is no endpoint")
    return Endpoint(
        endpoint_id=found["endpoint_id"], host=found["host"], group_id=found["group_id"]
    )
