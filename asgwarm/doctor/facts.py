"""What several checks look at, each thing looked at once.

Rule 1: a fact is looked at when it is first asked for, by whichever thread; who asks
later gets the same, the failure too.
Rule 2: nothing here judges. Only that there is no such pool is an error.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from threading import Lock
from typing import Any, TypeVar

from asgwarm.aws_errors import translated
from asgwarm.clients import Clients
from asgwarm.clock import now_s
from asgwarm.doctor.caller import Caller, ask
from asgwarm.domain.fleet import GroupView, template_of
from asgwarm.domain.meta import Meta
from asgwarm.domain.names import stack_name
from asgwarm.domain.record import Record
from asgwarm.domain.value import value
from asgwarm.errors import AsgwarmError, PoolNotFound, ResourceMissing, StackFailed
from asgwarm.registry.leases import Leases
from asgwarm.registry.registry import Registry
from asgwarm.stack.network import own_network
from asgwarm.stack.stacks import StackView, find, refuse_foreign
from asgwarm.stack.status import Then, remedy, then

T = TypeVar("T")
FRESH_S = 120  # what is younger may still be on its way into the table, or out of it


@value
class Launched:
    """An instance as EC2 describes it."""

    state: str  # EC2's word
    launched_at: int  # Unix seconds


@value
class Around:
    """What is around whoever looks.

    Attributes:
        clock: Returns this computer's Unix time in seconds.
        elsewhere: Other regions in which the user held leases of a pool of that name.
        drift: Whether CloudFormation is to compare everything with its template.
        drift_s: How long it may take for that, in seconds.
        fresh_s: Instances and rows that are younger are not judged.
        own_network: Returns the caller's own address as a network.
    """

    env: Mapping[str, str]
    clock: Callable[[], int] = now_s
    elsewhere: Sequence[str] = ()
    drift: bool = False
    drift_s: float = 600
    fresh_s: int = FRESH_S
    own_network: Callable[[], str] = own_network


class Facts:
    """What is known of one pool."""

    def __init__(self, pool: str, clients: Clients, around: Around) -> None:
        self.pool, self.clients, self.around = pool, clients, around
        self.region = clients.region
        self._registry = Registry(clients.dynamodb, pool, "doctor")
        self._known: dict[str, Future[Any]] = {}
        self._lock = Lock()

    def client(self, service: str) -> Any:
        """Return boto3's client of a service."""
        return self.clients.service(service)

    def once(self, name: str, look: Callable[[], T]) -> T:
        """Return what *look* does, which is called by the first who asks."""
        with self._lock:
            is_first = name not in self._known
            known = self._known.setdefault(name, Future())
        if is_first:
            try:
                known.set_result(look())
            except Exception as failure:  # noqa: BLE001  # raised below, to everybody
                known.set_exception(failure)
        return known.result()  # type: ignore[no-any-return]  # what `look` returned

    @property
    def caller(self) -> Caller:
        """Who calls AWS, and how far this computer's clock is off."""
        sts, now = self.client("sts"), self.around.clock()
        return self.once("caller", lambda: ask(sts, now))

    def now(self) -> int:
        """AWS's Unix time in seconds, if AWS says it, else this computer's."""
        try:
            skew_s = self.caller.skew_s
        except AsgwarmError:
            skew_s = 0
        return self.around.clock() - skew_s

    @property
    def stack(self) -> StackView:
        """The pool's stack.

        Raises:
            PoolNotFound: There is none; the hint names a region where one may be.
            GuardRefused: It is somebody else's.
        """
        return self.once("stack", self._stack)

    def part(self, logical_id: str) -> str:
        """Return the physical id of one of the stack's resources.

        Raises:
            ResourceMissing: The stack has no such resource.
            StackFailed: It has not, because it is broken.
        """
        found = self.once("parts", self._parts).get(logical_id)
        if not found:
            raise self._without(f"its resource {logical_id}")
        return found

    @property
    def meta(self) -> Meta:
        """The pool's META row.

        Raises:
            PoolNotFound: There is no such pool.
            StackFailed: Its stack is broken, and there is no table.
            ResourceMissing: The function has not written the row.
        """
        return self.once("meta", self._meta)

    @property
    def rows(self) -> tuple[Mapping[str, Record], Mapping[str, object]]:
        """Records by instance id, and the rows that make no sense."""
        return self.once("rows", self._rows)

    @property
    def group(self) -> GroupView | None:
        """The Auto Scaling group; None where there is none."""
        return self.once("group", self._group)

    @property
    def instances(self) -> Mapping[str, Launched]:
        """The EC2 instances with the stack's tag, by id."""
        return self.once("instances", self._instances)

    @property
    def group_name(self) -> str:
        """The name of the Auto Scaling group."""
        return f"{self.stack.name}-pool"

    def _stack(self) -> StackView:
        cloudformation = self.client("cloudformation")
        found = find(cloudformation, stack_name(self.pool))
        if found and found.status != "DELETE_COMPLETE":
            refuse_foreign(found, self.pool)
            return found
        there = next(iter(self.around.elsewhere), "")
        raise PoolNotFound(
            f"there is no pool {self.pool!r} in {self.region}"
            + (f"; you held leases of one in {there}" if there else ""),
            hint=f"asgwarm doctor {self.pool} --region {there}"
            if there
            else f"asgwarm up {self.pool}",
        )

    def _parts(self) -> dict[str, str]:
        pages = self.client("cloudformation").get_paginator("list_stack_resources")
        with translated("cloudformation:ListStackResources", self.stack.name):
            return {
                part["LogicalResourceId"]: part.get("PhysicalResourceId", "")
                for page in pages.paginate(StackName=self.stack.stack_id)
                for part in page["StackResourceSummaries"]
            }

    def _meta(self) -> Meta:
        try:
            with Leases(self._registry).named("dynamodb:GetItem"):
                meta = self._registry.meta()
        except PoolNotFound as failure:
            raise self._without(f"table {self._registry.name}") from failure
        if meta is None:
            raise ResourceMissing(
                f"table {self._registry.name} has no row META of any sense: its "
                "function has not run",
                hint=f"aws logs tail /asgwarm/{self.pool} --since 1h",
            )
        return meta

    def _without(self, part: str) -> AsgwarmError:
        """Say that a part of the pool is not there, and whether its stack is why."""
        stack = self.stack
        if then(stack.status) is Then.STOP:
            meaning, command = remedy(stack.status, pool=self.pool, stack=stack.name)
            return StackFailed(
                f"stack {stack.name} is {stack.status}: {meaning}", hint=command
            )
        return ResourceMissing(
            f"stack {stack.name} is there, and {part} is not",
            hint=f"asgwarm up {self.pool}",
        )

    def _rows(self) -> tuple[dict[str, Record], dict[str, object]]:
        _ = self.meta  # which says how many shards there are
        with Leases(self._registry).named("dynamodb:Query"):
            return self._registry.sorted_rows()

    def _group(self) -> GroupView | None:
        client, name = self.client("autoscaling"), self.group_name
        with translated("autoscaling:DescribeAutoScalingGroups", name):
            groups = client.describe_auto_scaling_groups(AutoScalingGroupNames=[name])
        if not groups["AutoScalingGroups"]:
            return None
        group = groups["AutoScalingGroups"][0]
        with translated("autoscaling:DescribeWarmPool", name):
            pages = client.get_paginator("describe_warm_pool")
            asked = pages.paginate(AutoScalingGroupName=name)
            members = [one for page in asked for one in page["Instances"]]
        members += group["Instances"]
        return GroupView(
            desired=group["DesiredCapacity"],
            lifecycle_states={m["InstanceId"]: m["LifecycleState"] for m in members},
            template=template_of(group),
            templates={m["InstanceId"]: template_of(m) for m in members},
            suspended=frozenset(
                one["ProcessName"] for one in group.get("SuspendedProcesses", [])
            ),
        )

    def _instances(self) -> dict[str, Launched]:
        ours = {"Name": "tag:asgwarm:stack", "Values": [self.stack.stack_id]}
        pages = self.client("ec2").get_paginator("describe_instances")
        with translated("ec2:DescribeInstances", f"pool {self.pool}"):
            return {
                one["InstanceId"]: Launched(
                    state=one["State"]["Name"],
                    launched_at=int(one["LaunchTime"].timestamp()),
                )
                for page in pages.paginate(Filters=[ours])
                for found in page["Reservations"]
                for one in found["Instances"]
            }
