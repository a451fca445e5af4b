"""Who waits for an instance: a row for each, so that the pool can count them."""

from asgwarm.registry.leases import Leases
from asgwarm.registry.table import encode


def wait_here(leases: Leases, waiter_id: str, until: int) -> None:
    """Be counted among those who wait for an instance, until a time of AWS's."""
    key = {"pk": encode(f"WAIT#{leases.pool}"), "sk": encode(waiter_id)}
    with leases.named("dynamodb:PutItem"):
        leases.registry.client.put_item(
            TableName=leases.registry.name, Item={**key, "ttl_at": encode(until)}
        )


def wait_no_more(leases: Leases, waiter_id: str) -> None:
    """Be counted no more; who never was is fine."""
    key = {"pk": encode(f"WAIT#{leases.pool}"), "sk": encode(waiter_id)}
    with leases.named("dynamodb:DeleteItem"):
        leases.registry.client.delete_item(TableName=leases.registry.name, Key=key)
