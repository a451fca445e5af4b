"""Look at a pool, or at some of its instances, and bring it to where it should be.

Rule: events only say which instances to look at sooner. The pass over everything,
once a minute, is enough by itself when all of them are lost.
"""

from collections.abc import Collection
from dataclasses import replace

from botocore.exceptions import BotoCoreError, ClientError

from asgwarm.domain.capacity import surplus
from asgwarm.domain.record import LIVE
from asgwarm.lambdas.settle import settle
from asgwarm.lambdas.world import Seen, World, log
from asgwarm.registry.table import ConditionFailed

LOCK_S = 90  # longer than the function may run


def reconcile(world: World, now: int, instance_ids: Collection[str] = ()) -> None:
    """Bring the given instances, or the whole pool, to where they should be.

    Raises:
        RuntimeError: Some instances could not be settled; the caller tries again.
    """
    if not instance_ids:
        world.registry.keep_meta(world.settings)
    seen = world.look(now)
    if seen is None:
        return
    if not instance_ids:
        seen = _whole_pool(world, seen)
        members = seen.group.lifecycle_states if seen.group else {}
        live = {i for i, record in seen.records.items() if record.state in LIVE}
        # Rows of another stack are drained before any row becomes ready.
        instance_ids = sorted(
            live | members.keys(),
            key=lambda i: i not in live or seen.records[i].epoch == seen.meta.epoch,
        )
    failed = 0
    for instance_id in instance_ids:
        try:
            settle(world, world.view(seen, instance_id), seen.capacity)
        except (ClientError, BotoCoreError) as error:
            failed += 1
            log("failed", instance_id=instance_id, why=str(error))
    if failed:
        raise RuntimeError(f"{failed} instances could not be settled")


def _whole_pool(world: World, seen: Seen) -> Seen:
    """Do what concerns no single instance; return what is known afterwards."""
    if seen.group is None:
        return seen
    if seen.group.rebalances:
        # It terminates healthy instances to even out zones.
        world.fleet.ask("suspend_processes", ScalingProcesses=["AZRebalance"])
    world.registry.put_meta(seen.meta.epoch, "trouble", world.fleet.last_failure())
    if seen.capacity.desired < seen.capacity.target:
        _raise_capacity(world, seen)
    records = dict(seen.records)
    for record in surplus(seen.capacity, seen.group, seen.records.values()):
        values = {"now": seen.now, "why": "more are ready than wanted"}
        try:
            moved = world.registry.move(record.instance_id, record, "evict", **values)
            records[record.instance_id] = moved
        except ConditionFailed:
            log("outrun", instance_id=record.instance_id)
    return replace(seen, records=records)


def _raise_capacity(world: World, seen: Seen) -> None:
    """Ask the group for what is missing, as the only one who does so at the time."""
    epoch, target, me = seen.meta.epoch, seen.capacity.target, f"pass at {seen.now}"
    if world.registry.lock(epoch, me, seen.now, seen.now + LOCK_S):
        fresh = world.fleet.group()
        if fresh and fresh.desired < target:
            # Only a holder of the lock may.
            world.fleet.ask("set_desired_capacity", DesiredCapacity=target)
            log("raise", desired=target, was=fresh.desired)
        world.registry.unlock(me)
