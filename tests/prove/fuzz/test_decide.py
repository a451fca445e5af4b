"""Everything that can be known of an instance: there is always one answer."""

from dataclasses import replace

from hypothesis import given

from asgwarm.domain.breaker import breaker
from asgwarm.domain.capacity import capacity_of
from asgwarm.domain.decide import View, decide
from asgwarm.domain.edges import EDGES
from asgwarm.domain.fleet import Ec2Instance, GroupView, GuestReport
from asgwarm.domain.meta import Meta
from asgwarm.domain.record import Record, State
from tests.prove.fuzz.kit import ANY, Nonsense, fuzz
from tests.unit.domain.make import (
    EARLIER,
    HOST_KEY,
    NOW,
    STACK,
    TEMPLATE,
    capacity,
    meta,
    record,
    settings,
    view,
)

ASKS = {
    *("continue launch", "abandon launch", "extend launch"),
    *("continue terminate", "extend terminate"),
    *("detach", "terminate in group", "terminate"),
}
LIFECYCLES = (
    *("", "?", "Pending", "InService", "Terminating", "Terminated", "Detaching"),
    *("Detached", "EnteringStandby", "Standby", "Quarantined", "Terminating:Retained"),
    *("Warmed:Pending", "Warmed:Stopped", "Warmed:Running", "Warmed:Hibernated"),
    *("Warmed:Terminating", "Warmed:Terminated", "Warmed:Pending:Retained"),
)
EC2 = (
    *("pending", "running", "stopping", "stopped", "shutting-down", "terminated"),
    "a state of tomorrow",
)
AGO_S = (0, 1, 59, 61, 239, 241, 301, 10**5, 2 * 10**6, -100)
WHY = ("", "not ready", "set-up failed: 1")


def time(nonsense: Nonsense) -> int:
    """Now, some time ago, or nonsense."""
    return nonsense.choice([0, nonsense.number(), NOW - nonsense.choice(AGO_S)])


def a_report(nonsense: Nonsense) -> GuestReport:
    """What a guest may have said."""
    choice = nonsense.choice
    return GuestReport(
        boot_id=choice(["", "boot-1", "boot-2"]),
        target=choice(["InService", "Warmed:Stopped", "", "x"]),
        phase=choice(["setup", "done", "failed", "new"]),
        host_key=HOST_KEY,
        port=22,
        setup=choice(["none", "ok", "failed: 1", nonsense.text()]),
    )


def a_record(nonsense: Nonsense) -> Record:
    """A record in any state, whatever else it says."""
    choice = nonsense.choice
    return Record(
        instance_id=f"i-{nonsense.getrandbits(32):08x}",
        state=choice(list(State)),
        gen=nonsense.randrange(9),
        epoch=choice([STACK, STACK, "another"]),
        boot_in=choice(["", "boot-1"]),
        tier=choice(["", "warm", "cold"]),
        hb=choice([0, 1, 1]),
        hb_seen=choice([0, 1, 1]),
        why=choice([*WHY, nonsense.text()]),
        since=time(nonsense),
        born_at=time(nonsense),
        exp_at=time(nonsense),
        lease_seen_at=time(nonsense),
    )


def a_meta(nonsense: Nonsense) -> Meta:
    """A pool that serves, or goes down, or is being refreshed."""
    mode = nonsense.choice(["ACTIVE", "ACTIVE", "DRAINING", nonsense.text()])
    return meta(pool_mode=mode, hot=2, cap=4, refresh_at=time(nonsense))


def a_view(nonsense: Nonsense) -> View:
    """Everything that may be known of one instance, fitting together or not."""
    choice = nonsense.choice
    address = choice(["", "198.51.100.7"])
    return replace(
        view(choice([None, *[a_record(nonsense)] * 5]), ""),
        settings=settings(pool_state=choice(["Stopped", "Running"])),
        meta=a_meta(nonsense),
        capacity=capacity(
            target=nonsense.randrange(3),
            old=choice([(), (record(State.READY).instance_id,)]),
            LEFT=choice([0, 1]),
            OLD=choice([0, 1]),
        ),
        lifecycle=choice(LIFECYCLES),
        waits=nonsense.once_in(2),
        ec2=choice([None, *[Ec2Instance(state=choice(EC2), address=address)] * 4]),
        report=choice([None, a_report(nonsense)]),
    )


@fuzz()
@given(ANY)
def test_there_is_one_known_action_or_none(nonsense):
    """Total: for whatever may be observed, also what no AWS has said so far."""
    seen = a_view(nonsense)
    action = decide(seen)

    if action is None:
        return
    assert action.do in EDGES.keys() | ASKS
    if action.do in EDGES:
        before = EDGES[action.do].before.split()
        assert before == [] if seen.record is None else seen.record.state in before


@fuzz()
@given(ANY)
def test_only_a_row_that_says_so_ends_an_instance(nonsense):
    """Nothing is terminated that is free, on its way, or somebody's."""
    seen = a_view(nonsense)
    action = decide(seen)
    ends = {"terminate", "terminate in group", "abandon launch"}

    if action and action.do in ends:
        assert seen.record is not None
        assert seen.record.state in (State.DRAINING, State.TERMINATED)


@fuzz()
@given(ANY)
def test_a_lease_ends_by_time_or_by_the_word_of_ec2(nonsense):
    """However a listing looks, it is no reason to end somebody's lease."""
    seen = a_view(nonsense)
    action = decide(seen)

    if seen.record and seen.record.state is State.LEASED and action:
        assert action.do in {
            *("stamp", "expire", "end", "detach", "extend terminate"),
            *({"lost"} if seen.ec2 and seen.ec2.is_gone else set()),
        }


@fuzz()
@given(ANY)
def test_a_pool_is_sized_whatever_its_rows_say(nonsense):
    """The target stays within the cap, and what stops launches has its reason."""
    records = [a_record(nonsense) for _ in range(nonsense.randrange(8))]
    states = {each.instance_id: nonsense.choice(LIFECYCLES) for each in records}
    template = nonsense.choice(["", TEMPLATE])
    templates = {i: nonsense.choice(["", TEMPLATE, EARLIER]) for i in states}
    group = GroupView(
        desired=len(records),
        lifecycle_states=states,
        template=template,
        templates=templates,
    )

    sized = capacity_of(a_meta(nonsense), group, records, nonsense.randrange(99))
    stop = breaker(records, template, time(nonsense), NOW)

    assert 0 <= sized.target <= 4
    assert isinstance(stop, str)
