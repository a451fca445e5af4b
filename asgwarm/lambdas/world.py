"""One look at a pool: what the table, the group and EC2 say at one time.

Rule 1: the cloud is listed before the table is read, so that a row is never older
than the listing that it is compared with.
Rule 2: without a META row of this stack nothing is concluded and nothing is ended.
Rule 3: what a listing leaves out is no evidence. EC2 is asked for such an instance by
its id, and a group that lists nobody says nothing about anybody.
"""

import json
import re
import sys

import boto3

from asgwarm.clock import now_s
from asgwarm.domain.capacity import capacity_of
from asgwarm.domain.decide import ABSENT, View
from asgwarm.domain.fleet import Ec2Instance
from asgwarm.domain.meta import Settings
from asgwarm.domain.plan import PoolView
from asgwarm.domain.record import LIVE, UNREADY
from asgwarm.fleet.fleet import Fleet
from asgwarm.registry.registry import Registry

LOST_S = 300  # EC2 may not know yet what it has just launched


def log(do: str, **fields: object) -> None:
    """Write one line of JSON about one thing that was done."""
    sys.stdout.write(json.dumps({"do": do, **fields}) + "\n")


class World:
    """The pool's table, group and instances, as the function reaches them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.registry = Registry(boto3.client("dynamodb"), settings.pool, "function")
        self.fleet = Fleet(boto3.client("autoscaling"), boto3.client("ec2"), settings)

    def look(self, now: int) -> PoolView | None:
        """Return what there is; None without META."""
        group, ec2 = self.fleet.group(), self.fleet.instances()
        meta = self.registry.meta()
        if not meta or meta.epoch != self.settings.stack_id:
            return None
        records, malformed = self.registry.sorted_rows()
        return PoolView(
            now=max(now, now_s()),  # a time that the rows are not younger than
            meta=meta,
            group=group,
            ec2=ec2,
            records=records,
            malformed=malformed,
            capacity=capacity_of(
                meta, group, records.values(), self.registry.waiters(now)
            ),
        )

    def view(self, seen: PoolView, instance_id: str) -> View:
        """Return all that is known of one instance."""
        record, group, report = seen.records.get(instance_id), seen.group, None
        ec2 = seen.ec2.get(instance_id)
        lost = record and record.state in LIVE and seen.now - record.born_at > LOST_S
        if lost and not ec2:
            ec2 = self.fleet.instances(InstanceIds=[instance_id]).get(
                instance_id, Ec2Instance(state="terminated")
            )
        if not record or record.state in UNREADY:
            report = self.registry.report(self.settings.instances + instance_id)
        states = group.lifecycle_states if group else {}
        state = states.get(instance_id, ABSENT) if states else "?"
        return View(
            settings=self.settings,
            meta=seen.meta,
            capacity=seen.capacity,
            now=seen.now,
            instance_id=instance_id,
            record=record,
            lifecycle=re.sub(":(Wait|Proceed)$", "", state),
            waits=state.endswith(":Wait"),
            template=group.templates.get(instance_id, "") if group else "",
            ec2=ec2,
            report=report,
        )
