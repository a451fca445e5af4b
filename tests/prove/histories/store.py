"""Pools without instances: tables full of ids that can be claimed once.

A pool here is a table with the keys and the index that the template gives it, META as
the function writes it, and rows of instances that are READY. Many small pools serve
better than a large one: an emulated Query reads its whole partition.
"""

import secrets
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import yaml

from asgwarm.clock import now_s
from asgwarm.connect.keys import SessionKey
from asgwarm.domain.record import shard_of
from asgwarm.registry.registry import Registry
from asgwarm.registry.table import encode
from asgwarm.stack.template import template_text
from tests.prove.histories.history import Row

KEPT = (
    "AttributeDefinitions",
    "KeySchema",
    "LocalSecondaryIndexes",
    "BillingMode",
)
META: dict[str, object] = {
    "pool_mode": "ACTIVE",
    "hot": 1,
    "warm": 0,
    "cap": 10,
    "max_lease_s": 3600,
    "owner_cap": 0,
    "seen_at": now_s(),
    "refresh_at": 0,
    "trouble": "",
}
BATCH = 25  # items of one BatchWriteItem
STACK = "arn:aws:cloudformation:us-east-1:123456789012:stack/asgwarm-{}/1"


class _Cfn(yaml.SafeLoader):
    """A loader that takes the template's short forms as they stand."""


_Cfn.add_multi_constructor("!", lambda loader, suffix, node: node.value)


def table_keys() -> dict[str, Any]:
    """What CreateTable needs to know of the template's table, without a name."""
    template = yaml.load(template_text(), _Cfn)  # noqa: S506  # a SafeLoader
    properties = template["Resources"]["Table"]["Properties"]
    return {name: properties[name] for name in KEPT}


def open_pool(client: Any, pool: str, *, shards: int = 1) -> None:
    """Make a pool's table and its META."""
    name = f"asgwarm-{pool}"
    client.create_table(TableName=name, **table_keys())
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    meta = {"pk": f"POOL#{pool}", "sk": "META", "epoch": STACK.format(pool), **META}
    meta["shards"] = shards
    client.put_item(TableName=name, Item={k: encode(v) for k, v in meta.items()})


def fill(client: Any, pool: str, ids: Iterable[str], *, shards: int = 1) -> None:
    """Put a READY row for each id into a pool of so many shards."""
    host_key = SessionKey.generate().public_line
    rows = iter([_ready(pool, one, host_key, shards) for one in ids])
    while puts := [{"PutRequest": {"Item": row}} for row in islice(rows, BATCH)]:
        client.batch_write_item(RequestItems={f"asgwarm-{pool}": puts})


def _ready(pool: str, instance_id: str, host_key: str, shards: int) -> dict[str, Any]:
    row = {
        "pk": f"POOL#{pool}#{shard_of(instance_id, shards)}",
        "sk": f"I#{instance_id}",
        "v": 1,
        "st": "READY",
        "gen": 2,
        "epoch": STACK.format(pool),
        "since": 1,
        "born_at": 1,
        "ready_key": secrets.token_hex(8),
        "host_key": host_key,
        "address": "127.0.250.1",
        "port": 22,
        "os_user": "ec2-user",
    }
    return {name: encode(value) for name, value in row.items()}


def rows_of(client: Any, pool: str) -> Iterator[Row]:
    """Every instance row of a pool, whatever may stand in it."""
    registry = Registry(client, pool, "checker")
    registry.meta()
    for row in registry.rows():
        yield Row(
            instance_id=str(row["sk"])[2:],
            pool=pool,
            state=str(row["st"]),
            owner=str(row.get("lease_owner", "")),
            lease_id=str(row.get("lease_id") or row.get("last_lease") or ""),
        )


def instance_ids(count: int) -> list[str]:
    """Ids that nothing ever had."""
    return [f"i-{secrets.token_hex(8)}" for _ in range(count)]
