"""Bring one instance to where it should be: decide, act, look again, until done.

Rule 1: the row first, the instance second: whatever ends an instance has made its
row DRAINING before. After a lost race the row is taken as the winner left it.
Rule 2: every step may be repeated, by an event that comes twice or by the next pass.
"""

import secrets
import time
from dataclasses import replace
from typing import Any

from asgwarm.domain.capacity import Capacity
from asgwarm.domain.decide import View, decide
from asgwarm.domain.edges import EDGES
from asgwarm.domain.fleet import Ec2Instance
from asgwarm.domain.record import record_from_row
from asgwarm.lambdas.world import World, log
from asgwarm.registry.table import ConditionFailed

STEPS = 8  # more than the longest way through decide()
# Right after `:Wait` begins the action may not be known yet; or it was answered by
# somebody else, who is not worth a longer wait.
HOOK_PAUSES_S = (0.2, 0.4, 0.8, 0)


def settle(world: World, view: View, capacity: Capacity) -> None:
    """Do everything that is to be done about one instance now."""
    for _ in range(STEPS):
        action = decide(view)
        if action is None:
            return
        act = _move if action.do in EDGES else _ask
        try:
            view = act(world, view, action.do, action.why, capacity)
        except ConditionFailed as failed:
            if failed.row is None:
                return
            # Whoever was first may know less than this view does: go on from there.
            view = replace(view, record=record_from_row(failed.row))
            continue
        log(
            action.do,
            instance_id=view.instance_id,
            gen=view.record and view.record.gen,
            why=action.why,
        )


def _move(world: World, view: View, edge: str, why: str, _: Capacity) -> View:
    values = {"now": view.now, "why": why, **_values(world, view)}
    record = world.registry.move(view.instance_id, view.record, edge, **values)
    return replace(view, record=record)


def _values(world: World, view: View) -> dict[str, Any]:
    """What the edges set and guard by, as far as the view knows it."""
    settings, record, report, ec2 = view.settings, view.record, view.report, view.ec2
    over = view.now - settings.grace_s
    values: dict[str, Any] = {"epoch": settings.stack_id}
    if report:
        values |= {"boot_in": report.boot_id, "setup": report.setup}
        values |= {"host_key": report.host_key, "port": report.port}
    if ec2:
        values |= {"address": ec2.address, "az": ec2.az, "os_user": settings.os_user}
        # Claimers begin to read at a random place, so that not all want the same.
        values["ready_key"] = secrets.token_hex(8)
    if record:
        expired = record.lease_seen_at and record.exp_at < over
        dur_s = min(max(record.dur_s, 1), settings.max_lease_s)
        values |= {
            "tier": "warm" if record.boot_in else "cold",
            "lease_id": record.lease_id,
            "last_lease": record.lease_id,
            "hb": record.hb,
            "hb_seen": record.hb,
            "exp_at": view.now + dur_s,
            "lease_seen_at": record.lease_seen_at or view.now,
            "deadline": over if expired else over - settings.max_lease_s,
        }
    return values


def _ask(world: World, view: View, do: str, _: str, capacity: Capacity) -> View:
    """Make a request to AWS; return the view as it will be when it is done."""
    verb, _, hook = do.partition(" ")
    if verb in ("continue", "abandon", "extend"):
        return _answer(world, view, verb, hook)
    if do == "terminate":
        world.fleet.terminate(view.instance_id)
        return replace(view, ec2=Ec2Instance(state="shutting-down"))
    shrink = {"ShouldDecrementDesiredCapacity": capacity.shrink()}
    if do == "detach":
        world.fleet.ask("detach_instances", InstanceIds=[view.instance_id], **shrink)
        return replace(view, lifecycle="Detaching")
    ask = "terminate_instance_in_auto_scaling_group"
    world.fleet.ask(ask, InstanceId=view.instance_id, **shrink)
    return replace(view, lifecycle="Terminating")


def _answer(world: World, view: View, verb: str, hook: str) -> View:
    """Answer a lifecycle hook, or with `extend` start its timeout anew."""
    action, answer = "record_lifecycle_action_heartbeat", {}
    if verb != "extend":
        action = "complete_lifecycle_action"
        answer = {"LifecycleActionResult": verb.upper()}
    which = {"LifecycleHookName": hook, "InstanceId": view.instance_id}
    for pause_s in HOOK_PAUSES_S:
        if world.fleet.ask(action, **which, **answer):
            break
        time.sleep(pause_s)
    lifecycle = "Terminating" if verb == "abandon" else view.lifecycle
    return replace(view, waits=False, lifecycle=lifecycle)
