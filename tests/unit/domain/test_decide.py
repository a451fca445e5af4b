"""What the control loop decides about one instance."""

import pytest

from asgwarm.domain.decide import RECYCLE_S, SETTLE_S, decide
from asgwarm.domain.edges import EDGES
from asgwarm.domain.fleet import Ec2Instance
from asgwarm.domain.record import State
from tests.unit.domain.make import (
    NOW,
    capacity,
    leased,
    meta,
    record,
    report,
    settings,
    view,
)

REQUESTS = {
    "continue launch",
    "abandon launch",
    "extend launch",
    "continue terminate",
    "extend terminate",
    "detach",
    "terminate in group",
    "terminate",
}
LIFECYCLES = [
    "",
    "?",
    "Pending",
    "Pending:Wait",
    "Pending:Proceed",
    "InService",
    "Detaching",
    "Standby",
    "Terminating:Wait",
    "Terminating:Retained",
    "Warmed:Pending:Wait",
    "Warmed:Stopped",
    "Warmed:Running",
    "Warmed:Terminating:Wait",
    "ReplacingRootVolume",
    "SomethingNew:Wait",
]


def do(of):
    """The action that is decided, as a word."""
    action = decide(of)
    return action.do if action else None


@pytest.mark.parametrize("state", [None, *State])
@pytest.mark.parametrize("lifecycle", LIFECYCLES)
@pytest.mark.parametrize("ec2", [None, "pending", "running", "stopped", "terminated"])
@pytest.mark.parametrize("draining", [False, True])
def test_the_decision_is_total_and_legal(state, lifecycle, ec2, draining):
    """Whatever is seen, the answer is nothing, a request, or an edge of that state."""
    row = None if state is None else record(state)
    seen = None if ec2 is None else Ec2Instance(state=ec2)
    pool = meta(pool_mode="DRAINING" if draining else "ACTIVE")
    for guest in (
        None,
        report(),
        report(target="Warmed:Stopped"),
        report(phase="setup"),
    ):
        found = do(view(row, lifecycle, ec2=seen, meta=pool, report=guest))
        if found in EDGES:
            before = EDGES[found].before.split()
            assert state in before if state else not before
        else:
            assert found is None or found in REQUESTS


@pytest.mark.parametrize("lifecycle", LIFECYCLES)
def test_an_instance_is_ended_only_when_its_row_says_draining(lifecycle):
    """Or when it runs although its row says that it is gone."""
    for state in State:
        found = do(view(record(state), lifecycle))
        if found in ("terminate", "terminate in group", "abandon launch"):
            assert state in (State.DRAINING, State.TERMINATED)


def test_a_member_without_a_row_is_registered():
    """Whatever the group has is known to the registry."""
    assert do(view(None, "Warmed:Pending:Wait")) == "register"
    assert do(view(None, "InService")) == "register"
    assert do(view(None, "InService", ec2=None)) == "register"
    assert do(view(None, "", ec2=None)) is None


def test_an_instance_that_nobody_knows_is_registered_first_and_ended_later():
    """The row says when it was first seen; only a later pass ends the instance."""
    assert do(view(None, "")) == "register"
    assert do(view(record(State.WARMING, since=NOW - SETTLE_S), "")) is None
    assert do(view(record(State.WARMING, since=NOW - SETTLE_S - 1), "")) == "stuck"


def test_the_way_into_the_pool_is_noted_before_the_hook_is_answered():
    """The pool may stop an instance only after its boot is known."""
    into = report(target="Warmed:Stopped", boot_id="boot-1")
    fresh = record(State.WARMING)
    noted = record(State.WARMING, boot_in="boot-1")

    assert do(view(fresh, "Warmed:Pending:Wait")) is None
    assert do(view(fresh, "Warmed:Pending:Wait", report=into)) == "booted"
    assert do(view(noted, "Warmed:Pending:Wait", report=into)) == "continue launch"
    assert do(view(noted, "Warmed:Stopped", report=into)) == "warmed"


def test_the_report_of_an_earlier_boot_makes_nothing_ready():
    """Out of a stopped pool only another boot than the one that went in counts."""
    row = record(State.WARMING, boot_in="boot-1")
    stale, fresh = report(boot_id="boot-1"), report(boot_id="boot-2")

    assert do(view(row, "Pending:Wait", report=stale)) is None
    assert do(view(row, "InService", report=stale)) is None
    assert do(view(row, "Pending:Wait", report=fresh)) == "continue launch"
    assert do(view(row, "InService", report=fresh)) == "ready"


def test_a_running_pool_keeps_its_boot():
    """Where the pool does not stop instances the same boot comes out of it."""
    row = record(State.WARMING, boot_in="boot-1")
    same = report(boot_id="boot-1")
    running = settings(pool_state="Running")

    assert do(view(row, "InService", report=same, settings=running)) == "ready"


