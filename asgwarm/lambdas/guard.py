"""The stack's custom resource: it is made last and goes first.

On create and update it makes the pool serve at once. On delete it refuses while
somebody holds a lease (or ends the leases, if the stack says so), and ends every
instance: after it the loop that watches them is deleted too.
"""

import json
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from asgwarm.domain.record import State
from asgwarm.lambdas.reconcile import reconcile
from asgwarm.lambdas.world import World, log
from asgwarm.registry.table import ConditionFailed

WHY = "the stack is deleted"


def guard(world: World, event: Mapping[str, Any], now: int) -> None:
    """Serve one request of CloudFormation's and answer it, whatever happens."""
    refusal, epoch = "see its log", world.settings.stack_id
    deletes = event["RequestType"] == "Delete"
    try:
        if deletes:
            refusal = _close(world, now)
        else:
            world.registry.put_meta(epoch, "pool_mode", "ACTIVE")
            reconcile(world, now)
            refusal = ""
    except (ClientError, BotoCoreError, RuntimeError) as error:
        # Raised, it would be tried again after it was answered.
        log("failed", why=str(error))
        if deletes:
            world.registry.put_meta(epoch, "pool_mode", "ACTIVE")
        else:
            refusal = ""  # the next pass makes it certain
    finally:
        _reply(event, refusal)


def _close(world: World, now: int) -> str:
    """End everything; return why not, after which the pool serves as before."""
    refusal = _end_leases(world, now)
    if not refusal:
        world.registry.put_meta(world.settings.stack_id, "pool_mode", "DRAINING")
        reconcile(world, now)  # ends whatever is free
        refusal = _end_leases(world, now)  # one may have begun meanwhile
    if refusal:
        world.registry.put_meta(world.settings.stack_id, "pool_mode", "ACTIVE")
        return refusal
    group = world.fleet.group()
    if group:
        world.fleet.ask("delete_warm_pool", ForceDelete=True)
        world.fleet.ask("set_desired_capacity", DesiredCapacity=0)
    members = group.lifecycle_states if group else {}
    for instance_id, instance in world.fleet.instances().items():
        if instance_id not in members and not instance.is_gone:
            world.fleet.terminate(instance_id)
            log("terminate", instance_id=instance_id, why=WHY)
    return ""


def _end_leases(world: World, now: int) -> str:
    """End the leases if the stack says so; return why not."""
    records = world.registry.records().values()
    leased = [record for record in records if record.state is State.LEASED]
    if leased and world.settings.on_delete != "end":
        held = ", ".join(record.lease_id for record in leased[:5])
        return f"{len(leased)} leases live: {held}"
    for record in leased:
        values = {"now": now, "why": WHY, "last_lease": record.lease_id}
        with suppress(ConditionFailed):
            world.registry.move(record.instance_id, record, "force", **values)
    return ""


def _reply(event: Mapping[str, Any], refusal: str) -> None:
    echoed = {key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}
    status = "FAILED" if refusal else "SUCCESS"
    body = {
        "Status": status,
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
    with urllib.request.urlopen(request, timeout=10):  # noqa: S310
        log("answer", status=status, why=refusal)
