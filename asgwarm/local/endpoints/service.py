"""The parts of the endpoints, put together for the region."""

from collections.abc import Awaitable, Callable, Mapping

from asgwarm.local import seam
from asgwarm.local.answers import Answer
from asgwarm.local.endpoints import records
from asgwarm.local.endpoints.api import EndpointsApi
from asgwarm.local.endpoints.door import TunnelDoor
from asgwarm.local.endpoints.tunnels import Tunnels
from asgwarm.local.instances import Surroundings
from asgwarm.local.signature import Request


class EndpointService:
    """EC2 Instance Connect Endpoints.

    Attributes:
        door: Answers whoever wants a WebSocket.

    Args:
        addresses: Address and port of each instance that answers SSH, by its id.
    """

    def __init__(
        self,
        around: Surroundings,
        *,
        addresses: Callable[[], Mapping[str, tuple[str, int]]],
    ) -> None:
        self._endpoints = records.Endpoints(
            dns_name=around.endpoint_url.removeprefix("http://"), now=around.clock.now
        )
        self.door = TunnelDoor(
            Tunnels(self._endpoints, addresses=addresses, clock=around.clock),
            region=around.region,
            keyring=around.keyring,
            activity=around.activity,
            faults=around.faults,
        )

    def services(self) -> dict[str, Callable[[Request], Awaitable[Answer]]]:
        """Who answers which action of EC2."""
        return EndpointsApi(self._endpoints).services()

    def handlers(self) -> seam.Handlers:
        """What CloudFormation calls."""
        return records.handlers(self._endpoints)
