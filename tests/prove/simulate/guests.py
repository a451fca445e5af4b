"""What runs on the simulated instances: boots, reports, and now and then fails.

It says what the real guest says and when: its boot, the lifecycle state that it is
told it goes to, phase, host key. Rule: a boot that is over says nothing any more.
"""

from typing import Any

from asgwarm.registry.table import encode
from tests.prove.simulate.cloud import Box, Cloud
from tests.prove.simulate.dynamo import Table
from tests.prove.simulate.lines import Faults
from tests.prove.simulate.timeline import Timeline

POLL_S = 2.0
SILENT, FAILING = 0.005, 0.003  # shares of boots that never report, that fail
HOST_KEY = "ssh-ed25519 " + "A" * 51


class Guests:
    """The guests of all instances."""

    def __init__(
        self, timeline: Timeline, faults: Faults, cloud: Cloud, table: Table
    ) -> None:
        self.timeline, self.faults = timeline, faults
        self.cloud, self.table = cloud, table
        self.setup_until: dict[str, float] = {}
        cloud.on_boot = self._booted

    def _booted(self, box: Box) -> None:
        timeline = self.timeline
        if box.boots == 1:
            slow = timeline.chance(0.1)
            needs_s = timeline.between(5, 100) if slow else 0.0
            self.setup_until[box.id] = timeline.now + needs_s
        if self.faults.on and timeline.chance(SILENT):
            timeline.counts["guest says nothing"] += 1
            return
        bad = timeline.now < self.faults.image_is_bad_until
        fails = self.faults.on and (bad or timeline.chance(FAILING))
        timeline.counts["set-up fails"] += fails
        delay_s = timeline.between(3, 20)
        timeline.later(delay_s, self._speak, box, box.boots, "", fails)

    def _speak(self, box: Box, boot: int, said: str, fails: bool) -> None:
        """Report if there is news, and look again until there can be none."""
        if box.boots != boot or box.state != "running":
            return
        target = self.cloud.machine.target_lifecycle_state(box.id) or ""
        phase = "failed" if fails else "done"
        if self.timeline.now < self.setup_until[box.id]:
            phase = "setup"
        news = f"{target} {phase}"
        if news != said:
            self._write(box, boot, target, phase)
        if phase == "setup" or target.startswith("Warmed:") or not target:
            self.timeline.later(POLL_S, self._speak, box, boot, news, fails)

    def _write(self, box: Box, boot: int, target: str, phase: str) -> None:
        if self.faults.on and self.timeline.chance(0.05):
            self.timeline.interrupt(self.timeline.between(0, 5))
        done = phase == "done"
        number = int(box.id[2:], 16)
        report: dict[str, Any] = {
            "pk": self.cloud.settings.instances + box.id,
            "sk": "AGENT",
            "boot_id": f"{box.id}-{boot}",
            "target": target,
            "phase": phase,
            "host_key": f"{HOST_KEY}{number:017x}" if done else "",
            "port": 22,
            "setup": "failed: status 1" if phase == "failed" else "none",
            "v": 1,
        }
        self.timeline.step("guest", f"{box.id} {target} {phase}")
        item = {name: encode(plain) for name, plain in report.items()}
        self.table.put(report["pk"], "AGENT", item)
