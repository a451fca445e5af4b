"""Look at a pool, or at some of its instances, and bring it to where it should be.

Rule: events only say which instances to look at sooner. The pass over everything,
once a minute, is enough by itself when all of them are lost.
"""

from collections.abc import Collection
from contextlib import suppress

from botocore.exceptions import BotoCoreError, ClientError

from asgwarm.domain.capacity import surplus
from asgwarm.domain.record import LIVE, MalformedRecord
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
    if not seen:
        return
    failed = 0
    # The pool comes last, so that no trouble with it keeps a lease from ending.
    for instance_id in [*(instance_ids or _everything(seen)), ""]:
        try:
            if instance_id:
                settle(world, world.view(seen, instance_id), seen.capacity)
            else:
                _whole_pool(world, seen, hinted=bool(instance_ids))
        except MalformedRecord as error:
            log("ignored", instance_id=instance_id, why=str(error))
        except (ClientError, BotoCoreError) as error:
            failed += 1
            log("failed", instance_id=instance_id, why=str(error))
    if failed:
        raise RuntimeError(f"{failed} failed")


def _everything(seen: Seen) -> list[str]:
    """All ids to look at.

    Rows of another stack are drained before any row becomes ready.
    """
    members = seen.group.lifecycle_states if seen.group else {}
    live = {i: r for i, r in seen.records.items() if r.state in LIVE}
    ours = seen.meta.epoch
    return sorted(
        {**members, **live}, key=lambda i: i not in live or live[i].epoch == ours
    )


def _whole_pool(world: World, seen: Seen, *, hinted: bool) -> None:
    """Do what concerns no single instance; after a hint only what cannot wait."""
    if not seen.group:
        return
    if seen.capacity.desired < seen.capacity.target:
        _raise_capacity(world, seen)
    if hinted:
        return
    if seen.group.rebalances:
        # It terminates healthy instances to even out zones.
        world.fleet.ask("suspend_processes", ScalingProcesses=["AZRebalance"])
    world.registry.put_meta(seen.meta.epoch, "trouble", world.fleet.last_failure())
    for record in surplus(seen.capacity, seen.group, seen.records.values()):
        values = {"now": seen.now, "why": "one more than wanted"}
        with suppress(ConditionFailed):
            world.registry.move(record.instance_id, record, "evict", **values)


def _raise_capacity(world: World, seen: Seen) -> None:
    """Ask the group for what is missing, as the only one who does so at the time."""
    epoch, target, me = seen.meta.epoch, seen.capacity.target, str(seen.now)
    if world.registry.lock(epoch, me, seen.now, seen.now + LOCK_S):
        try:
            fresh = world.fleet.group()
            if fresh and fresh.desired < target:
                # Only a holder of the lock may.
                world.fleet.ask("set_desired_capacity", DesiredCapacity=target)
                log("raise", desired=target)
        finally:
            world.registry.unlock(me)
