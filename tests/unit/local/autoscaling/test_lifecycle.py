from itertools import product

import botocore.session
import pytest

from asgwarm.local.autoscaling.lifecycle import (
    MOVES,
    STATES,
    IllegalMove,
    Signal,
    move,
    target_of,
)


def documented_states() -> set[str]:
    """The enum LifecycleState of the API."""
    model = botocore.session.get_session().get_service_model("autoscaling")
    return set(model.shape_for("LifecycleState").metadata["enum"])


def test_every_state_is_one_that_aws_documents():
    """The table invents no lifecycle state."""
    assert documented_states() >= STATES


def test_a_pair_is_a_row_or_is_refused():
    """Every pair of state and signal either moves to a known state or raises."""
    for state, signal in product(STATES, Signal):
        if (state, signal) in MOVES:
            assert move(state, signal) in STATES
        else:
            with pytest.raises(IllegalMove):
                move(state, signal)


@pytest.mark.parametrize("signal", [Signal.DETACH, Signal.STAND_BY])
def test_a_pool_member_is_neither_detached_nor_put_aside(signal):
    """No Warmed: state takes a move that AWS refuses for pool members."""
    assert not [s for s, taken in MOVES if taken == signal and s.startswith("Warmed:")]


def test_every_state_leads_to_an_end():
    """From every state some way leads out of the group."""
    ends = {"Terminated", "Warmed:Terminated", "Detached"}
    good = set(ends)
    for _ in STATES:
        good |= {state for (state, _), after in MOVES.items() if after in good}

    assert good == STATES


@pytest.mark.parametrize(
    ("state", "target"),
    [
        ("Warmed:Pending:Wait", "Warmed:Stopped"),
        ("Warmed:Stopped", "Warmed:Stopped"),
        ("Pending", "InService"),
        ("Pending:Wait", "InService"),
        ("InService", "InService"),
        ("Detaching", "Detached"),
        ("EnteringStandby", "Standby"),
        ("Terminating:Wait", "Terminated"),
        ("Warmed:Terminating", "Warmed:Terminated"),
    ],
)
def test_the_metadata_says_where_an_instance_is_going(state, target):
    """target-lifecycle-state is the end of the way, not the present state."""
    assert target_of(state, "Stopped") == target
