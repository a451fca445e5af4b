"""Pools that serve in an emulated region, and the product's own clients for it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from asgwarm import provision
from asgwarm.clients import AwsSettings, Clients
from asgwarm.domain.record import shard_of
from asgwarm.stack.network import Network, default_network
from asgwarm.stack.options import PoolOptions
from asgwarm.stack.template import template_text


@dataclass
class Pool:
    """A pool that serves, looked at from outside."""

    name: str
    region: Any
    shards: int = 1

    @cached_property
    def table(self) -> Any:
        """A client of its table's service."""
        return self.region.client("dynamodb")

    def key(self, instance_id: str) -> dict[str, Any]:
        """The key of an instance's row."""
        shard = shard_of(instance_id, self.shards)
        pk = {"S": f"POOL#{self.name}#{shard}"}
        return {"pk": pk, "sk": {"S": f"I#{instance_id}"}}

    def rows(self) -> dict[str, dict[str, Any]]:
        """Instance rows of the registry as plain values, by instance id."""
        return {
            item["sk"]["S"][2:]: {
                name: next(iter(typed.values())) for name, typed in item.items()
            }
            for shard in range(self.shards)
            for item in self._partition(f"POOL#{self.name}#{shard}")
        }

    def waiters(self) -> dict[str, int]:
        """When the row of each who waits ends, by its key."""
        found = self._partition(f"WAIT#{self.name}")
        return {row["sk"]["S"]: int(row["ttl_at"]["N"]) for row in found}

    def _partition(self, pk: str) -> list[dict[str, Any]]:
        answer = self.table.query(
            TableName=f"asgwarm-{self.name}",
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": pk}},
            ConsistentRead=True,
        )
        return list(answer["Items"])

    def in_state(self, state: str) -> list[str]:
        """Ids of the instances whose row says *state*."""
        return [i for i, row in self.rows().items() if row["st"] == state]

    def leased(self) -> dict[str, str]:
        """Instance ids by the id of the live lease that holds them."""
        rows = self.rows().items()
        return {row["lease_id"]: i for i, row in rows if row["st"] == "LEASED"}

    def until_ready(self, count: int = 1) -> list[str]:
        """Ids of the ready instances, once there are *count*."""
        found: list[str] = self.region.until(
            lambda: len(ready := self.in_state("READY")) >= count and ready
        )
        return found

    def until_leased(self, count: int = 1) -> dict[str, str]:
        """The live leases, once there are *count*."""
        found: dict[str, str] = self.region.until(
            lambda: len(held := self.leased()) >= count and held
        )
        return found


def settings_of(region: Any) -> AwsSettings:
    """The product's settings for *region*."""
    return AwsSettings(
        region=region.info.region,
        endpoint_url=region.info.endpoint_url,
        access_key_id=region.info.access_key_id,
        secret_access_key=region.info.secret_access_key,
    )


def clients_of(region: Any) -> Clients:
    """The product's own clients for *region*."""
    return Clients(settings_of(region))


def serve(region: Any, name: str, **options: Any) -> Pool:
    """Create a pool and return once its hot instances are ready."""

    def pause(seconds: float) -> None:
        region.control.wait_change(min(seconds, 0.2))

    clients = clients_of(region)
    network = default_network(clients.ec2)
    usual = {"vpc": network.vpc, "subnets": network.subnets, "allow": "127.0.0.0/8"}
    asked = PoolOptions(pool=name, **(usual | options))
    provision.up(asked, clients, on_event=lambda event: None, sleep=pause)
    return Pool(name, region, options.get("shards", 1))


def ask_for_endpoint(region: Any, stack: str) -> Network:
    """Begin to make the default VPC's endpoint from the template; return the VPC."""
    network = default_network(region.client("ec2"))
    values = {"VpcId": network.vpc, "SubnetId": network.subnets[0]}
    region.client("cloudformation").create_stack(
        StackName=stack,
        TemplateBody=template_text("endpoint"),
        Parameters=[
            {"ParameterKey": key, "ParameterValue": text}
            for key, text in values.items()
        ],
    )
    return network
