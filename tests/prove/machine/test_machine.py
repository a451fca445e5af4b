"""Anybody does anything to a pool's rows, at any time: every outcome is as predicted.

Functions of two stacks, claimants, holders, a person who damages rows, and DynamoDB's
own deletions act on three instances of one pool, from what they read now or long ago.
Each example has keys of its own in one table; MACHINE_EXAMPLES says how many there are.
"""

import os
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from asgwarm.domain.record import Record
from tests.prove.machine.holders import Holders
from tests.prove.machine.play import Play
from tests.prove.machine.pool_row import LOCK_S, PoolRow
from tests.prove.machine.rules import RULES, Row
from tests.prove.machine.sent import OTHER_STACK, STACK, honest

EXAMPLES, STEPS = int(os.environ.get("MACHINE_EXAMPLES", "12")), 50
LATEST_EVENT_S = 30 * 3600  # EventBridge retries for 24 h, Lambda keeps events for 6 h

INSTANCE = st.sampled_from(["i-0000000a", "i-0000000b", "i-0000000c"])
AGE = st.sampled_from([0, 0, 0, 1, 2, 5])  # changes since it was read
WHO = st.integers(min_value=0, max_value=20)
STACKS = st.sampled_from([STACK, STACK, OTHER_STACK])
TWISTS: list[dict[str, Any]] = [
    {"epoch": OTHER_STACK},
    {"lease_id": "machine.other", "last_lease": "machine.other"},
    {"hb": 2, "last_hb": 2, "hb_seen": 2},
    {"hb": 9, "last_hb": 9, "hb_seen": 9},
]
TWIST = st.sampled_from([{}, {}, {}, *TWISTS])
DAMAGE: list[Row] = [
    {"st": "READYISH"},
    {"st": 7},
    {"gen": "3"},
    {"epoch": 3},
    {"v": 2},
    {"lease_id": 7},
    {"hb": "4"},
    {"exp_at": "soon"},
]


