"""What the ledger takes for a broken promise when an instance is to be ended."""

import pytest

from tests.prove.simulate.dynamo import Table
from tests.prove.simulate.ledger import HAND, Ledger
from tests.prove.simulate.lines import Faults, Line
from tests.prove.simulate.sizes import settings_of
from tests.prove.simulate.timeline import Timeline, Violation

ID = "i-00000000000000001"


class Scene:
    """One row, and a pass of the function that may ask for the end of its instance."""

    def __init__(self, state: str) -> None:
        self.timeline = Timeline(1)
        self.table = Table(self.timeline)
        self.ledger = Ledger(self.timeline, self.table, settings_of(1))
        self.put(state)

    def put(self, state: str) -> None:
        row = {"st": {"S": state}, "updated_by": HAND}
        self.table.put(self.ledger.pk(ID), f"I#{ID}", row)

    def spoil(self) -> None:
        self.ledger.spoils(ID)
        self.put("BROKEN")

    def ask(self, *, meanwhile: bool = False) -> None:
        """Ask for the end; *meanwhile* a hand spoils the row."""
        faults = Faults()
        faults.on, faults.overlap = meanwhile, 1.0
        line = Line(self.timeline, faults, "pass")
        line.has_read_meta = True
        if meanwhile:
            self.timeline.later(0.001, self.spoil)
        line.call("TerminateInstances", lambda: self.ledger.asked(line, ID))


def test_an_instance_at_its_end_is_ended_though_its_row_is_spoilt_meanwhile():
    """What is on its way cannot be taken back."""
    scene = Scene("DRAINING")
    scene.ask(meanwhile=True)

    assert scene.ledger.state(ID) == "BROKEN"
    assert ID in scene.ledger.asked_at


@pytest.mark.parametrize("meanwhile", [False, True])
def test_an_instance_whose_row_says_nothing_of_an_end_is_not_to_be_ended(meanwhile):
    """Whether its row is spoilt then or not."""
    with pytest.raises(Violation, match="S6: pass ends"):
        Scene("LEASED").ask(meanwhile=meanwhile)


def test_nothing_is_ended_that_was_asked_for_after_its_row_was_spoilt():
    """Whatever the row said before."""
    scene = Scene("DRAINING")
    scene.spoil()
    scene.timeline.now += 1

    with pytest.raises(Violation, match="which is BROKEN"):
        scene.ask()
