"""The function as AWS runs it: every minute over everything, sooner on a hint.

Rule 1: what runs is `reconcile` of the product, with its own Registry and Fleet; only
their clients are the simulation's.
Rule 2: hints are lost, late and doubled; passes are skipped, die at any call, overlap,
and are tried again when they say that something failed, as Lambda does it.
Rule 3: no more than MOST_DEAD passes over everything fail in a row; the bounds that
the run is held to are those for that many.
"""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from asgwarm.domain.meta import Settings
from asgwarm.fleet.fleet import Fleet
from asgwarm.lambdas.reconcile import reconcile
from asgwarm.lambdas.world import World
from asgwarm.registry.registry import Registry
from tests.prove.simulate.clients import Asked, AutoScalingClient, Ec2Client
from tests.prove.simulate.cloud import Cloud
from tests.prove.simulate.dynamo import DynamoClient, Table
from tests.prove.simulate.expressions import Item
from tests.prove.simulate.lines import Dead, Faults, Line
from tests.prove.simulate.sizes import PERIOD_S
from tests.prove.simulate.timeline import Timeline

TIMEOUT_S = 60.0  # of the function, see the template
MOST_DEAD = 3
LATEST_S = 1200.0  # how late an event may come


class SimulatedWorld(World):
    """The product's World on one invocation's line."""

    def __init__(
        self, settings: Settings, line: Line, table: Table, cloud: Cloud, asked: Asked
    ) -> None:
        self.settings = settings
        client: Any = DynamoClient(table, line)
        self.registry = Registry(client, settings.pool, "function")
        autoscaling: Any = AutoScalingClient(cloud, line, asked)
        ec2: Any = Ec2Client(cloud, line, asked)
        self.fleet = Fleet(autoscaling, ec2, settings)


class Function:
    """All invocations of one pool's function."""

    def __init__(
        self,
        timeline: Timeline,
        faults: Faults,
        settings: Settings,
        table: Table,
        cloud: Cloud,
    ) -> None:
        self.timeline, self.faults, self.settings = timeline, faults, settings
        self.table, self.cloud = table, cloud
        self.asked: Asked = lambda line, instance_id: None
        self.dead_in_a_row = self.worst_dead_in_a_row = 0
        self._number = 0
        table.watchers.append(self._on_row)
        cloud.on_event = self._on_event

    def start(self) -> None:
        """Begin the schedule."""
        self.timeline.later(1.0, self._every_minute)

    def run(self, hints: frozenset[str] = frozenset()) -> bool:
        """One invocation; whether it did all that it was to do."""
        self._number += 1
        line = Line(self.timeline, self.faults, f"pass{self._number}", TIMEOUT_S)
        world = SimulatedWorld(self.settings, line, self.table, self.cloud, self.asked)
        self.timeline.step(line.who, " ".join(sorted(hints)) or "everything")
        try:
            reconcile(world, int(self.timeline.now), hints)
        except Dead:
            return False
        except (RuntimeError, ClientError, BotoCoreError) as error:
            if type(error).__module__ == "builtins" and type(error) is not RuntimeError:
                raise  # a flaw, and no answer of AWS's
            self.timeline.counts["failed pass"] += 1
            return False
        return True

    def _every_minute(self) -> None:
        self.timeline.later(PERIOD_S, self._every_minute)
        self.table.expire()
        self.cloud.forget()
        late_s = self.timeline.between(0, 3) if self.faults.on else 0.0
        self.timeline.later(late_s, self._full)

    def _full(self, tries: int = 0) -> None:
        timeline = self.timeline
        doomed = self.faults.on and timeline.chance(0.06)
        calm = self.dead_in_a_row >= MOST_DEAD
        shares = dict(vars(self.faults))
        if calm:
            self.faults.death = self.faults.refused = self.faults.lost = 0.0
            self.faults.overlap = 0.0
        done = False
        if doomed and not calm:
            timeline.counts["skipped pass"] += 1
            timeline.note("a pass is skipped")
        else:
            done = self.run()
        if calm and self.faults.on:
            vars(self.faults).update(shares)
        self.dead_in_a_row = 0 if done else self.dead_in_a_row + 1
        self.worst_dead_in_a_row = max(self.worst_dead_in_a_row, self.dead_in_a_row)

    def hint(self, *about: str) -> None:
        """Something changed: tell the function, as AWS's events do."""
        timeline = self.timeline
        delay_s, times = timeline.between(0.1, 1.5), 1
        if self.faults.on and (draw := timeline.random()) < 0.3:
            if draw < 0.15:
                timeline.counts["lost hint"] += 1
                return
            if draw < 0.22:
                timeline.counts["doubled hint"] += 1
                times = 2
            else:
                timeline.counts["late hint"] += 1
                delay_s = timeline.between(2, LATEST_S if draw < 0.25 else 60)
        for _ in range(times):
            timeline.later(delay_s, self._hinted, frozenset(about), 2)

    def _hinted(self, about: frozenset[str], tries: int) -> None:
        if not self.run(about) and tries:
            self.timeline.later(1.0, self._hinted, about, tries - 1)

    def _on_event(self, detail: dict[str, Any]) -> None:
        if "LifecycleActionToken" in detail or detail["Destination"] != "WarmPool":
            self.hint(detail["EC2InstanceId"])

    def _on_row(
        self, pk: str, sk: str, before: Item | None, after: Item | None
    ) -> None:
        """The filters of the table's stream."""
        if after is None:
            return
        if sk == "AGENT":
            self.hint(pk.rpartition("/")[2])
        elif pk.startswith("WAIT#"):
            self.hint("WAIT#")
        elif before and before.get("st") != after.get("st"):
            self._on_state(sk[2:], after["st"]["S"])

    def _on_state(self, instance_id: str, state: str) -> None:
        if state in ("LEASED", "DRAINING"):
            self.hint(instance_id)
