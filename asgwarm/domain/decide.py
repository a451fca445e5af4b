"""What is to be done about one instance: the heart of the control loop.

Rule 1: level-triggered. A decision rests on what was observed, never on which
event led to looking; so a lost, late or doubled event changes nothing.
Rule 2: one action at a time. After it the caller looks again, until None.
Rule 3: nothing is concluded from absence in the group until the row has rested for
SETTLE_S, because listings lag behind; and never that an instance is gone: only EC2's
own word for that very instance says so.
Rule 4: an instance is ended only when its row says DRAINING, or TERMINATED although
EC2 still runs it.
"""

from collections.abc import Callable
from typing import NamedTuple

from asgwarm.domain.capacity import EXCESS, LEFT, OLD, Capacity
from asgwarm.domain.fleet import Ec2Instance, GuestReport
from asgwarm.domain.meta import Meta, Settings
from asgwarm.domain.record import LIVE, Record, State
from asgwarm.domain.value import value

SETTLE_S = STUCK_SLACK_S = 60  # how stale a listing is assumed to be
RECYCLE_S = 14 * 86400  # Security Hub's EC2.4 finds what is stopped for 30 days
ABSENT = ""  # no member of the group nor of its warm pool
RESTING = ("Warmed:Stopped", "Warmed:Running", "Warmed:Hibernated")
ARRIVING = ("Warmed:Pending", "Pending")


class Action(NamedTuple):
    """One thing to do: an edge of the row, or a request to AWS, one of these.

    continue launch, abandon launch, extend launch, continue terminate,
    extend terminate (a lifecycle hook); detach, terminate in group, terminate.
    """

    do: str
    why: str = ""


@value
class View:
    """Everything that is known of one instance at one time."""

    settings: Settings
    meta: Meta
    capacity: Capacity  # of the whole pool, shared by all views of one look
    now: int
    instance_id: str
    record: Record | None
    lifecycle: str  # Auto Scaling's lifecycle state without its `:Wait`
    template: str  # the launch template that it is known to be from
    waits: bool  # in that `:Wait`: a lifecycle hook is to be completed
    ec2: Ec2Instance | None
    report: GuestReport | None

    @property
    def is_leaving(self) -> bool:
        """Whether the group terminates the instance."""
        return "Terminat" in self.lifecycle

    @property
    def is_gone(self) -> bool:
        """Whether EC2 says that the instance is ended."""
        return bool(self.ec2) and self.ec2.is_gone  # type: ignore[union-attr]  # checked

    @property
    def has_arrived(self) -> bool:
        """Whether the guest reported for service from the boot that serves.

        The report of the boot that went into a stopped pool proves nothing about
        the boot that came out of it.
        """
        report, record = self.report, self.record
        if not report or not record or report.target != "InService":
            return False
        stops = self.settings.pool_state == "Stopped"
        stale = stops and report.boot_id == record.boot_in
        return report.phase == "done" and not stale


def decide(view: View) -> Action | None:
    """Return the next action for the instance, or None when all is as it should be."""
    record = view.record
    if not record:
        exists = view.ec2 or view.lifecycle in (*ARRIVING, *RESTING, "InService")
        if exists and not view.is_gone and not view.is_leaving:
            return Action("register")
        return _leaving(view)
    if record.state in LIVE and view.is_gone:
        gone = "gone" if record.state is State.DRAINING else "lost"
        return Action(gone, "EC2 terminated it")
    return _DECISIONS[record.state](view, record)


def _leaving(view: View) -> Action | None:
    return Action("continue terminate") if view.is_leaving and view.waits else None


