"""A deployed pool as it is seen and used from outside, for the tests of its loop."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from asgwarm.clock import monotonic_s, now_s
from asgwarm.domain.record import Record, State
from asgwarm.registry.leases import Leases, Wish
from asgwarm.registry.registry import Registry
from asgwarm.stack.deploy import deploy
from asgwarm.stack.network import default_network
from asgwarm.stack.options import PoolOptions

PERIOD_S = 60.0
PATIENCE_S = 20
SCHEDULED = {"detail-type": "Scheduled Event", "source": "aws.events", "detail": {}}
# What an instance that has booted tells, by where Auto Scaling has it.
TOLD = {
    "Warmed:Pending:Wait": "Warmed:Stopped",
    "Pending:Wait": "InService",
    "InService": "InService",
}


@dataclass
class Pool:
    """A deployed pool, and what can be seen of it and done to it from outside."""

    region: Any
    name: str
    sizes: dict[str, int]
    stack_id: str = ""
    boots_slowly: bool = False
    claims: Iterator[int] = field(default_factory=lambda: iter(range(1000)))

    def __post_init__(self) -> None:
        client = self.region.client
        self.cloudformation = client("cloudformation")
        self.dynamodb, self.ec2 = client("dynamodb"), client("ec2")
        self.autoscaling, self.functions = client("autoscaling"), client("lambda")
        self.control = self.region.control
        self.stack = self.table = f"asgwarm-{self.name}"
        self.group_name = f"{self.stack}-pool"
        self.registry = Registry(self.dynamodb, self.name, "test")
        self.registry.shards = 1
        self.leases = Leases(self.registry)

    def deploy(self, **options: Any) -> None:
        """Create or update the stack; returns when CloudFormation is done."""
        self.sizes |= {k: v for k, v in options.items() if k in ("hot", "warm", "cap")}
        self.registry.shards = options.get("shards", self.registry.shards)
        asked = PoolOptions(
            pool=self.name, subnets=default_network(self.ec2).subnets, **options
        )
        result = deploy(
            self.cloudformation, asked, on_event=lambda _: None, sleep=self.pause
        )
        self.stack_id = result.stack_id

    def pause(self, most_s: float) -> None:
        """Wait for the next change in the region."""
        self.control.wait_change(min(most_s, 0.1))

    def until(self, done: Callable[[], Any]) -> None:
        """Return once *done*; asked gently, for the region shares our processors."""
        give_up_at_s = monotonic_s() + PATIENCE_S
        while not done():
            assert monotonic_s() < give_up_at_s, self._seen()
            self.control.wait_change(0.1)

    def records(self) -> dict[str, Record]:
        """The rows that make sense, by instance id."""
        return self.registry.records()

    def record(self, instance_id: str) -> Record:
        """One row."""
        return self.records()[instance_id]

    def in_state(self, state: State) -> list[Record]:
        """The rows in a state."""
        return [record for record in self.records().values() if record.state is state]

    def counts(self) -> Counter[State]:
        """How many rows are in which state, tombstones left out."""
        found = Counter(record.state for record in self.records().values())
        del found[State.TERMINATED]
        return found

    def is_full(self) -> bool:
        """Whether there are as many free instances as asked for, and no others."""
        found = self.counts()
        del found[State.LEASED]
        wanted = {State.READY: self.sizes["hot"], State.WARMED: self.sizes["warm"]}
        return found == Counter({k: v for k, v in wanted.items() if v})

    def fill(self) -> "Pool":
        """Return once it is full."""
        self.until(self.is_full)
        return self

    def restore(self) -> None:
        """Make the pool full and free again, whatever was done to it."""
        self.faults()
        records, running = self.records(), self.running()
        for record in records.values():
            if record.state is State.LEASED:
                self.release(record)
        self._end_what_does_not_boot(records, running)
        self._forget(records, running)
        self.fire()
        self.until(self.is_full)

    def _forget(self, records: Mapping[str, Record], running: set[str]) -> None:
        """Delete the tombstones, as DynamoDB does when their time is over.

        What failed in one test does not pause the launches of the next.
        """
        for instance_id, record in records.items():
            if record.state is State.TERMINATED and instance_id not in running:
                sk = f"I#{instance_id}"
                key = {"pk": {"S": record.pk}, "sk": {"S": sk}}
                self.dynamodb.delete_item(TableName=self.table, Key=key)

    def _end_what_does_not_boot(
        self, records: Mapping[str, Record], running: set[str]
    ) -> None:
        """Terminate the running instances that no SSH server answers for."""
        answering = self.control.status()["addresses"]
        states = (State.WARMED, State.TERMINATED)
        resting = {i for i, record in records.items() if record.state in states}
        if dark := running - resting - answering.keys():
            self.ec2.terminate_instances(InstanceIds=sorted(dark))

    def _seen(self) -> str:
        rows = {i: f"{r.state} {r.why}" for i, r in self.records().items()}
        return f"{rows}, the group has {self.group() and self.members()}"

    def claim(self, *, ttl_s: int = 86_400) -> Record:
        """Claim a ready instance as a user does."""
        shards = range(self.registry.shards)
        ready = (record for s in shards for record in self.leases.ready("0", s))
        return self.take(next(ready), ttl_s=ttl_s)

    def take(self, ready: Record, *, ttl_s: int = 86_400) -> Record:
        """Claim this very instance."""
        wish = Wish(
            lease_id=f"{self.name}.{next(self.claims)}",
            lease_owner="somebody@here:1",
            lease_name="",
            dur_s=ttl_s,
        )
        return self.leases.claim(ready, wish, key_fp="SHA256:x", now=now_s())

    def release(self, record: Record) -> None:
        """Give an instance back."""
        self.leases.release(record, now=now_s(), why="released")

    def group(self) -> dict[str, Any]:
        """The group as AWS describes it."""
        found = self.autoscaling.describe_auto_scaling_groups(
            AutoScalingGroupNames=[self.group_name]
        )["AutoScalingGroups"]
        return dict(found[0]) if found else {}

    def desired(self) -> int:
        """The group's DesiredCapacity."""
        return int(self.group()["DesiredCapacity"])

    def suspended(self) -> set[str]:
        """The processes of the group that are suspended."""
        return {one["ProcessName"] for one in self.group()["SuspendedProcesses"]}

    def members(self) -> dict[str, str]:
        """Lifecycle state of each member by instance id, the warm pool's included."""
        pooled = self.autoscaling.describe_warm_pool(
            AutoScalingGroupName=self.group_name
        )
        found = [*self.group()["Instances"], *pooled["Instances"]]
        return {one["InstanceId"]: one["LifecycleState"] for one in found}

    def activities(self) -> list[str]:
        """What the group says that it did, newest first."""
        return [str(one["Description"]) for one in self._activities()]

    def _activities(self) -> list[dict[str, Any]]:
        found = self.autoscaling.describe_scaling_activities(
            AutoScalingGroupName=self.group_name
        )
        return list(found["Activities"])

    def outcomes(self) -> list[str]:
        """How what the group did ended, newest first."""
        return [str(one["StatusCode"]) for one in self._activities()]

    def running(self) -> set[str]:
        """The stack's instances that are not ended, by the tag that says whose."""
        tag = {"Name": "tag:asgwarm:stack", "Values": [self.stack_id]}
        pages = self.ec2.describe_instances(Filters=[tag])["Reservations"]
        ended = ("terminated", "shutting-down")
        found = [one for page in pages for one in page["Instances"]]
        return {i["InstanceId"] for i in found if i["State"]["Name"] not in ended}

    def tick(self) -> None:
        """Let one period of the schedule pass, after all guests have spoken."""
        self.until(self._have_spoken)
        self.control.advance(PERIOD_S)
        self.control.settle()

    def fire(self) -> None:
        """Fire the schedule once, without moving time."""
        self.until(self._have_spoken)
        self.control.fire_schedule()
        self.control.settle()

    def periods_until(self, done: Callable[[], Any], *, most: int) -> int:
        """How many periods pass until *done*; never more than *most*."""
        for passed in range(most + 1):
            if done():
                return passed
            self.tick()
        raise AssertionError(f"not after {most} periods: {self._seen()}")

    def _have_spoken(self) -> bool:
        if self.boots_slowly:
            return True
        for instance_id, lifecycle in self.members().items():
            said = self.said(instance_id).get("target")
            if lifecycle in TOLD and said != TOLD[lifecycle]:
                return False
        return True

    def faults(self, **faults: Any) -> None:
        """Switch on exactly these faults."""
        self.boots_slowly = "boot_s" in faults
        self.control.set_faults(**faults)

    def arn(self, instance_id: str) -> str:
        """An instance's ARN: the key of its guest's row."""
        region, account = self.stack_id.split(":")[3:5]
        return f"arn:aws:ec2:{region}:{account}:instance/{instance_id}"

    def said(self, instance_id: str) -> dict[str, Any]:
        """What an instance's guest reported."""
        return self.registry.get(self.arn(instance_id), "AGENT") or {}

    def put(self, pk: str, sk: str, row: Mapping[str, Any]) -> None:
        """Write a whole row past all rules; values are in DynamoDB's form."""
        item = {"pk": {"S": pk}, "sk": {"S": sk}, **row}
        self.dynamodb.put_item(TableName=self.table, Item=item)

    def invoke(self, event: object = SCHEDULED) -> str:
        """Call the deployed function with an event; its error, empty when it had none.

        The schedule's event without a time means now.
        """
        answer = self.functions.invoke(
            FunctionName=self.function_name, Payload=json.dumps(event).encode()
        )
        said = answer["Payload"].read().decode()
        return said if answer.get("FunctionError") else ""

    @property
    def function_name(self) -> str:
        """The deployed function."""
        found = self.cloudformation.describe_stack_resource(
            StackName=self.stack, LogicalResourceId="Function"
        )
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def status(self) -> str:
        """The stack's status; DELETE_COMPLETE when there is none."""
        found = self.cloudformation.describe_stacks()["Stacks"]
        mine = [one for one in found if one["StackName"] == self.stack]
        return str(mine[0]["StackStatus"]) if mine else "DELETE_COMPLETE"

    def delete(self) -> str:
        """Delete the stack as anybody would; how that ended."""
        self.cloudformation.delete_stack(StackName=self.stack)
        self.until(lambda: "IN_PROGRESS" not in self.status())
        return self.status()

    def drop(self) -> None:
        """End all leases and begin to delete the stack, if it is there."""
        if self.status() != "DELETE_COMPLETE":
            for record in self.in_state(State.LEASED):
                self.release(record)
            self.delete()
