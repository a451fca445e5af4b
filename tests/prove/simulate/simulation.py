"""One run: a pool, its people, its AWS and its troubles, from one seed.

First everybody does what they do for as many steps as were asked for, with faults; then
faults end, people give back what they hold, and the pool has to become what it should
be, within a bound.
"""

import traceback
from dataclasses import dataclass, field

from tests.prove.simulate.cloud import Cloud
from tests.prove.simulate.dynamo import Table
from tests.prove.simulate.function import Function
from tests.prove.simulate.guests import Guests
from tests.prove.simulate.hands import Hands
from tests.prove.simulate.holders import Holder
from tests.prove.simulate.ledger import Ledger
from tests.prove.simulate.lines import Faults
from tests.prove.simulate.mutants import in_place
from tests.prove.simulate.sizes import HOLDERS, Z_S, settings_of
from tests.prove.simulate.swap import stilled
from tests.prove.simulate.timeline import START, Timeline, Violation
from tests.prove.simulate.upkeep import Upkeep


@dataclass
class Outcome:
    """What a run came to."""

    seed: int
    steps: int
    virtual_s: float
    crc: int
    counts: dict[str, int]
    bounds: dict[str, float] = field(default_factory=dict)
    violation: str = ""
    trace: tuple[str, ...] = ()


def simulate(seed: int, steps: int, about: str = "", mutant: str = "") -> Outcome:
    """Run one seed until *steps* are done and the pool has come to rest.

    Args:
        about: Trace every line with this in it.
        mutant: Run the product with this guard taken away.
    """
    timeline = Timeline(seed, about)
    with stilled(timeline), in_place(mutant):
        run = Run(timeline)
        violation = ""
        try:
            run.go(steps)
        except Violation as found:
            violation = str(found)
        except Exception:  # noqa: BLE001  # a flaw is shown with the way to it
            violation = f"seed {seed}, step {timeline.steps}:\n{traceback.format_exc()}"
    return Outcome(
        seed=seed,
        steps=timeline.steps,
        virtual_s=timeline.now - START,
        crc=timeline.crc,
        counts=dict(timeline.counts),
        bounds=run.upkeep.bounds(),
        violation=violation,
        trace=tuple(timeline.trace),
    )


class Run:
    """Everybody of one run."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline, self.faults = timeline, Faults()
        settings = settings_of(timeline.seed)
        self.table = Table(timeline)
        self.cloud = Cloud(timeline, self.faults, settings)
        self.ledger = Ledger(timeline, self.table, settings)
        self.cloud.on_end = self.ledger.on_end
        self.ledger.boots = lambda instance_id: self.cloud.boxes[instance_id].boots
        shared = timeline, self.faults
        self.function = Function(*shared, settings, self.table, self.cloud)
        self.function.asked = self.ledger.asked
        self.cloud.on_ask, self.ledger.waiters = self.ledger.on_ask, HOLDERS
        self.guests = Guests(*shared, self.cloud, self.table)
        self.holders = [
            Holder(*shared, self.table, self.ledger, n) for n in range(HOLDERS)
        ]
        self.hands = Hands(*shared, self.table, self.cloud, self.ledger)
        self.upkeep = Upkeep(timeline, self.cloud, self.ledger, self.function)

    def go(self, steps: int) -> None:
        """Everything, from the first pass to rest.

        Raises:
            Violation: A promise was broken.
        """
        self.function.start()
        self.hands.start()
        self.upkeep.start()
        while self.timeline.steps < steps:
            self.timeline.advance()
        self.faults.off()
        self.upkeep.settle(Z_S)