def test_ready_needs_the_guest_to_be_told_that_it_serves():
    """In service alone is not enough, nor is a guest that was told otherwise."""
    row = record(State.WARMING)

    assert do(view(row, "InService")) is None
    assert do(view(row, "InService", report=report(target="Warmed:Stopped"))) is None
    assert do(view(row, "InService", report=report(phase="setup"))) is None
    assert do(view(row, "InService", report=report())) == "ready"
    assert do(view(row, "Pending:Proceed", report=report())) is None


def test_a_long_set_up_keeps_the_hook_alive():
    """While the set-up script runs the hook's timeout starts anew, for its own time."""
    running = report(target="Warmed:Stopped", phase="setup")
    old = record(State.WARMING, since=NOW - 300)
    too_old = record(State.WARMING, since=NOW - 841)

    assert do(view(old, "Warmed:Pending:Wait", report=running)) == "extend launch"
    assert do(view(too_old, "Warmed:Pending:Wait", report=running)) == "stuck"


def test_a_failed_set_up_ends_the_instance_and_says_why():
    """The last lines of the script's output become the reason."""
    failed = report(phase="failed", setup="failed: no space left")
    action = decide(view(record(State.WARMING), "Warmed:Pending:Wait", report=failed))

    assert action == ("stuck", "set-up failed: no space left")
    draining = record(State.DRAINING)
    assert do(view(draining, "Warmed:Pending:Wait", report=failed)) == "abandon launch"


def test_an_instance_that_never_reports_is_given_up():
    """After the hook's timeout and a minute it is ended."""
    patient = record(State.WARMING, since=NOW - 240)
    stuck = record(State.WARMING, since=NOW - 241)

    assert do(view(patient, "Pending:Wait")) is None
    assert do(view(stuck, "Pending:Wait")) == "stuck"


def test_a_stopped_instance_may_rest_for_days():
    """Being stuck is about being on the way, never about resting in the pool."""
    assert do(view(record(State.WARMED, since=NOW - 10**6), "Warmed:Stopped")) is None


def test_a_listing_older_than_the_row_takes_nothing_out_of_the_pool():
    """Nothing goes from rest to Warmed:Pending, so that is how it was before."""
    assert do(view(record(State.WARMED), "Warmed:Pending:Wait")) is None


def test_what_the_group_gives_up_on_its_way_did_not_become_ready():
    """Its hook ran out before our own patience; people read what the guest said."""
    action = decide(view(record(State.WARMING, since=NOW - 5), "Terminating:Wait"))
    assert action is not None
    assert action == ("stuck", "not ready after 5 s; its guest reported nothing")


def test_leaving_the_pool_is_noted():
    """An instance that the group takes out of the pool is on its way again."""
    assert do(view(record(State.WARMED), "Pending:Wait")) == "leave"
    assert do(view(record(State.WARMED), "InService")) == "leave"


def test_absence_counts_only_after_a_while():
    """A listing that lags behind condemns nobody, and one that is wrong only a few."""
    fresh = record(State.READY, since=NOW - SETTLE_S)
    settled = record(State.READY, since=NOW - SETTLE_S - 1)

    assert do(view(fresh, "")) is None
    assert do(view(settled, "")) == "evict"
    assert do(view(settled, "", capacity=capacity(LEFT=0))) is None


def test_an_instance_is_gone_only_by_ec2s_own_word():
    """That a listing leaves it out says nothing; a lease would be lost by it."""
    for row in (leased(), record(State.DRAINING)):
        assert do(view(row, "", ec2=None)) not in ("lost", "gone")
    gone = Ec2Instance(state="terminated")
    assert do(view(leased(), "", ec2=gone)) == "lost"
    assert do(view(record(State.DRAINING), "", ec2=gone)) == "gone"


def test_a_tombstone_whose_instance_runs_is_no_excuse():
    """It is ended again, from wherever it is."""
    row = record(State.TERMINATED)

    assert do(view(row, "")) == "terminate"
    assert do(view(row, "InService")) == "terminate in group"
    assert do(view(row, "", ec2=Ec2Instance(state="terminated"))) is None
    assert do(view(row, "", ec2=None)) is None


def test_a_quarantined_instance_is_replaced_at_once_and_ended_when_nobody_can_hold_it():
    """It may be a lease; the longest one is over after the pool's maximum."""
    patient = record(State.QUARANTINED, since=NOW - 43_230)
    over = record(State.QUARANTINED, since=NOW - 43_231)

    assert do(view(patient, "InService")) == "detach"
    assert do(view(patient, "")) is None
    assert do(view(over, "")) == "discard"


def test_what_is_old_is_replaced_and_of_the_ready_ones_what_can_be_spared():
    """Leased instances are never touched, others neither."""
    old = {record(State.READY).instance_id}

    def done(state, lifecycle, spare=0, old=old):
        asked = capacity(OLD=spare, old=old)
        return do(view(record(state), lifecycle, capacity=asked))

    assert done(State.WARMED, "Warmed:Stopped") == "evict"
    assert done(State.WARMED, "Warmed:Stopped", old={"i-1"}) is None
    assert done(State.WARMING, "Pending") == "stuck"
    assert done(State.READY, "InService") is None
    assert done(State.READY, "InService", spare=1) == "evict"
    assert do(view(leased(), "", capacity=capacity(OLD=1, old=old))) is None


