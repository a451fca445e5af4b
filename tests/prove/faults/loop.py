"""The function's and the guest's part of the matrix: the loop heals what a fault did.

A cell makes the function (or a guest) call something while that call goes wrong, lets
the schedule fire into it, and then switches the fault off.

Rule: while the fault lasts nothing is done to whoever holds a lease; afterwards the
loop alone makes the pool full again, and every instance that was let go has ended.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from asgwarm.clock import now_s
from asgwarm.domain.breaker import PAUSED
from asgwarm.domain.record import State
from asgwarm.local.info import RegionError
from tests.integration.loop.conftest import QUICK
from tests.integration.loop.pool import Pool
from tests.prove.faults.expected import Cell

FREE = (State.READY, State.WARMED)
SIZES = {"hot": 1, "warm": 0, "cap": 10}
SLOW_S = 0.3  # of a function that has a minute
FORGET_S = 1.0  # or the function reads the ends of all cells before


@dataclass(frozen=True, kw_only=True)
class LoopPlay:
    """Something that makes the function call; `calls` are those that it is about."""

    act: Callable[[Pool], None]
    calls: tuple[str, ...]
    owner: str = "lambda"
    stream_lost: bool = False
    restore: Callable[[Pool], None] = Pool.restore


def _look(pool: Pool) -> None:
    """Leave it at a pass over everything."""


def _claim(pool: Pool) -> None:
    """Take the ready instance: it leaves the group, and another one comes."""
    pool.claim()


def _give_back(pool: Pool) -> None:
    """Hold an instance until it has left the group."""
    held = pool.claim()
    pool.until(lambda: held.instance_id not in pool.members())
    pool.release(held)


def _evict(pool: Pool) -> None:
    """Take the ready instance out of use, as `down` does."""
    (record,) = pool.in_state(State.READY)
    pool.registry.move(
        record.instance_id, record, "evict", now=now_s(), why="for the matrix"
    )


def _shrink(pool: Pool) -> None:
    """Let somebody set the group's size by hand."""
    pool.autoscaling.set_desired_capacity(
        AutoScalingGroupName=pool.group_name, DesiredCapacity=0
    )


def _rebalance(pool: Pool) -> None:
    """Let somebody resume what the function has suspended."""
    pool.autoscaling.resume_processes(
        AutoScalingGroupName=pool.group_name, ScalingProcesses=["AZRebalance"]
    )


def _pause(pool: Pool) -> None:
    """Leave launching suspended, with the note that it was the function's doing."""
    pool.autoscaling.suspend_processes(
        AutoScalingGroupName=pool.group_name, ScalingProcesses=["Launch"]
    )
    pool.registry.put_meta(pool.stack_id, "trouble", PAUSED)


def _restore_launches(pool: Pool) -> None:
    """Make it full again, and see that nothing keeps it from launching."""
    pool.restore()
    pool.until(lambda: "Launch" not in pool.suspended())


def _delete(pool: Pool) -> None:
    """Let somebody delete the stack, who is sent away or succeeds."""
    assert pool.delete() in ("DELETE_COMPLETE", "DELETE_FAILED")


def _serve_on(pool: Pool) -> None:
    """Deploy it anew if it is gone; a pool that was kept has to serve as before."""
    if pool.status() == "DELETE_COMPLETE":
        _deploy_again(pool)
    else:
        pool.restore()


def _deploy_again(pool: Pool) -> None:
    """End what is left of the stack and make it anew."""
    pool.faults()
    if pool.status() != "DELETE_COMPLETE":
        assert pool.delete() == "DELETE_COMPLETE"
    pool.deploy(**SIZES)
    pool.fill()


def _end_held(pool: Pool) -> None:
    """Let somebody end a leased instance before it has left the group."""
    pool.autoscaling.terminate_instance_in_auto_scaling_group(
        InstanceId=pool.claim().instance_id, ShouldDecrementDesiredCapacity=False
    )


LOOP_PLAYS: Mapping[str, LoopPlay] = {
    "look": LoopPlay(
        act=_look,
        calls=(
            "autoscaling:DescribeWarmPool",
            "autoscaling:DescribeAutoScalingGroups",
            "autoscaling:DescribeScalingActivities",
            "ec2:DescribeInstances",
            "dynamodb:GetItem",
            "dynamodb:Query",
        ),
    ),
    "claim": LoopPlay(
        act=_claim,
        calls=(
            "autoscaling:DetachInstances",
            "autoscaling:CompleteLifecycleAction",
            "dynamodb:UpdateItem",
        ),
    ),
    "give back": LoopPlay(act=_give_back, calls=("ec2:TerminateInstances",)),
    "evict": LoopPlay(
        act=_evict, calls=("autoscaling:TerminateInstanceInAutoScalingGroup",)
    ),
    "shrink": LoopPlay(act=_shrink, calls=("autoscaling:SetDesiredCapacity",)),
    "rebalance": LoopPlay(act=_rebalance, calls=("autoscaling:SuspendProcesses",)),
    "end a held one": LoopPlay(
        act=_end_held,
        calls=("autoscaling:RecordLifecycleActionHeartbeat",),
        stream_lost=True,
    ),
    "boot": LoopPlay(act=_claim, calls=("dynamodb:UpdateItem",), owner="i-*"),
    "resume": LoopPlay(
        act=_pause,
        calls=("autoscaling:ResumeProcesses",),
        restore=_restore_launches,
    ),
    "delete the stack": LoopPlay(
        act=_delete, calls=("autoscaling:DeleteWarmPool",), restore=_serve_on
    ),
}


