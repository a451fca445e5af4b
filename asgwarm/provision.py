"""Setting a pool up, renewing its instances and taking it down, as one call each.

Rule 1: `up` and `down` may be repeated after any interruption and converge.
Rule 2: a pool with live leases is not touched by `down` unless they are to be ended;
`refresh` never touches what is leased.
"""

import time
from collections.abc import Callable

from asgwarm.aws_errors import translated
from asgwarm.clients import Clients
from asgwarm.clock import monotonic_s, now_s
from asgwarm.domain.health import counts_of, why_not_full
from asgwarm.domain.meta import Meta
from asgwarm.domain.names import stack_name
from asgwarm.domain.record import Record, State
from asgwarm.domain.value import value
from asgwarm.errors import GuardRefused, PoolNotFound, WaitTimeout
from asgwarm.registry.leases import Leases
from asgwarm.registry.registry import Registry
from asgwarm.registry.table import ConditionFailed
from asgwarm.stack.begin import refuse_unmade
from asgwarm.stack.deploy import deploy
from asgwarm.stack.events import StackEvent
from asgwarm.stack.leftovers import Leftover, leftovers
from asgwarm.stack.options import PoolOptions
from asgwarm.stack.stacks import StackView, at_rest, find, refuse_foreign
from asgwarm.stack.teardown import reopen, take_down

OnEvent = Callable[[StackEvent | str], None]
Sleep = Callable[[float], None]

POLL_S = 0.5
# A launch, the guest's report and the hook's answer; what a person should wait for.
READY_TIMEOUT_S = 600
OPERATOR = "operator"  # who does things where nobody is named
DOWN, OLD = "the pool is taken down", "older than the refresh"
TROUBLE_S = 120  # how long a launch that fails is given before `up` reports it


@value
class UpResult:
    """A pool that serves.

    Attributes:
        changed: False when the stack had been like that already.
        ready: How many instances may be claimed now.
    """

    pool: str
    stack: str
    changed: bool
    ready: int
    took_s: float


@value
class Refreshed:
    """What a refresh replaces: how many instances in which state, and what it leaves.

    Attributes:
        ended: How many of the ready ones were ended at once.
        leased: How many stay until their leases end.
    """

    pool: str
    ready: int
    warm: int
    warming: int
    leased: int
    ended: int


def up(
    options: PoolOptions,
    clients: Clients,
    *,
    downgrade: bool = False,
    on_event: OnEvent,
    sleep: Sleep = time.sleep,
) -> UpResult:
    """Make the pool what was asked for; return when its hot instances are ready.

    Args:
        downgrade: Whether a newer asgwarm's pool may be taken back to this one's.
        on_event: Gets what CloudFormation does, and a sentence whenever the pool
            changes while its instances start.

    Raises:
        StackFailed: Names the resource and the reason.
        WaitTimeout: The stack is there and its instances are not; says why.
    """
    began_s = monotonic_s()
    result = deploy(
        clients.cloudformation,
        options,
        downgrade=downgrade,
        on_event=on_event,
        sleep=sleep,
    )
    leases = _leases(clients, options.pool)
    _open(clients, leases, result.stack_id)
    ready = _wait_until_ready(leases, on_event=on_event, sleep=sleep)
    return UpResult(
        pool=options.pool,
        stack=result.name,
        changed=result.changed,
        ready=ready,
        took_s=monotonic_s() - began_s,
    )


def down(
    pool: str,
    clients: Clients,
    *,
    force: bool,
    actor: str = OPERATOR,
    on_event: OnEvent,
    sleep: Sleep = time.sleep,
) -> list[Leftover]:
    """End the pool and everything in it; return what is left, normally nothing.

    Args:
        force: End live leases too.
        actor: Who is said to have done it.

    Raises:
        PoolNotFound: There is no such pool in this region.
        GuardRefused: Leases live; nothing was changed.
        StackFailed: The stack is only proposed, or a resource could not be deleted.
    """
    stack = find(clients.cloudformation, stack_name(pool))
    if stack is None:
        if left := leftovers(clients, pool):  # of one whose end was not ours
            return left
        raise PoolNotFound(
            f"there is no pool {pool!r} in {clients.region}", hint=f"asgwarm up {pool}"
        )
    refuse_unmade(stack, pool)
    refuse_foreign(stack, pool)
    stack = at_rest(clients.cloudformation, stack, on_event=on_event, sleep=sleep)
    if stack is None:
        return []  # somebody else has just deleted it
    leases = _leases(clients, pool, actor)
    try:
        _close(leases, stack, force=force, on_event=on_event)
    except PoolNotFound:
        on_event("the registry is gone already")
    return take_down(clients, stack, on_event=on_event, sleep=sleep)


