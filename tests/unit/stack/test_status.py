"""The table of stack statuses."""

from typing import Any

import botocore.session
import pytest

from asgwarm.stack.status import THEN, Then, remedy, then


def _every_status() -> list[str]:
    """The statuses that CloudFormation's own model names."""
    model = botocore.session.get_session().get_service_model("cloudformation")
    shape: Any = model.shape_for("StackStatus")
    return list(shape.enum)


def test_every_status_is_in_the_table():
    """CloudFormation's model and the table name the same."""
    assert set(THEN) == set(_every_status())


@pytest.mark.parametrize("status", _every_status())
def test_a_status_in_progress_is_waited_for(status):
    """REVIEW_IN_PROGRESS alone waits for a person."""
    waits = then(status) is Then.WAIT
    assert waits == (status.endswith("IN_PROGRESS") and status[:6] != "REVIEW")


@pytest.mark.parametrize("status", [s for s, t in THEN.items() if t is Then.STOP])
def test_a_status_that_stops_names_its_way_out(status):
    """One meaning, one command, with the names filled in."""
    meaning, command = remedy(status, pool="dev", stack="asgwarm-dev")

    assert status not in meaning
    assert command.startswith(("asgwarm down dev", "aws cloudformation "))
    assert "{" not in command


def test_an_unknown_status_stops():
    """Nothing is done to a stack that is not understood, except to wait for it."""
    assert then("SOMETHING_NEW") is Then.STOP
    assert then("SOMETHING_IN_PROGRESS") is Then.WAIT
    assert "SOMETHING_NEW" in remedy("SOMETHING_NEW", pool="dev", stack="s")[0]