def loop_pool(region: Any) -> Pool:
    """A full pool whose function gives a call two attempts instead of five.

    What becomes of it when all have failed is the same, and the matrix has no time.
    """
    region.control.timings(**QUICK, forget_s=FORGET_S)
    pool = Pool(region=region, name="loop", sizes={})
    pool.deploy(**SIZES)
    pool.fill()
    known = pool.functions.get_function_configuration(FunctionName=pool.function_name)
    tries = {"AWS_RETRY_MODE": "standard", "AWS_MAX_ATTEMPTS": "2"}
    pool.functions.update_function_configuration(
        FunctionName=pool.function_name,
        Environment={"Variables": known["Environment"]["Variables"] | tries},
    )
    return pool


def strike_loop(pool: Pool, cell: Cell) -> list[str]:
    """Play one cell on a full pool; what was wrong, nothing when it passed."""
    play = LOOP_PLAYS[cell.play]
    since = int(pool.control.status()["calls"])
    pool.faults(http=_faults(cell, play), stream_lost=play.stream_lost)
    wrong: list[str] = []
    try:
        play.act(pool)
        held = _held(pool)
        pool.control.fire_schedule()
        pool.until(lambda: _is_made(pool, cell, play, since))
        if cell.which != "all":  # then it may try for as long as the fault lasts
            pool.control.settle()
        wrong += _harmed(pool, held)
        _heal(pool, play)
        wrong += _left(pool)
    except (AssertionError, RegionError) as error:
        wrong.append(f"it did not come about: {error}; {_state(pool)}")
        _deploy_again(pool)
    return [f"{cell}: {one}" for one in wrong]


def _state(pool: Pool) -> str:
    """What a person would look at next."""
    group = pool.group()
    kept = {k: group.get(k) for k in ("DesiredCapacity", "SuspendedProcesses")}
    return f"{pool.status()}, {kept}, {pool.registry.meta()}, {pool.activities()[:3]}"


def _heal(pool: Pool, play: LoopPlay) -> None:
    """Switch the fault off, let what is under way end, and have the pool full again."""
    pool.faults()
    pool.control.settle()
    play.restore(pool)


def unlisted_calls(region: Any) -> set[str]:
    """Calls that functions and guests made in *region* and that no play is about."""
    listed = {call for play in LOOP_PLAYS.values() for call in play.calls}
    made = region.control.requests()
    theirs = {f"{c['service']}:{c['action']}" for c in made if c["owner"] != "user"}
    return theirs - listed


def _faults(cell: Cell, play: LoopPlay) -> list[dict[str, Any]]:
    service, action = cell.call.split(":")
    what = {"service": service, "action": action, "owner": play.owner}
    fault = what | {"kind": cell.kind, "delay_s": SLOW_S}
    if cell.which == "all":
        return [fault]
    if cell.which == "first":
        return [fault | {"count": 1}]
    return [
        what | {"kind": "throttle", "count": 1},
        fault | {"nth": 2, "count": 1},
    ]


def _harmed(pool: Pool, held: set[str]) -> Iterator[str]:
    """What was done to leases while the fault lasted."""
    if not held:
        return
    records = pool.records()
    for instance_id in held:
        if records[instance_id].state is not State.LEASED:
            yield f"a live lease was ended: {records[instance_id]}"
    if lost := held - pool.running():
        yield f"instances were ended that somebody holds: {lost}"


def _held(pool: Pool) -> set[str]:
    """The instances that somebody holds; none where there is no pool any more."""
    if pool.status() == "DELETE_COMPLETE":
        return set()
    return {record.instance_id for record in pool.in_state(State.LEASED)}


def _is_made(pool: Pool, cell: Cell, play: LoopPlay, since: int) -> bool:
    """Whether the call was made."""
    return any(
        f"{call['service']}:{call['action']}" == cell.call
        and fnmatchcase(call["owner"], play.owner)
        for call in pool.control.requests(since)
    )


def _left(pool: Pool) -> Iterator[str]:
    """What is not as it was, though the pool says that it is full."""
    free = {r.instance_id for s in FREE for r in pool.in_state(s)}
    pool.until(lambda: pool.running() <= free)
    if pool.desired() != pool.sizes["hot"]:
        yield f"the group wants {pool.desired()}"
