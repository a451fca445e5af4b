"""The states of an instance and every move between them.

    into the pool   Warmed:Pending -> [:Wait ->] :Proceed -> Warmed:Stopped | :Running
    out of the pool Warmed:Stopped -> Pending -> [:Wait ->] :Proceed -> InService
    cold            Pending -> [:Wait ->] :Proceed -> InService
    end             any -> Terminating -> [:Wait ->] :Proceed -> Terminated
                    (a pool member walks the same way with the prefix "Warmed:")
    detach          InService -> Detaching -> Detached, which is no member any more
    standby         InService -> EnteringStandby -> Standby -> Pending -> InService

Rule 1: every move is a row of MOVES; any other pair raises IllegalMove.
Rule 2: the way through ":Wait" is taken when a lifecycle hook of the group asks for
it; a hook that answers ABANDON, or that runs out of time with that default, sends
the instance to its end instead of to ":Proceed".
Rule 3: pool members can only be claimed by the group, never detached, protected or
put in standby; that follows from the rows that are missing.

Source: Auto Scaling User Guide, "Lifecycle state transitions for instances in a warm
pool", "Amazon EC2 Auto Scaling instance lifecycle"; API Reference, LifecycleState.
"""

from enum import StrEnum
from typing import Final

PENDING: Final = "Pending"
PENDING_WAIT: Final = "Pending:Wait"
PENDING_PROCEED: Final = "Pending:Proceed"
IN_SERVICE: Final = "InService"
DETACHING: Final = "Detaching"
DETACHED: Final = "Detached"
ENTERING_STANDBY: Final = "EnteringStandby"
STANDBY: Final = "Standby"
TERMINATING: Final = "Terminating"
TERMINATING_WAIT: Final = "Terminating:Wait"
TERMINATING_PROCEED: Final = "Terminating:Proceed"
TERMINATED: Final = "Terminated"
WARMED: Final = "Warmed:"
WARMED_PENDING: Final = WARMED + PENDING
WARMED_PENDING_WAIT: Final = WARMED + PENDING_WAIT
WARMED_PENDING_PROCEED: Final = WARMED + PENDING_PROCEED
WARMED_STOPPED: Final = "Warmed:Stopped"
WARMED_RUNNING: Final = "Warmed:Running"
WARMED_TERMINATING: Final = WARMED + TERMINATING
WARMED_TERMINATING_WAIT: Final = WARMED + TERMINATING_WAIT
WARMED_TERMINATING_PROCEED: Final = WARMED + TERMINATING_PROCEED
WARMED_TERMINATED: Final = WARMED + TERMINATED


class Signal(StrEnum):
    """What can happen to an instance."""

    ASK = "a lifecycle hook has to be asked first"
    GO = "no hook asks, or all of them said CONTINUE"
    ARRIVE = "it is where it was going"
    STOPPED = "it rests in the pool, stopped"
    KEPT = "it rests in the pool, running"
    LEAVE_POOL = "the group draws it from the pool"
    DETACH = "it is being given away"
    STAND_BY = "it is being put aside"
    RESUME = "it comes back from standby"
    END = "it is to be terminated"
    GONE = "EC2 has terminated it"
    LEFT = "it is no member any more"


class IllegalMove(Exception):
    """A move that the table does not have: a mistake of this program."""


_END_IN_GROUP = (
    PENDING,
    PENDING_WAIT,
    PENDING_PROCEED,
    IN_SERVICE,
    ENTERING_STANDBY,
    STANDBY,
)
_END_IN_POOL = (
    WARMED_PENDING,
    WARMED_PENDING_WAIT,
    WARMED_PENDING_PROCEED,
    WARMED_STOPPED,
    WARMED_RUNNING,
)