def _unwanted(view: View, record: Record) -> str:
    """Why a free instance is not wanted any more, or an empty string."""
    left, ready = view.capacity.left, record.state is State.READY
    rested_s = view.now - record.since
    old = view.instance_id in view.capacity.old
    absent = view.lifecycle == ABSENT and rested_s > SETTLE_S
    tired = record.state is State.WARMED and rested_s > RECYCLE_S
    reasons = {
        "another stack's": record.epoch != view.settings.stack_id,
        "the pool is going down": view.meta.draining,
        "its group ends it": view.is_leaving,
        LEFT: absent and left[LEFT] > 0,
        OLD: old and (not ready or left[OLD] > 0),
        EXCESS: ready and left[EXCESS] > 0,
        "rested for 14 days": tired,
    }
    return next((why for why, holds in reasons.items() if holds), "")


def _warming(view: View, record: Record) -> Action | None:
    if why := _failed(view, record) or _unwanted(view, record):
        return Action("stuck", why)
    if view.lifecycle in RESTING:
        return Action("warmed")
    if (
        view.lifecycle == "InService"
        and view.has_arrived
        and view.ec2
        and view.ec2.address
    ):
        return Action("ready")
    return _arriving(view, record) if view.waits else None


def _arriving(view: View, record: Record) -> Action | None:
    """Answer the launch hook once the guest has said that it is where it should be."""
    report, into_pool = view.report, view.lifecycle == "Warmed:Pending"
    if record.boot_in if into_pool else view.has_arrived:
        return Action("continue launch")
    if report and report.phase == "setup":
        return Action("extend launch")
    if report and into_pool and report.target.startswith("Warmed:"):
        return Action("booted")
    return None


def _failed(view: View, record: Record) -> str:
    """Why an instance on its way will never arrive, or an empty string."""
    report, settings = view.report, view.settings
    if report and report.phase == "failed":
        return f"set-up {report.setup}"
    patience_s = settings.hook_timeout_s + STUCK_SLACK_S
    if report and (report.phase == "setup" or report.setup == "ok"):
        patience_s += settings.setup_timeout_s
    waited_s = view.now - record.since
    if view.lifecycle in RESTING or (waited_s <= patience_s and not view.is_leaving):
        return ""
    said = report.target if report else "nothing"
    return f"not ready after {waited_s} s; its guest reported {said}"


def _free(view: View, record: Record) -> Action | None:
    if why := _unwanted(view, record):
        return Action("evict", why)
    # Not Warmed:Pending: that is a listing older than the row.
    left = view.lifecycle in ("Pending", "InService")
    return Action("leave") if record.state is State.WARMED and left else None


def _leased(view: View, record: Record) -> Action | None:
    if record.hb != record.hb_seen or not record.lease_seen_at:
        return Action("stamp")
    over = view.now - view.settings.grace_s
    if record.exp_at < over:
        return Action("expire", "expired")
    if record.lease_seen_at < over - view.settings.max_lease_s:
        return Action("end", "the maximum lease has passed")
    if view.lifecycle == "InService":
        return Action("detach")
    return Action("extend terminate") if view.is_leaving and view.waits else None


def _draining(view: View, _: Record) -> Action | None:
    if view.lifecycle == "InService":
        return Action("terminate in group")
    if view.is_leaving or view.lifecycle == "Detaching":
        return _leaving(view)
    if view.lifecycle in ARRIVING and view.waits:
        return Action("abandon launch")
    return Action("terminate")


def _terminated(view: View, record: Record) -> Action | None:
    runs = view.ec2 and not view.is_gone
    held = view.waits and view.lifecycle in ARRIVING  # its group waits for the dead
    return _draining(view, record) if runs or held else _leaving(view)


def _quarantined(view: View, record: Record) -> Action | None:
    """Replace it at once, end it when nobody can hold it any more."""
    if view.lifecycle == "InService":
        return Action("detach")
    over = view.now - view.settings.max_lease_s - view.settings.grace_s
    return Action("discard", record.why) if record.since < over else _leaving(view)


_DECISIONS: dict[State, Callable[[View, Record], Action | None]] = {
    State.WARMING: _warming,
    State.WARMED: _free,
    State.READY: _free,
    State.LEASED: _leased,
    State.DRAINING: _draining,
    State.TERMINATED: _terminated,
    State.QUARANTINED: _quarantined,
}
