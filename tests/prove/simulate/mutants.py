"""The product with one guard taken away: what the simulation has to notice.

Rule: a mutant is a list of places of the product and what stands there instead, put
in for one run; nothing of the simulation knows of it.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

from asgwarm.domain import decide
from asgwarm.domain.capacity import LEFT, Capacity
from asgwarm.domain.edges import EDGES, Edge
from asgwarm.domain.fleet import GroupView
from asgwarm.domain.meta import Meta
from asgwarm.domain.record import Record, State
from asgwarm.lambdas import reconcile
from asgwarm.lambdas import world as looking
from asgwarm.registry import leases, registry, table
from tests.prove.simulate.sizes import STACK
from tests.prove.simulate.swap import swapped

Swaps = list[tuple[Any, str, Any]]
MUTANTS: dict[str, Callable[[], Swaps]] = {}


def mutant(make: Callable[[], Swaps]) -> Callable[[], Swaps]:
    """List a mutant under its function's name."""
    MUTANTS[make.__name__] = make
    return make


@contextmanager
def in_place(name: str) -> Iterator[None]:
    """Let the product be that mutant for as long as the block lasts."""
    with ExitStack() as stack:
        for place, attribute, other in MUTANTS[name]() if name else ():
            stack.enter_context(swapped(place, attribute, other))
        yield


def _edge(name: str, **changes: str) -> Swaps:
    return [(EDGES, name, EDGES[name]._replace(**changes))]


@mutant
def claim_of_anything() -> Swaps:
    """A claim does not look at what the row has become since it was listed."""
    before, guard = "READY LEASED DRAINING", "gen > :zero"
    return [*_edge("claim", before=before, guard=guard), *_unfenced("claim")]


@mutant
def ready_without_generation() -> Swaps:
    """What once was on its way becomes ready, whatever it is by now."""
    before, guard = "WARMING READY LEASED DRAINING", "gen > :zero"
    return [*_edge("ready", before=before, guard=guard), *_unfenced("ready")]


@mutant
def reuse() -> Swaps:
    """What is given back is offered to the next one."""
    sets = "last_lease why ready_key"
    return [
        *_edge("release", after="READY", sets=sets, guard="lease_id = :last_lease"),
        *_known("ready_key", "0"),
    ]


@mutant
def no_tombstone() -> Swaps:
    """A row is forgotten when its instance ends."""
    return [(registry, "TOMBSTONE_S", 0)]


@mutant
def expire_without_heartbeat() -> Swaps:
    """The reaper does not look whether the lease was renewed meanwhile."""
    return _edge("expire", guard="exp_at < :deadline")


@mutant
def holder_clock_decides() -> Swaps:
    """A lease ends by the time that its holder wrote."""

    def leased(view: Any, record: Record) -> Any:
        if record.since + record.dur_s < view.now - view.settings.grace_s:
            return decide.Action("force", "expired")
        return before(view, record)

    before = decide._DECISIONS[State.LEASED]
    return [(decide._DECISIONS, State.LEASED, leased)]


@mutant
def end_before_the_row_says_so() -> Swaps:
    """An instance is ended first, and its row is changed afterwards."""

    def free(view: Any, record: Record) -> Any:
        action = before(view, record)
        if action and action.do == "evict":
            return decide.Action("terminate", action.why)
        return action

    before = decide._DECISIONS[State.READY]
    return [(decide._DECISIONS, State.READY, free)]


@mutant
def absence_is_death() -> Swaps:
    """An instance that EC2's list leaves out is taken for gone."""
    return [(looking, "LOST_S", -(10**9))]


@mutant
def holder_dates_the_evidence() -> Swaps:
    """How long EC2 may not know an instance is counted from what its holder wrote."""

    def view(self: Any, seen: Any, instance_id: str) -> Any:
        record = seen.records.get(instance_id)
        if record and seen.now - record.since > looking.LOST_S:
            records = {**seen.records, instance_id: replace(record, born_at=0)}
            seen = replace(seen, records=records)
        return before(self, seen, instance_id)

    before = looking.World.view
    return [(looking.World, "view", view)]


@mutant
def events_only() -> Swaps:
    """Nobody looks unless an event says so."""

    def nothing(seen: Any) -> list[str]:
        return []

    return [(reconcile, "_everything", nothing)]


