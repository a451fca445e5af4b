"""The bounds: how long what is over may go on, and how soon the pool is whole again.

L1 an instance is asked to end within X of its lease's end. L2 nothing runs that
neither the group nor a row knows for longer than Y. L3 once faults are off and the
last lease has ended, the pool is as it should be within Z. Cap: what is leased outside
of the group and DesiredCapacity together do not stay above the cap.

Rule: they are looked at every few seconds of virtual time; the worst is kept.
"""

from asgwarm.local.autoscaling.lifecycle import IN_SERVICE
from tests.prove.simulate.cloud import Cloud
from tests.prove.simulate.function import MOST_DEAD, Function
from tests.prove.simulate.ledger import Ledger
from tests.prove.simulate.sizes import PERIOD_S
from tests.prove.simulate.timeline import Timeline

LOOK_S = 10.0
ORPHAN_S = 600.0
STEADY_S = 150.0
LONGEST_PAUSE_S = 2 * 3600.0  # of launches, by the product and by the group


class Upkeep:
    """Looks at the whole pool, now and then, and keeps the worst that it saw."""

    def __init__(
        self, timeline: Timeline, cloud: Cloud, ledger: Ledger, function: Function
    ) -> None:
        self.timeline, self.cloud = timeline, cloud
        self.ledger, self.function = ledger, function
        self.unknown_since: dict[str, float] = {}
        self.above_since = 0.0
        self.worst_l2_s = self.worst_l3_s = self.worst_cap_s = 0.0
        missed = 2 + 2 * MOST_DEAD  # before a lease is stamped, and after it is over
        self.x_s = ledger.settings.grace_s + missed * 1.1 * PERIOD_S

    def start(self) -> None:
        """Begin to look."""
        self.timeline.later(LOOK_S, self._look)

    def bounds(self) -> dict[str, float]:
        """The worst of each, in seconds."""
        return {
            "L1": self.ledger.worst_l1_s,
            "L2": self.worst_l2_s,
            "L3": self.worst_l3_s,
            "cap": self.worst_cap_s,
        }

    def _look(self) -> None:
        self.timeline.later(LOOK_S, self._look)
        now, members = self.timeline.now, self.cloud.group.instances
        for box in self.cloud.boxes.values():
            if box.is_gone:
                self.unknown_since.pop(box.id, None)
                continue
            self._look_at_lease(box.id)
            known = self.ledger.state(box.id) not in ("", "TERMINATED")
            if box.id in members or known:
                self.unknown_since.pop(box.id, None)
                continue
            since = self.unknown_since.setdefault(box.id, now)
            self.worst_l2_s = max(self.worst_l2_s, now - since)
            if now - since > ORPHAN_S:
                raise self.timeline.broken(f"L2: {box.id} runs unknown to everybody")
        self._look_at_cap()

    def _look_at_lease(self, instance_id: str) -> None:
        over_at = self.ledger.over_at.get(instance_id)
        if over_at is None or instance_id in self.ledger.asked_at:
            return
        late_s = self.timeline.now - over_at
        if late_s > self.x_s and instance_id not in self.ledger.touched:
            raise self.timeline.broken(
                f"L1: {instance_id} runs {late_s:.0f} s after its lease"
            )

    def _look_at_cap(self) -> None:
        """Count what is somebody's and outside, and what the group wants."""
        members, now = self.cloud.group.instances, self.timeline.now
        rows = self.ledger.rows()
        outside = sum(
            row.get("st", {}).get("S") == "LEASED"
            and (row_id[2:] not in members or members[row_id[2:]].state != IN_SERVICE)
            for row_id, row in rows.items()
        )
        if outside + self.cloud.group.desired <= self.ledger.settings.cap:
            self.above_since = 0.0
            return
        self.above_since = self.above_since or now
        self.worst_cap_s = max(self.worst_cap_s, now - self.above_since)

    def settle(self, within_s: float) -> None:
        """Let time pass until the pool is as it should be, and stays so.

        Raises:
            Violation: It takes longer than *within_s*, not counted the time for which
                somebody holds a lease or launches are paused.
        """
        timeline = self.timeline
        since, whole_at = timeline.now, 0.0
        give_up_at = timeline.now + within_s + LONGEST_PAUSE_S
        while not whole_at or timeline.now - whole_at < STEADY_S:
            upto = timeline.now + 5
            while timeline.next_at() <= upto:
                timeline.advance()
            timeline.now = upto
            if self._is_held_up():
                since = timeline.now
            missing = self._missing()
            whole_at = 0.0 if missing else whole_at or timeline.now
            late = timeline.now - since > within_s or timeline.now > give_up_at
            if missing and late:
                late_s = timeline.now - since
                raise timeline.broken(f"L3: after {late_s:.0f} s {missing}")
        self.worst_l3_s = max(self.worst_l3_s, whole_at - since)

    def _is_held_up(self) -> bool:
        """Whether a lease still lives, or nothing may be launched yet."""
        now, group = self.timeline.now, self.cloud.group
        over_at = self.ledger.over_at
        held = any(
            over_at.get(row_id[2:], now) > now
            for row_id, row in self.ledger.rows().items()
            if row.get("st", {}).get("S") == "LEASED"
        )
        return held or "Launch" in group.suspended or group.retry_at > now

    def _missing(self) -> str:
        """What is not as it should be, or an empty string."""
        settings, states, resting = self.ledger.settings, [], 0
        for box in self.cloud.boxes.values():
            if not box.is_gone:
                state = self.ledger.state(box.id) or "unknown"
                old = state != "QUARANTINED" and self.cloud.is_outdated(box.id)
                states.append(f"outdated {state}" if old else state)
                # It keeps its place in the warm pool until it may be ended.
                in_pool = box.id in self.cloud.group.instances
                resting += in_pool and state == "QUARANTINED"
        held = states.count("QUARANTINED")
        hot = max(0, min(settings.hot, settings.cap - held))
        warm = settings.warm - resting
        wanted = ["QUARANTINED"] * held + ["READY"] * hot + ["WARMED"] * warm
        return "" if sorted(states) == sorted(wanted) else " ".join(sorted(states))
