"""The pool of the bench: always as many ready instances, however many are taken.

Rule 1: rows are written by the product's own Registry, along the edges that its
function takes.
Rule 2: what is taken is replaced at once, as a group does from its warm pool, only
without the time that a start takes. All instances are one and the same sshd.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from asgwarm.domain.meta import Settings
from asgwarm.registry.registry import Registry
from tests.bench.dynamodb import Refused, Rows

POOL, READY = "dev", 10
STACK = f"arn:aws:cloudformation:us-east-1:123456789012:stack/asgwarm-{POOL}/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """The one way into all instances."""

    address: str
    port: int
    os_user: str
    host_key: str


class Supply:
    """A served pool in *rows*, which writes by the time that *now_s* tells."""

    def __init__(self, rows: Rows, door: Door, now_s: Callable[[], int]) -> None:
        self._rows, self._door, self._now_s = rows, door, now_s
        client: Any = _Client(rows)
        self._registry = Registry(client, POOL, "function")
        self._registry.keep_meta(_settings(door))
        self._registry.meta()
        self.refill()

    def refill(self) -> None:
        """Make new instances ready until there are enough; say that rows are good.

        Called after every write from now on, but for the ones that it makes itself.
        """
        self._rows.on_write = _nothing
        now = self._now_s()
        self._registry.put_meta(STACK, "seen_at", now)
        for _ in range(READY - len(self.ready())):
            self._add(now)
        self._rows.on_write = self.refill

    def ready(self) -> list[str]:
        """Ids of the ready instances."""
        pk = {"S": f"{self._registry.meta_pk}#0"}
        answer = self._rows.answer(
            "Query",
            {
                "IndexName": "ready",
                "KeyConditionExpression": "pk = :pk",
                "ExpressionAttributeValues": {":pk": pk},
            },
        )
        return [str(item["sk"]["S"])[2:] for item in answer["Items"]]

    def _add(self, now: int) -> None:
        instance_id = f"i-{secrets.token_hex(8)[:17]}"
        known = {"now": now, "epoch": STACK}
        record = self._registry.move(instance_id, None, "register", **known)
        self._registry.move(
            instance_id,
            record,
            "ready",
            ready_key=secrets.token_hex(8),
            host_key=self._door.host_key,
            address=self._door.address,
            port=self._door.port,
            os_user=self._door.os_user,
            endpoint="",
            tier="warm",
            setup="",
            **known,
        )


def _nothing() -> None:
    return


def _settings(door: Door) -> Settings:
    return Settings(
        pool=POOL,
        group=f"asgwarm-{POOL}-pool",
        stack_id=STACK,
        instances="arn:aws:ec2:us-east-1:123456789012:instance/",
        hot=READY,
        warm=0,
        cap=1000,
        max_lease_s=43_200,
        owner_cap=0,
        grace_s=30,
        hook_timeout_s=180,
        setup_timeout_s=600,
        pool_state="Stopped",
        address_type="public",
        os_user=door.os_user,
        on_delete="refuse",
        shards=1,
    )


class _Client:
    """boto3's client, as far as the Registry writes with it, without a network."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def get_item(self, **request: Any) -> dict[str, Any]:
        return self._rows.answer("GetItem", request)

    def update_item(self, **request: Any) -> dict[str, Any]:
        try:
            return self._rows.answer("UpdateItem", request)
        except Refused as refused:
            known: Any = {"Error": {"Code": refused.code, "Message": str(refused)}}
            if refused.item:
                known["Item"] = refused.item
            raise ClientError(known, "UpdateItem") from refused