def refresh(
    pool: str, clients: Clients, *, at_once: bool = False, actor: str = OPERATOR
) -> Refreshed:
    """Have every instance replaced that exists now and is nobody's.

    The pool does it by itself: what rests or is on its way first, then the ready
    ones, one at a time.

    Args:
        at_once: End the ready ones now; until others are, nobody gets one.
        actor: Who is said to have done it.

    Raises:
        PoolNotFound: There is no such pool in this region.
        GuardRefused: The pool is going down.
    """
    leases = _leases(clients, pool, actor)
    meta, records = leases.meta(), list(leases.all().values())
    if meta.draining:
        raise GuardRefused(
            f"pool {pool!r} is going down", hint=f"asgwarm status {pool}"
        )
    born = [record.born_at + 1 for record in records]
    with translated("dynamodb:UpdateItem", leases.registry.name):
        leases.registry.put_meta(
            meta.epoch, "refresh_at", max([meta.refresh_at, *born])
        )
    counts = counts_of(records)
    ready = [record for record in records if record.state is State.READY]
    ended = [
        record for record in ready if at_once and _end(leases, record, "evict", OLD)
    ]
    return Refreshed(
        pool=pool,
        ready=len(ready),
        warm=counts["warm"],
        warming=counts["warming"],
        leased=counts["leased"],
        ended=len(ended),
    )


def _leases(clients: Clients, pool: str, actor: str = OPERATOR) -> Leases:
    # A row's history is made of words.
    return Leases(Registry(clients.dynamodb, pool, "_".join(actor.split())))


def _open(clients: Clients, leases: Leases, stack_id: str) -> None:
    """Let a pool serve again whose end was begun and not finished."""
    stack = find(clients.cloudformation, stack_id)
    if leases.meta().draining and stack:
        reopen(clients.autoscaling, stack)  # before anything may be claimed again
        with translated("dynamodb:UpdateItem", leases.registry.name):
            leases.registry.put_meta(stack_id, "pool_mode", "ACTIVE")


def _wait_until_ready(leases: Leases, *, on_event: OnEvent, sleep: Sleep) -> int:
    began_s, said = monotonic_s(), ""
    while True:
        meta, records = leases.meta(), list(leases.all().values())
        counts = counts_of(records)
        wanted = min(meta.hot, max(0, meta.cap - counts["leased"]))
        news = (
            f"{counts['ready']} of {wanted} ready, {counts['warm']} of {meta.warm} "
            f"warm, {counts['warming']} on the way"
        )
        if news != said:
            on_event(news)
            said = news
        if counts["ready"] >= wanted:
            return counts["ready"]
        waited_s = monotonic_s() - began_s
        if waited_s > (TROUBLE_S if meta.trouble else READY_TIMEOUT_S):
            raise _late(leases.pool, meta, records, waited_s)
        sleep(POLL_S)


def _late(pool: str, meta: Meta, records: list[Record], waited_s: float) -> WaitTimeout:
    why = why_not_full(meta, records, now_s())
    return WaitTimeout(
        f"the stack of pool {pool!r} is there, and after {waited_s:.0f} s its "
        f"instances are not ready: {why}",
        hint=f"asgwarm status {pool}",
    )


def _close(leases: Leases, stack: StackView, *, force: bool, on_event: OnEvent) -> None:
    """Let nothing be claimed any more, and end what is free.

    The order makes a lease that begins meanwhile visible: refuse early, then stop
    claims row by row, then look again.
    """
    _refuse_leases(leases, force=force)
    with translated("dynamodb:UpdateItem", leases.registry.name):
        leases.registry.put_meta(stack.stack_id, "pool_mode", "DRAINING")
    on_event("no instance of the pool can be claimed any more")
    for record in leases.all().values():
        if record.state in (State.READY, State.WARMED):
            _end(leases, record, "evict", DOWN)
    try:
        _refuse_leases(leases, force=force)
    except GuardRefused:
        with translated("dynamodb:UpdateItem", leases.registry.name):
            leases.registry.put_meta(stack.stack_id, "pool_mode", "ACTIVE")
        raise
    for record in _leased(leases):
        on_event(f"ends lease {record.lease_id} of {record.lease_owner}")
        _end(leases, record, "force", DOWN)


def _leased(leases: Leases) -> list[Record]:
    return [r for r in leases.all().values() if r.state is State.LEASED]


def _refuse_leases(leases: Leases, *, force: bool) -> None:
    leased = _leased(leases)
    if leased and not force:
        owners = ", ".join(
            f"{record.lease_id} of {record.lease_owner}" for record in leased[:5]
        )
        raise GuardRefused(
            f"{len(leased)} leases of pool {leases.pool!r} live: {owners}",
            hint=f"asgwarm ls {leases.pool}",
        )


def _end(leases: Leases, record: Record, edge: str, why: str) -> bool:
    """Take a row out of use; False where somebody was first."""
    with translated("dynamodb:UpdateItem", leases.registry.name):
        try:
            leases.registry.move(
                record.instance_id,
                record,
                edge,
                now=now_s(),
                why=why,
                last_lease=record.lease_id,
            )
        except ConditionFailed:
            return False
    return True
