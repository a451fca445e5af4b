"""The stack's custom resource: it is made last and goes first.

On create and update it makes the pool serve at once; it refuses another number of
shards than the pool has. On delete it refuses while somebody holds a lease (or ends the
leases, if the stack says so), and ends every instance: after it the loop that watches
them is deleted too.
"""

import json
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from asgwarm.domain.capacity import HELD
from asgwarm.domain.record import State
from asgwarm.lambdas.reconcile import reconcile
from asgwarm.lambdas.world import World, log
from asgwarm.registry.table import ConditionFailed


def guard(world: World, event: Mapping[str, Any], now: int) -> None:
    """Serve one request of CloudFormation's and answer it, whatever happens."""
    refusal, epoch = "", world.settings.stack_id
    deletes = event["RequestType"] == "Delete"
    try:
        meta = world.registry.meta()
        if deletes:
            refusal = _close(world, now)
        elif meta and meta.shards != world.settings.shards:
            refusal = f"Shards stays {meta.shards}"  # no row moves to another
        else:
            world.registry.put_meta(epoch, "pool_mode", "ACTIVE")
            reconcile(world, now)
    except Exception as error:  # noqa: BLE001 - raised, it would be tried again after it was answered
        log("failed", why=str(error))
        refusal = "see its log" if deletes else ""  # the next pass makes it certain
    try:
        if refusal:  # what is not deleted serves as before
            world.registry.put_meta(epoch, "pool_mode", "ACTIVE")
    finally:
        _reply(event, refusal)


def _close(world: World, now: int) -> str:
    """End everything; return why not."""
    refusal = _end_leases(world, now)
    if not refusal:
        world.registry.put_meta(world.settings.stack_id, "pool_mode", "DRAINING")
        reconcile(world, now)  # ends whatever is free
        refusal = _end_leases(world, now)  # one may have begun meanwhile
    if refusal:
        return refusal
    world.fleet.ask("delete_warm_pool", ForceDelete=True)
    world.fleet.ask("set_desired_capacity", DesiredCapacity=0)
    reconcile(world, now)
    return ""


def _end_leases(world: World, now: int) -> str:
    """End the leases if the stack says so; return why not."""
    held = [r for r in world.registry.records().values() if r.state in HELD]
    if held and world.settings.on_delete != "end":
        ids = ", ".join(record.lease_id or record.instance_id for record in held)
        return f"{len(held)} leases live: {ids}"[:300]
    for record in held:
        edge = "force" if record.state is State.LEASED else "discard"
        with suppress(ConditionFailed):
            world.registry.move(
                record.instance_id,
                record,
                edge,
                now=now,
                why="the stack is deleted",
                last_lease=record.lease_id,
            )
    return ""


def _reply(event: Mapping[str, Any], refusal: str) -> None:
    echoed = {key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}
    body = {
        "Status": "FAILED" if refusal else "SUCCESS",
        "Reason": refusal,
        "PhysicalResourceId": "guard",
        **echoed,
    }
    request = urllib.request.Request(  # noqa: S310  # CloudFormation's own address
        event["ResponseURL"],
        data=json.dumps(body).encode(),
        method="PUT",
        headers={"content-type": ""},
    )
    urllib.request.urlopen(request, timeout=10).close()  # noqa: S310