@mutant
def lost_answer_is_a_no() -> Swaps:
    """A claim whose answer was lost counts as refused."""

    def settle_unknown(self: Any, record: Any, wish: Any, cause: Exception) -> Any:
        raise cause

    return [(leases.Leases, "_settle_unknown", settle_unknown)]


@mutant
def refused_retry_is_a_no() -> Swaps:
    """A claim that failed its condition is not looked at twice: it may be ours."""

    def ours(found: Any, wish: Any) -> Any:
        raise leases.Taken

    return [(leases, "_ours", ours)]


@mutant
def renewals_start_no_new_time() -> Swaps:
    """The reaper stamps a lease once, whatever its holder writes."""

    def leased(view: Any, record: Record) -> Any:
        action = before(view, record)
        if action and action.do == "stamp" and record.lease_seen_at:
            return before(view, replace(record, hb_seen=record.hb))
        return action

    before = decide._DECISIONS[State.LEASED]
    guard = "exp_at < :deadline"
    return [(decide._DECISIONS, State.LEASED, leased), *_edge("expire", guard=guard)]


@mutant
def no_lock() -> Swaps:
    """Everybody raises DesiredCapacity who finds it too low."""

    def lock(self: Any, *_: Any) -> bool:
        return True

    return [(registry.Registry, "lock", lock)]


@mutant
def no_meta() -> Swaps:
    """Nobody looks whether the table is the pool's."""

    def meta(self: Any) -> Meta:
        before(self)  # which notes the number of shards, where there is one
        return Meta(
            epoch=STACK,
            pool_mode="ACTIVE",
            hot=2,
            warm=2,
            cap=9,
            max_lease_s=900,
            trouble="",
            seen_at=2**40,
            shards=self.shards or 1,
        )

    before = registry.Registry.meta
    return [(registry.Registry, "meta", meta)]


@mutant
def no_limit_to_sweeps() -> Swaps:
    """Everything that one listing leaves out has left the group."""

    def capacity_of(*args: Any) -> Capacity:
        capacity: Capacity = before(*args)
        capacity.left[LEFT] = 1000
        return capacity

    before = vars(looking)["capacity_of"]
    return [(looking, "capacity_of", capacity_of)]


@mutant
def detach_never_decrements() -> Swaps:
    """What leaves is always replaced, whatever the cap says."""
    return [(Capacity, "shrink", lambda _: False)]


@mutant
def drains_only_what_it_saw_drain() -> Swaps:
    """DRAINING is written, and the end is left to the same pass."""

    def draining(view: Any, record: Record) -> Any:
        return before(view, record) if view.now == record.since else None

    before = decide._DECISIONS[State.DRAINING]
    return [(decide._DECISIONS, State.DRAINING, draining)]


@mutant
def orphans_are_nobody_s() -> Swaps:
    """What runs without a row is left alone."""

    def everything(seen: Any) -> list[str]:
        members = seen.group.lifecycle_states if seen.group else {}
        return [i for i in before(seen) if i in members or i in seen.records]

    before = reconcile._everything
    return [(reconcile, "_everything", everything)]


@mutant
def first_boot_proves_the_second() -> Swaps:
    """The report of the boot that went into the pool counts when it comes out."""

    def has_arrived(self: Any) -> bool:
        return bool(self.report and self.report.phase == "done")

    return [(decide.View, "has_arrived", property(has_arrived))]


@mutant
def old_templates_stay() -> Swaps:
    """What was launched before a deployment is as good as what comes after it."""
    return [(GroupView, "outdated", property(lambda _: set()))]


@mutant
def quarantine_ends_at_once() -> Swaps:
    """A row that makes no sense is ended whoever may hold it."""

    def quarantined(view: Any, record: Record) -> Any:
        return decide.Action("discard", record.why)

    return [(decide._DECISIONS, State.QUARANTINED, quarantined)]


def _known(name: str, plain: object) -> Swaps:
    """Let every write know one value more."""

    def write(self: Any, *where: str, **values: object) -> Any:
        known: dict[str, Any] = {name: plain, **values}
        return before(self, *where, **known)

    before = table.Table.write
    return [(table.Table, "write", write)]


def _unfenced(edge: str) -> Swaps:
    """Leave the generation out of an edge's condition."""

    def expressions(each: Edge) -> tuple[str, str]:
        update, condition = before(each)
        if each == EDGES[edge]:
            condition = condition.replace(" AND gen = :gen", "")
        return update, condition

    before = table.expressions
    return [(registry, "expressions", expressions), *_known("zero", 0)]
