"""The tunnel to a lease's instance, opened as whoever holds the lease.

Rule: the URL is signed anew for each tunnel, since it is good for a minute only.
"""

from collections.abc import Callable
from urllib.parse import urlencode

from asgwarm.aws_errors import translated
from asgwarm.clients import Clients
from asgwarm.clock import now_s
from asgwarm.connect.refused import ACTION
from asgwarm.connect.target import Target
from asgwarm.connect.tunnel import Tunnel
from asgwarm.domain.endpoint import endpoint_from
from asgwarm.lean.presign import presigned
from asgwarm.lean.sigv4 import Scope

PATH = "/openTunnel"
EXPIRES_S = 60  # as the AWS CLI signs it


def tunnel_to(target: Target, clients: Clients, warn: Callable[[str], None]) -> Tunnel:
    """Return the way to *target*, which has an endpoint; nothing is opened yet."""
    endpoint = endpoint_from(target.endpoint)
    tls = clients.tls(endpoint.host.partition(":")[0])
    asked = urlencode(
        {
            "instanceConnectEndpointId": endpoint.endpoint_id,
            "remotePort": target.port,
            "privateIpAddress": target.address,
        }
    )

    def url() -> str:
        with translated(ACTION, endpoint.endpoint_id):
            keys = clients.keys()
        return presigned(
            f"{'wss' if tls else 'ws'}://{endpoint.host}{PATH}?{asked}",
            expires_s=EXPIRES_S,
            keys=keys,
            scope=Scope(region=clients.region, service="ec2-instance-connect"),
            now=now_s(),
        )

    return Tunnel(target, endpoint, url, tls=tls, warn=warn)
