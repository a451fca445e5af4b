"""What a pool costs now."""

from decimal import Decimal

from asgwarm.domain.record import Record, State
from asgwarm.leasing.standing import Prices


def _record(state: State) -> Record:
    return Record(instance_id="i-1", state=state, gen=1, epoch="stack")


def test_what_runs_and_what_rests_is_counted_once():
    """A tombstone costs nothing, a stopped instance its volume; what is unknown all."""
    prices = Prices(running=Decimal("0.10"), resting=Decimal("0.01"))

    assert prices.of([_record(state) for state in State]) == Decimal("0.51")
