"""One look at a pool: what the table, the group and EC2 say at one time.

Rule 1: the cloud is listed before the table is read, so that a row is never older
than the listing that it is compared with.
Rule 2: without a META row of this stack nothing is concluded and nothing is ended.
"""

import json
import re
import sys
from collections.abc import Mapping

import boto3

from asgwarm.domain.capacity import Capacity, capacity_of
from asgwarm.domain.decide import ABSENT, View
from asgwarm.domain.fleet import Ec2Instance, GroupView
from asgwarm.domain.meta import Meta, Settings
from asgwarm.domain.record import Record, State
from asgwarm.domain.value import value
from asgwarm.fleet.fleet import Fleet
from asgwarm.registry.registry import Registry


def log(do: str, **fields: object) -> None:
    """Write one line of JSON about one thing that was done."""
    sys.stdout.write(json.dumps({"do": do, **fields}) + "\n")


@value
class Seen:
    """What one look found."""

    now: int
    meta: Meta
    group: GroupView | None
    ec2: Mapping[str, Ec2Instance]
    records: Mapping[str, Record]
    capacity: Capacity


class World:
    """The pool's table, group and instances, as the function reaches them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.registry = Registry(boto3.client("dynamodb"), settings.pool, "function")
        clients = boto3.client("autoscaling"), boto3.client("ec2")
        self.fleet = Fleet(*clients, settings)

    def look(self, now: int) -> Seen | None:
        """Return what there is; None without META."""
        group, ec2 = self.fleet.group(), self.fleet.instances()
        meta = self.registry.meta()
        if meta is None or meta.epoch != self.settings.stack_id:
            self.registry.keep_meta(self.settings)
            meta = self.registry.meta()
        if not meta:
            return None
        records = self.registry.records()
        return Seen(
            now=now,
            meta=meta,
            group=group,
            ec2=ec2,
            records=records,
            capacity=capacity_of(
                self.settings, group, records.values(), draining=meta.draining
            ),
        )

    def view(self, seen: Seen, instance_id: str) -> View:
        """Return all that is known of one instance."""
        record, group, report = seen.records.get(instance_id), seen.group, None
        if record is None or record.state in (State.WARMING, State.WARMED):
            _, partition, _, region, account, _ = self.settings.stack_id.split(":", 5)
            arn = f"arn:{partition}:ec2:{region}:{account}:instance/{instance_id}"
            report = self.registry.report(arn)
        # Without a group nothing is known of where the instance stands.
        state = group.lifecycle_states.get(instance_id, ABSENT) if group else "?"
        return View(
            settings=self.settings,
            draining=seen.meta.draining,
            now=seen.now,
            instance_id=instance_id,
            record=record,
            lifecycle=re.sub(":(Wait|Proceed)$", "", state),
            waits=state.endswith(":Wait"),
            ec2=seen.ec2.get(instance_id),
            report=report,
        )
