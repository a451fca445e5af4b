"""Hands from outside: what people and hosts do to a pool behind its back.

Instances are detached, terminated, their rows deleted or spoilt; the operator asks
for a refresh or deploys another launch template.
Rule: a hand says whom it touched, before it does.
"""

from asgwarm.local.autoscaling.lifecycle import IN_SERVICE
from asgwarm.local.problem import AwsProblem
from tests.prove.simulate.cloud import Box, Cloud
from tests.prove.simulate.dynamo import Table
from tests.prove.simulate.ledger import HAND, Ledger
from tests.prove.simulate.lines import Faults
from tests.prove.simulate.timeline import Timeline

EVERY_S = 250.0


class Hands:
    """Somebody who now and then does something to the pool."""

    def __init__(
        self,
        timeline: Timeline,
        faults: Faults,
        table: Table,
        cloud: Cloud,
        ledger: Ledger,
    ) -> None:
        self.timeline, self.faults = timeline, faults
        self.table, self.cloud, self.ledger = table, cloud, ledger

    def start(self) -> None:
        """Begin."""
        wait_s = self.timeline.rng.expovariate(1 / EVERY_S)
        self.timeline.later(wait_s, self._act)

    def _act(self) -> None:
        if not self.faults.on:
            return
        rng = self.timeline.rng
        do = rng.choices(
            (
                self._detach,
                self._terminate,
                self._delete_row,
                self._spoil,
                self._refresh,
                self._deploy,
                self._spoil_image,
            ),
            weights=(5, 5, 5, 5, 5, 3, 1),
        )[0]
        boxes = [box for box in self.cloud.boxes.values() if not box.is_gone]
        if boxes:
            do(rng.choice(boxes))
        self.start()

    def _note(self, what: str, box: Box) -> None:
        self.timeline.counts[f"hand: {what}"] += 1
        self.timeline.step("hand", f"{what} {box.id}")

    def _touch(self, what: str, box: Box) -> None:
        self._note(what, box)
        self.ledger.touched.add(box.id)

    def _detach(self, box: Box) -> None:
        member = self.cloud.group.instances.get(box.id)
        if member is None or member.state != IN_SERVICE:
            return
        self._note("detaches", box)
        self.cloud.ask(
            "DetachInstances",
            AutoScalingGroupName=self.cloud.settings.group,
            InstanceIds=[box.id],
            ShouldDecrementDesiredCapacity=self.timeline.chance(0.5),
        )

    def _terminate(self, box: Box) -> None:
        self._touch("terminates", box)
        try:
            self.cloud.terminate(box.id)
        except AwsProblem:  # it was about to end
            return
        self.timeline.later(30, self._noticed, box)

    def _noticed(self, box: Box) -> None:
        """The group's health check finds what is no more."""
        if member := self.cloud.group.instances.get(box.id):
            member.healthy = member.healthy and not box.is_gone

    def _delete_row(self, box: Box) -> None:
        # Who deletes the row of a member in service gets it back as a new one.
        key = f"I#{box.id}"
        if box.id in self.cloud.group.instances or not self.ledger.row(box.id):
            return
        self._touch("deletes the row of", box)
        self.table.put(self.ledger.pk(box.id), key, None)

    def _spoil(self, box: Box) -> None:
        row = self.ledger.row(box.id)
        # Each would begin its wait anew.
        if not row or box.id in self.ledger.spoilt:
            return
        self._note("spoils the row of", box)
        self.ledger.spoils(box.id)
        name, wrong = self.timeline.rng.choice(
            (("st", {"S": "BROKEN"}), ("gen", {"S": "x"}), ("hb", {"S": "x"}))
        )
        spoilt = {**row, name: wrong, "updated_by": HAND}
        self.table.put(self.ledger.pk(box.id), f"I#{box.id}", spoilt)

    def _spoil_image(self, _: Box) -> None:
        """Somebody's change of the set-up makes it fail, until it is mended."""
        self.timeline.counts["hand: spoils the image"] += 1
        self.timeline.step("hand", "spoils the image")
        for_s = self.timeline.between(120, 900)
        self.faults.image_is_bad_until = self.timeline.now + for_s

    def _deploy(self, _: Box) -> None:
        """The operator changes the launch template, which mends the image as well."""
        self.timeline.counts["hand: deploys"] += 1
        self.timeline.step("hand", "deploys")
        self.faults.image_is_bad_until = 0.0
        self.cloud.deploy()

    def _refresh(self, _: Box) -> None:
        """The operator asks for a refresh."""
        rows = self.ledger.rows().values()
        born = [int(row["born_at"]["N"]) for row in rows if "born_at" in row]
        meta = self.table.rows(self.ledger.meta_pk).get("META")
        if meta and born:
            self.timeline.counts["hand: refreshes"] += 1
            self.timeline.step("hand", "refreshes")
            after = {**meta, "refresh_at": {"N": str(max(born) + 1)}}
            self.table.put(self.ledger.meta_pk, "META", after)
