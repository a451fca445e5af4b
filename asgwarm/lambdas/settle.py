"""Bring one instance to where it should be: decide, act, look again, until done.

Rule 1: the row first, the instance second: whatever ends an instance has made its
row DRAINING before. After a lost race the row is taken as the winner left it.
Rule 2: every step may be repeated, by an event that comes twice or by the next pass.
"""

import secrets
import time
from dataclasses import asdict, replace
from typing import Any

from asgwarm.clock import now_s
from asgwarm.domain.decide import View, decide
from asgwarm.domain.edges import EDGES
from asgwarm.domain.fleet import Ec2Instance
from asgwarm.domain.metrics import embedded, happened
from asgwarm.domain.record import record_from_row
from asgwarm.lambdas.world import World, log
from asgwarm.registry.table import ConditionFailed

STEPS = 8  # more than the longest way through decide()
# Right after `:Wait` begins the action may not be known yet; or it was answered by
# somebody else, who is not worth a longer wait.
HOOK_PAUSES_S = (0.2, 0.4, 0.8, 0)


def settle(world: World, view: View) -> None:
    """Do everything that is to be done about one instance now."""
    for _ in range(STEPS):
        action = decide(view)
        if not action:
            return
        act = _move if action.do in EDGES else _ask
        told = embedded(view.settings, view.now, happened(view, *action))
        try:
            view = act(world, view, *action)
        except ConditionFailed as failed:
            if not failed.row:
                return
            # Whoever was first may know less than this view does: go on from there.
            view = replace(
                view,
                record=record_from_row(failed.row),
                now=max(view.now, now_s()),
            )
            continue
        if action.why in view.capacity.left:
            view.capacity.left[action.why] -= 1
        log(action.do, instance_id=view.instance_id, why=action.why, **told)


def _move(world: World, view: View, edge: str, why: str) -> View:
    record = world.registry.move(
        view.instance_id,
        view.record,
        edge,
        now=view.now,
        why=why,
        **_values(view, edge),
    )
    return replace(view, record=record)


def _values(view: View, edge: str) -> dict[str, Any]:
    """What the edges set and guard by, as far as the view knows it."""
    settings, record = view.settings, view.record
    values: dict[str, Any] = {
        "epoch": settings.stack_id,
        "os_user": settings.os_user,
        "endpoint": settings.endpoint,
        "template": view.template,
        # Claimers begin to read at a random place, so that not all want the same.
        "ready_key": secrets.token_hex(8),
    }
    values |= asdict(view.report) if view.report else {}
    values |= asdict(view.ec2) if view.ec2 else {}
    values["boot_in"] = values.get("boot_id")
    if record:
        over = view.now - settings.grace_s
        values |= {
            "tier": "warm" if record.boot_in else "cold",
            "last_lease": record.lease_id,
            "hb": record.hb,
            "hb_seen": record.hb,
            "exp_at": view.now + min(max(record.dur_s, 1), settings.max_lease_s),
            "lease_seen_at": record.lease_seen_at or view.now,
            "deadline": over - settings.max_lease_s if edge == "end" else over,
        }
    return values


def _ask(world: World, view: View, do: str, _: str) -> View:
    """Make a request to AWS; return the view as it will be when it is done."""
    verb, _, hook = do.partition(" ")
    if hook in ("launch", "terminate"):
        return _answer(world, view, verb, hook)
    if do == "terminate":
        world.fleet.ask("terminate_instances", InstanceIds=[view.instance_id])
        return replace(view, ec2=Ec2Instance(state="shutting-down"))
    shrink = {"ShouldDecrementDesiredCapacity": view.capacity.shrink()}
    if do == "detach":
        world.fleet.ask("detach_instances", InstanceIds=[view.instance_id], **shrink)
        return replace(view, lifecycle="Detaching")
    world.fleet.ask(
        "terminate_instance_in_auto_scaling_group",
        InstanceId=view.instance_id,
        **shrink,
    )
    return replace(view, lifecycle="Terminating")


def _answer(world: World, view: View, verb: str, hook: str) -> View:
    """Answer a lifecycle hook, or with `extend` start its timeout anew."""
    action = "record_lifecycle_action_heartbeat"
    answer = {"LifecycleHookName": hook, "InstanceId": view.instance_id}
    if verb != "extend":
        action = "complete_lifecycle_action"
        answer["LifecycleActionResult"] = verb.upper()
    for pause_s in HOOK_PAUSES_S:
        if world.fleet.ask(action, **answer):
            break
        time.sleep(pause_s)
    lifecycle = "Terminating" if verb == "abandon" else view.lifecycle
    return replace(view, waits=False, lifecycle=lifecycle)
