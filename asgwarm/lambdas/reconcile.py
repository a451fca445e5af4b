"""Look at a pool, or at some of its instances, and bring it to where it should be.

Rule: events only say which instances to look at sooner. The pass over everything,
once a minute, is enough by itself when all of them are lost.
"""

from collections.abc import Collection
from contextlib import suppress

from botocore.exceptions import BotoCoreError, ClientError

from asgwarm.domain.metrics import embedded, found
from asgwarm.domain.plan import PoolView, plan
from asgwarm.domain.record import LIVE, MalformedRecord
from asgwarm.lambdas.settle import settle
from asgwarm.lambdas.world import World, log
from asgwarm.registry.table import ConditionFailed

LOCK_S = 90  # longer than the function may run


def reconcile(world: World, now: int, ids: Collection[str] = ()) -> None:
    """Bring the given instances, or the whole pool, to where they should be.

    Raises:
        RuntimeError: Some instances could not be settled; the caller tries again.
    """
    if not ids:
        world.registry.keep_meta(world.settings)
    seen = world.look(now)
    if not seen:
        return
    failed = 0
    # The pool comes last, so that no trouble with it keeps a lease from ending.
    for instance_id in [*(ids or _everything(seen)), ""]:
        try:
            if instance_id:
                settle(world, world.view(seen, instance_id))
            else:
                _whole_pool(world, seen, hinted=bool(ids))
        except MalformedRecord:
            continue  # the next full pass quarantines it
        except (ClientError, BotoCoreError) as error:
            failed += 1
            log("failed", instance_id=instance_id, why=str(error))
    if failed:
        raise RuntimeError(f"{failed} failed")


def _everything(seen: PoolView) -> list[str]:
    """All ids to look at.

    Rows of another stack are drained before any row becomes ready.
    """
    members = seen.group.lifecycle_states if seen.group else {}
    live = {i: r for i, r in seen.records.items() if r.state in LIVE}
    running = {i: 0 for i, each in seen.ec2.items() if not each.is_gone}
    return sorted(
        {**members, **running, **live},
        key=lambda i: i not in live or live[i].epoch == seen.meta.epoch,
    )


def _whole_pool(world: World, seen: PoolView, *, hinted: bool) -> None:
    """Do what concerns no single instance; after a hint only what cannot wait."""
    epoch = seen.meta.epoch
    if told := not hinted and embedded(world.settings, seen.now, found(seen)):
        log("look", **told)
    for do, what in plan(seen, None if hinted else world.fleet.last_failure()):
        if do == "raise":
            _raise_capacity(world, seen, what)
        elif do in ("trouble", "seen_at"):
            world.registry.put_meta(epoch, do, what)
        elif do == "quarantine":
            # More than any count of changes, as `gen` may make no sense either.
            with suppress(ConditionFailed):
                world.registry.move(
                    what,
                    None,
                    do,
                    now=seen.now,
                    gen=seen.now,
                    last_gen=seen.malformed[what],
                    epoch=epoch,
                    why="its row makes no sense",
                )
        else:
            world.fleet.ask(f"{do}_processes", ScalingProcesses=[what])


def _raise_capacity(world: World, seen: PoolView, target: int) -> None:
    """Ask the group for what is missing, as the only one who does so at the time."""
    until = seen.now + LOCK_S
    if world.registry.lock(seen.meta.epoch, seen.now, until):
        try:
            fresh = world.fleet.group()
            if fresh and fresh.desired < target:
                # Only a holder of the lock may.
                world.fleet.ask("set_desired_capacity", DesiredCapacity=target)
        finally:
            world.registry.unlock(until)