def test_a_ready_instance_that_is_one_too_many_is_ended():
    """Only a ready one: what is on its way may be needed."""
    many = capacity(EXCESS=1)

    assert do(view(record(State.READY), "InService", capacity=many)) == "evict"
    assert do(view(record(State.WARMED), "Warmed:Stopped", capacity=many)) is None


def test_a_stopped_instance_is_recycled_after_two_weeks():
    """Its image is old by then, and auditors count stopped instances."""
    young = record(State.WARMED, since=NOW - RECYCLE_S)
    old = record(State.WARMED, since=NOW - RECYCLE_S - 1)

    assert do(view(young, "Warmed:Stopped")) is None
    assert do(view(old, "Warmed:Stopped")) == "evict"


def test_without_a_group_nothing_is_concluded():
    """A group that cannot be seen leaves free instances alone."""
    for state in (State.READY, State.WARMED, State.WARMING):
        assert do(view(record(state), "?")) is None


def test_the_reaper_stamps_before_it_expires():
    """A heartbeat counts from when the reaper saw it, by no other clock."""
    renewed = leased(hb=5, exp_at=NOW - 1000)

    assert do(view(renewed, "")) == "stamp"
    assert do(view(leased(exp_at=NOW - 30), "")) is None
    assert do(view(leased(exp_at=NOW - 31), "")) == "expire"


def test_the_hard_maximum_ends_a_lease_however_often_it_was_renewed():
    """It counts from when the reaper first saw the lease."""
    at_limit = leased(lease_seen_at=NOW - 43_200 - 30)
    over = leased(lease_seen_at=NOW - 43_200 - 31)

    assert do(view(at_limit, "")) is None
    assert do(view(over, "")) == "end"


def test_a_claimed_member_is_detached_and_then_left_alone():
    """The group cannot end what it does not have."""
    assert do(view(leased(), "InService")) == "detach"
    assert do(view(leased(), "Detaching")) is None
    assert do(view(leased(), "")) is None


def test_a_live_lease_holds_the_terminate_hook():
    """A group that wants to end a leased instance has to wait."""
    assert do(view(leased(), "Terminating:Wait")) == "extend terminate"


def test_a_lease_ends_with_its_instance():
    """When EC2 says that it is terminated there is nothing left to hold."""
    assert do(view(leased(), "", ec2=Ec2Instance(state="terminated"))) == "lost"


def test_how_an_instance_is_ended_depends_on_where_it_is():
    """In the group by the group, in no group by EC2, on its way by its hook."""
    row = record(State.DRAINING)

    assert do(view(row, "InService")) == "terminate in group"
    assert do(view(row, "Detaching")) is None
    assert do(view(row, "Terminating:Wait")) == "continue terminate"
    assert do(view(row, "Pending:Wait")) == "abandon launch"
    assert do(view(row, "Warmed:Stopped")) == "terminate"
    assert do(view(row, "")) == "terminate"
    assert do(view(row, "", ec2=Ec2Instance(state="shutting-down"))) == "gone"


def test_a_pool_that_goes_down_ends_what_is_free_and_no_lease():
    """Draining evicts; whoever holds an instance keeps it."""
    down = meta(pool_mode="DRAINING")

    for state in (State.READY, State.WARMED):
        assert do(view(record(state), "InService", meta=down)) == "evict"
    assert do(view(record(State.WARMING), "Pending", meta=down)) == "stuck"
    assert do(view(leased(), "", meta=down)) is None


def test_rows_of_another_stack_are_never_offered():
    """What an earlier stack left behind is ended."""
    other = record(State.READY, epoch="arn:aws:cloudformation:other")

    assert do(view(other, "InService")) == "evict"


def test_a_tombstone_lets_the_terminate_hook_go():
    """A terminated row never keeps a group from finishing."""
    assert (
        do(view(record(State.TERMINATED), "Terminating:Wait")) == "continue terminate"
    )
    assert do(view(None, "Warmed:Terminating:Wait")) == "continue terminate"


def test_a_tombstone_lets_the_launch_hook_go_as_well():
    """Its instance died before its group had it wait: nobody else ends that wait."""
    gone = Ec2Instance(state="terminated")
    row = record(State.TERMINATED)

    assert do(view(row, "Pending:Wait", ec2=gone)) == "abandon launch"
    assert do(view(row, "Warmed:Pending:Wait", ec2=gone)) == "abandon launch"
    assert do(view(row, "Pending", ec2=gone)) is None


def test_a_set_up_that_took_long_is_no_reason_to_give_up():
    """Its time counts after it has ended well, until the hook is answered."""
    done = report(target="Warmed:Stopped", setup="ok")
    row = record(State.WARMING, since=NOW - 700)

    assert do(view(row, "Warmed:Pending:Wait", report=done)) == "booted"


def test_nothing_is_offered_that_has_no_address():
    """EC2 may not have given it the public address that people connect to."""
    bare = Ec2Instance(state="running")

    assert (
        do(view(record(State.WARMING), "InService", report=report(), ec2=bare)) is None
    )
