"""What `up` would do to a pool that may exist already, found out without doing it.

Rule: nothing is written, and what is asked of CloudFormation for it is taken back.
"""

import time

from asgwarm.clients import Clients
from asgwarm.clock import now_s
from asgwarm.domain.record import Record
from asgwarm.domain.value import value
from asgwarm.errors import PoolNotFound, WaitTimeout
from asgwarm.registry.leases import Leases
from asgwarm.registry.registry import Registry
from asgwarm.stack import price
from asgwarm.stack.begin import TURNS, Outrun, updatable
from asgwarm.stack.changes import Change, changes_of, made_anew
from asgwarm.stack.events import OnEvent
from asgwarm.stack.impact import Impact, impact_of
from asgwarm.stack.options import PoolOptions
from asgwarm.stack.stacks import Sleep


@value
class Plan:
    """What changes in the stack, what that does to instances, and what it was before.

    Attributes:
        changes: Resource by resource; nothing when the pool is as asked already.
        before: The pool as it is; None for one that does not exist.
        rate_before: What it costs as it is; None where no price is known.
    """

    changes: tuple[Change, ...]
    impact: Impact
    before: PoolOptions | None = None
    rate_before: price.Rate | None = None


def plan(
    said: PoolOptions,
    clients: Clients,
    *,
    downgrade: bool = False,
    on_event: OnEvent,
    sleep: Sleep = time.sleep,
) -> Plan:
    """Return what an `up` with these options would change.

    Args:
        on_event: Told what others do to the stack while they are waited for.

    Raises:
        StackFailed: CloudFormation would refuse it, or somebody has to act first.
        GuardRefused: The stack is not this pool's, or a newer asgwarm's.
        WaitTimeout: Others keep working on the stack.
    """
    client = clients.cloudformation
    for _ in range(TURNS):
        stack = updatable(
            client, said.pool, downgrade=downgrade, on_event=on_event, sleep=sleep
        )
        if stack is None:
            said.filled()  # what was said must fit the defaults
            return Plan(changes=tuple(made_anew()), impact=Impact())
        after = said.filled(stack.parameters)
        try:
            changes = changes_of(client, stack, said, sleep=sleep)
        except Outrun:
            continue
        before = PoolOptions(pool=said.pool).filled(stack.parameters)
        return Plan(
            changes=tuple(changes),
            impact=impact_of(
                changes,
                _records(clients, said.pool),
                before=before,
                after=after,
                now=now_s(),
            ),
            before=before,
            rate_before=price.rate(before, clients.region),
        )
    raise WaitTimeout(
        f"others keep working on the stack of pool {said.pool!r}",
        hint=f"asgwarm status {said.pool}",
    )


def _records(clients: Clients, pool: str) -> list[Record]:
    """The pool's instances; none of one that never served."""
    try:
        return list(Leases(Registry(clients.dynamodb, pool, "plan")).all().values())
    except PoolNotFound:
        return []
