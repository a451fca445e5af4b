"""Progress of a stack: lines, documents, and nothing drawn without a terminal."""

import io
import json
import re
from dataclasses import replace

from asgwarm.cli.output import Output
from asgwarm.cli.views.progress import progress
from asgwarm.stack.events import StackEvent

DONE = StackEvent(
    at="2026-01-31T12:00:00Z",
    logical_id="Table",
    type="AWS::DynamoDB::Table",
    status="CREATE_COMPLETE",
    reason="",
)
FAILED = StackEvent(
    at="2026-01-31T12:00:01Z",
    logical_id="Group",
    type="AWS::AutoScaling::AutoScalingGroup",
    status="CREATE_FAILED",
    reason="no\x1b[31m",
)


class Terminal(io.StringIO):
    """A stream that calls itself a terminal."""

    def isatty(self):
        """Say yes."""
        return True


def shown(output: Output) -> None:
    """Show one event of each kind."""
    with progress(output, "pool dev") as show:
        show(replace(DONE, status="CREATE_IN_PROGRESS"))
        show(DONE)
        show("waiting for 1 instance")
        show(FAILED)


def test_without_a_terminal_what_is_done_is_a_plain_line():
    """No cursor moves, no colour, nothing on stdout."""
    out, err = io.StringIO(), io.StringIO()
    shown(Output(out, err))

    assert out.getvalue() == ""
    assert err.getvalue().splitlines() == [
        "CREATE_COMPLETE      Table",
        "waiting for 1 instance",
        "CREATE_FAILED        Group  no\\x1b[31m",
    ]


def test_with_json_each_event_is_a_document():
    """NDJSON on stdout, times as AWS gave them."""
    out, err = io.StringIO(), io.StringIO()
    shown(Output(out, err, json=True))

    begun, first, second, third = map(json.loads, out.getvalue().splitlines())
    assert err.getvalue() == ""
    assert begun["status"] == "CREATE_IN_PROGRESS"
    assert first == {
        "schema": "asgwarm.event/v1",
        "type": "resource",
        "at": "2026-01-31T12:00:00Z",
        "logical_id": "Table",
        "resource_type": "AWS::DynamoDB::Table",
        "status": "CREATE_COMPLETE",
        "reason": None,
    }
    assert second["message"] == "waiting for 1 instance"
    assert third["reason"] == "no\x1b[31m"


def test_on_a_terminal_a_failure_stays_on_the_screen():
    """What is redrawn disappears; what failed is printed above it, escaped."""
    err = Terminal()
    shown(Output(io.StringIO(), err))

    assert "CREATE_FAILED        Group  no\\x1b[31m\n" in err.getvalue()


def test_on_a_terminal_whose_lease_ended_stays_on_the_screen():
    """Other notes are redrawn and disappear."""
    err = Terminal()
    with progress(Output(io.StringIO(), err), "deleting pool dev") as show:
        show("ends lease dev.abc of bob@lab:7")
        show("waiting for 1 instance")

    # What is redrawn is indented.
    lasting = re.findall(r"(?<! )(?:ends lease|waiting for) .*", err.getvalue())
    assert lasting == ["ends lease dev.abc of bob@lab:7"]
