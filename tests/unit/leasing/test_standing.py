"""What a pool costs now."""

from decimal import Decimal

from asgwarm.domain.record import Record, State
from asgwarm.leasing.standing import Prices


def _record(state: State) -> Record:
    return Record(instance_id="i-1", state=state, gen=1, epoch="stack")


def test_what_runs_and_what_rests_is_counted_once():
    """A tombstone costs nothing, a stopped instance its volume."""
    prices = Prices(running=Decimal("0.10"), resting=Decimal("0.01"))
    states = ["READY", "LEASED", "WARMING", "DRAINING", "WARMED", "TERMINATED"]

    assert prices.of([_record(State(state)) for state in states]) == Decimal("0.41")