class Rows(RuleBasedStateMachine):
    """Who may act on the rows of a pool, and how."""

    def __init__(self, play: Play) -> None:
        super().__init__()
        self.play = play
        self.pool_row = PoolRow(play.registry)
        self.holders = Holders(play)
        self.number = self.steps = 0
        self.sent: list[tuple[str, Record | None, str, dict[str, Any]]] = []

    def take(
        self, instance_id: str, record: Record | None, edge: str, **changes: Any
    ) -> None:
        """Take an edge from what was read, honestly but for *changes*."""
        self.number += 1
        values = honest(edge, record, self.play.now, self.number) | changes
        self.sent.append((instance_id, record, edge, values))
        self.play.move(instance_id, record, edge, **values)

    @initialize(instances=st.sets(INSTANCE))
    def some_are_ready(self, instances: set[str]) -> None:
        """Where it begins."""
        for i in sorted(instances):
            self.take(i, None, "register")
            self.take(i, self.play.read(i), "ready")

    @rule(i=INSTANCE, epoch=STACKS)
    def an_instance_is_seen(self, i: str, epoch: str) -> None:
        """An event says that the group has launched it, early, late or again."""
        self.take(i, None, "register", epoch=epoch)

    @rule(i=INSTANCE, pick=WHO, twist=TWIST, late_s=st.integers(-1, 1))
    def life_goes_on(
        self, i: str, pick: int, twist: dict[str, Any], late_s: int
    ) -> None:
        """One of the edges that lead out of the state in which it was read."""
        record = self.play.read(i)
        ways = [e for e, r in RULES.items() if record and record.state in r.start]
        if record is None or not ways:
            return
        edge = ways[pick % len(ways)]
        ends_at = record.lease_seen_at if edge == "end" else record.exp_at
        self.take(i, record, edge, deadline=ends_at + late_s, **twist)

    @rule(i=INSTANCE, edge=st.sampled_from(sorted(RULES)), age=AGE, twist=TWIST)
    def somebody_is_wrong(
        self, i: str, edge: str, age: int, twist: dict[str, Any]
    ) -> None:
        """Any edge at all, from what was read now or long ago."""
        record = self.play.read(i, age)
        if edge == "register":
            self.take(i, None, edge, **twist)
        elif edge == "quarantine":
            self.take(i, None, edge, last_gen=record.gen if record else 0)
        elif record:
            self.take(i, record, edge, **twist)

    @rule(which=WHO)
    @precondition(lambda self: self.sent)
    def a_request_comes_twice(self, which: int) -> None:
        """Something that was sent before arrives once more."""
        i, record, edge, values = self.sent[-1 - which % len(self.sent)]
        self.play.move(i, record, edge, **values)

    @rule(i=INSTANCE, age=AGE, again=st.booleans())
    def somebody_claims(self, i: str, age: int, again: bool) -> None:
        """From the page of the index, or from an old one."""
        if record := self.play.read(i, age):
            self.holders.claim(record, again=again)

    @rule(i=INSTANCE)
    def somebody_gets_one(self, i: str) -> None:
        """All that has to happen until there is a lease, without any disturbance."""
        for edge in ("register", "ready"):
            record = self.play.read(i)
            self.take(i, None if edge == "register" else record, edge)
            if self.play.read(i) is None:
                return
        if record := self.play.read(i):
            self.holders.claim(record, again=False)

    @rule(who=WHO)
    @precondition(lambda self: self.holders.held)
    def a_holder_renews(self, who: int) -> None:
        """Also one who has lost the lease, or has an old answer."""
        self.holders.renew(who % len(self.holders.held))

    @rule(who=WHO)
    @precondition(lambda self: self.holders.held)
    def a_holder_releases(self, who: int) -> None:
        """Also for the second time."""
        self.holders.release(who % len(self.holders.held))

    @rule(i=INSTANCE, change=st.sampled_from(DAMAGE))
    @precondition(lambda self: self.number % 7 == 0)
    def somebody_damages(self, i: str, change: Row) -> None:
        """A person writes nonsense into a row; then the function looks at it."""
        if row := self.play.rows.get(i):
            self.play.put(i, row | change)
            self.take(i, None, "quarantine", last_gen=(row | change).get("gen"))

    @rule(seconds=st.sampled_from([0, 1, 60, 3600, LATEST_EVENT_S]))
    def time_passes(self, seconds: int) -> None:
        """And DynamoDB deletes what has outlived every late event."""
        self.play.now += seconds
        for i, row in list(self.play.rows.items()):
            if row.get("st") == "TERMINATED" and row["ttl_at"] < self.play.now:
                self.play.drop(i)
                self.forget(i)

    def forget(self, instance_id: str) -> None:
        """Nobody hears of an instance again that is gone for two days."""
        self.sent = [each for each in self.sent if each[0] != instance_id]
        self.holders.held = [
            held for held in self.holders.held if held.instance_id != instance_id
        ]
        for known in (self.play.claimed, self.play.was_ready):
            known.discard(instance_id)
        self.play.seen.pop(instance_id)

    @rule(stack=STACKS, hot=st.integers(0, 2))
    def a_function_keeps_the_pool(self, stack: str, hot: int) -> None:
        """Also that of a stack that is not there any more."""
        self.pool_row.keep(stack, hot=hot)

    @rule(
        stack=STACKS,
        change=st.sampled_from(
            [("pool_mode", "DRAINING"), ("pool_mode", "ACTIVE"), ("refresh_at", 5)]
        ),
    )
    def somebody_changes_the_pool(self, stack: str, change: tuple[str, Any]) -> None:
        """Down, up again, refresh; by a client that knows this stack."""
        self.pool_row.put(stack, *change)

    @rule(stack=STACKS, gives_back=st.booleans())
    def a_function_locks(self, stack: str, gives_back: bool) -> None:
        """To raise the capacity; it may die before it gives the right back."""
        self.pool_row.lock(stack, self.play.now)
        if gives_back:
            self.pool_row.unlock(self.play.now + LOCK_S)

    @rule()
    def everybody_looks(self) -> None:
        """The whole partition and what is offered of it."""
        self.play.look()

    @invariant()
    def it_is_counted(self) -> None:
        """One step more."""
        self.steps += 1

    def teardown(self) -> None:
        """Look once more."""
        self.play.look()


def test_every_write_has_the_outcome_that_the_rules_predict(new_play, record_property):
    """Success, refusal and the row afterwards, for every write of every example."""
    made: list[Rows] = []

    def machine() -> Rows:
        made.append(Rows(new_play()))
        return made[-1]

    run_state_machine_as_test(
        machine,  # type: ignore[arg-type]  # whatever makes one will do
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

    writes = sum(each.play.registry.writes for each in made)
    claimed = sum(len(each.holders.held) for each in made)
    assert writes > 10 * EXAMPLES
    assert claimed > EXAMPLES / 10
    steps = sum(each.steps for each in made)
    said = f"{len(made):,} examples, {steps:,} steps, {writes:,} writes"
    record_property("figure", f"{said}, {claimed:,} leases, 0 surprises")