MOVES: Final[dict[tuple[str, Signal], str]] = {
    (PENDING, Signal.ASK): PENDING_WAIT,
    (PENDING, Signal.GO): PENDING_PROCEED,
    (PENDING, Signal.ARRIVE): IN_SERVICE,  # attached or back from standby: no hooks
    (PENDING_WAIT, Signal.GO): PENDING_PROCEED,
    (PENDING_PROCEED, Signal.ARRIVE): IN_SERVICE,
    (IN_SERVICE, Signal.DETACH): DETACHING,
    (STANDBY, Signal.DETACH): DETACHING,
    (DETACHING, Signal.LEFT): DETACHED,
    (IN_SERVICE, Signal.STAND_BY): ENTERING_STANDBY,
    (ENTERING_STANDBY, Signal.ARRIVE): STANDBY,
    (STANDBY, Signal.RESUME): PENDING,
    (TERMINATING, Signal.ASK): TERMINATING_WAIT,
    (TERMINATING, Signal.GO): TERMINATING_PROCEED,
    (TERMINATING_WAIT, Signal.GO): TERMINATING_PROCEED,
    (TERMINATING_PROCEED, Signal.GONE): TERMINATED,
    (WARMED_PENDING, Signal.ASK): WARMED_PENDING_WAIT,
    (WARMED_PENDING, Signal.GO): WARMED_PENDING_PROCEED,
    (WARMED_PENDING_WAIT, Signal.GO): WARMED_PENDING_PROCEED,
    (WARMED_PENDING_PROCEED, Signal.STOPPED): WARMED_STOPPED,
    (WARMED_PENDING_PROCEED, Signal.KEPT): WARMED_RUNNING,
    (WARMED_STOPPED, Signal.LEAVE_POOL): PENDING,
    (WARMED_RUNNING, Signal.LEAVE_POOL): PENDING,
    (WARMED_TERMINATING, Signal.ASK): WARMED_TERMINATING_WAIT,
    (WARMED_TERMINATING, Signal.GO): WARMED_TERMINATING_PROCEED,
    (WARMED_TERMINATING_WAIT, Signal.GO): WARMED_TERMINATING_PROCEED,
    (WARMED_TERMINATING_PROCEED, Signal.GONE): WARMED_TERMINATED,
    **dict.fromkeys(((state, Signal.END) for state in _END_IN_GROUP), TERMINATING),
    **dict.fromkeys(
        ((state, Signal.END) for state in _END_IN_POOL), WARMED_TERMINATING
    ),
}

STATES: Final = frozenset(state for state, _ in MOVES) | frozenset(MOVES.values())
RESTING: Final = frozenset({WARMED_STOPPED, WARMED_RUNNING})
PENDING_STATES: Final = frozenset({PENDING, PENDING_WAIT, PENDING_PROCEED})
WARMED_PENDING_STATES: Final = frozenset(WARMED + state for state in PENDING_STATES)
TERMINATING_STATES: Final = frozenset(
    prefix + state
    for prefix in ("", WARMED)
    for state in (TERMINATING, TERMINATING_WAIT, TERMINATING_PROCEED)
)


def move(state: str, signal: Signal) -> str:
    """The state after *signal*.

    Raises:
        IllegalMove: The table has no such row.
    """
    try:
        return MOVES[state, signal]
    except KeyError:
        raise IllegalMove(f"{state} cannot take {signal.name}") from None


def can(state: str, signal: Signal) -> bool:
    """Whether the table allows *signal* in *state*."""
    return (state, signal) in MOVES


def target_of(state: str, pool_state: str) -> str:
    """Where an instance in *state* is going, as its metadata service tells it.

    Args:
        pool_state: PoolState of the warm pool, "Stopped" or "Running".

    Source: Auto Scaling User Guide, "Retrieve the target lifecycle state through
    instance metadata".
    """
    if state in WARMED_PENDING_STATES:
        return WARMED + pool_state
    if state in PENDING_STATES:
        return IN_SERVICE
    if state in TERMINATING_STATES:
        return WARMED_TERMINATED if state.startswith(WARMED) else TERMINATED
    return {DETACHING: DETACHED, ENTERING_STANDBY: STANDBY}.get(state, state)
