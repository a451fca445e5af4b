"""A pool behind an endpoint, in a region of one file's own."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from asgwarm.clock import now_s
from asgwarm.lean.keys import Keys
from asgwarm.lean.presign import presigned
from asgwarm.lean.sigv4 import Scope
from asgwarm.stack.network import endpoint_in
from tests.integration.cli.conftest import Home, home_in, terminal  # noqa: F401  # a fixture
from tests.integration.pools import Pool, ask_for_endpoint, clients_of, serve

GONE = 404, "ResourceNotFound"


@dataclass
class Way:
    """A pool's endpoint, and what AWS's own command line would ask it for."""

    pool: Pool
    endpoint: Any
    keys: Keys

    def url(self, **changes: Any) -> str:
        """A signed URL; a parameter that is None is left out.

        Args:
            changes: Query parameters, and `keys`, `service`, `age_s`.
        """
        keys = changes.pop("keys", self.keys)
        service = changes.pop("service", "ec2-instance-connect")
        age_s = changes.pop("age_s", 0)
        host, port = self.address()
        query = {
            "instanceConnectEndpointId": self.endpoint.endpoint_id,
            "remotePort": port,
            "privateIpAddress": host,
        } | changes
        asked = urlencode({k: v for k, v in query.items() if v is not None})
        return presigned(
            f"ws://{self.endpoint.host}/openTunnel?{asked}",
            expires_s=60,
            keys=keys,
            scope=Scope(region=self.pool.region.info.region, service=service),
            now=now_s() - age_s,
        )

    def _ready(self) -> dict[str, str] | None:
        rows = self.pool.rows().values()
        return next((row for row in rows if row["st"] == "READY"), None)

    def address(self) -> tuple[str, int]:
        """Where some ready instance answers, inside."""
        row = self.pool.region.until(self._ready)
        return row["address"], int(row["port"])

    def group(self) -> str:
        """The security group of the pool's instances."""
        (stack,) = self.pool.region.client("cloudformation").describe_stack_resources(
            StackName=f"asgwarm-{self.pool.name}", LogicalResourceId="SecurityGroup"
        )["StackResources"]
        return str(stack["PhysicalResourceId"])

    async def refusal(self, url: str) -> tuple[int, str, str]:
        """Status, code and words for a URL that opens nothing."""
        with pytest.raises(InvalidStatus) as caught:
            await connect(url)
        said = json.loads(caught.value.response.body)
        return caught.value.response.status_code, said["ErrorCode"], said["Message"]


def deploy_endpoint(region: Any) -> Any:
    """Make the default VPC's endpoint from the template; return it."""
    network = ask_for_endpoint(region, "endpoint")
    cloudformation = region.client("cloudformation")
    region.until(
        lambda: (
            cloudformation.describe_stacks(StackName="endpoint")["Stacks"][0][
                "StackStatus"
            ]
            == "CREATE_COMPLETE"
        )
    )
    return endpoint_in(clients_of(region).ec2, network.vpc)


@pytest.fixture(scope="module")
def way(own_region: Any) -> Way:
    """Two hot instances behind an endpoint."""
    endpoint = deploy_endpoint(own_region)
    pool = serve(
        own_region,
        "dev",
        hot=2,
        warm=0,
        cap=20,
        allow="",
        address="endpoint",
        endpoint=str(endpoint),
    )
    info = own_region.info
    keys = Keys(
        access_key_id=info.access_key_id, secret_access_key=info.secret_access_key
    )
    return Way(pool, endpoint, keys)


@pytest.fixture
def home(tmp_path: Path, own_region: Any) -> Iterator[Home]:
    """A user whose environment leads to that region; faults end with the test."""
    with home_in(tmp_path / "home", **own_region.environment()) as made:
        yield made
    own_region.control.set_faults()


@pytest.fixture
def rules(own_region: Any) -> Iterator[Callable[..., None]]:
    """Takes rules of a security group away until the test is over."""
    ec2, taken = own_region.client("ec2"), []

    def take(group_id: str, direction: str) -> None:
        (group,) = ec2.describe_security_groups(GroupIds=[group_id])["SecurityGroups"]
        name = {"ingress": "IpPermissions", "egress": "IpPermissionsEgress"}[direction]
        for rule in group[name]:  # the base knows a pair by its group alone
            for pair in rule["UserIdGroupPairs"]:
                pair.pop("UserId", None)
        getattr(ec2, f"revoke_security_group_{direction}")(
            GroupId=group_id, IpPermissions=group[name]
        )
        taken.append((group_id, direction, group[name]))

    yield take
    for group_id, direction, permissions in taken:
        getattr(ec2, f"authorize_security_group_{direction}")(
            GroupId=group_id, IpPermissions=permissions
        )
