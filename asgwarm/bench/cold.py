"""Instances launched from nothing: the pool's own launch template, outside its group.

Rule 1: whatever is launched is ended, by the shot, by `end`, and should this computer
die by the pool itself, whose function ends within minutes what carries its tag and is
no member of its group.
Rule 2: it counts until a pushed key logs in at the pinned host key, with the set-up
script done: what a `get` would hand out.
"""

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import uuid4

from botocore.exceptions import ClientError

from asgwarm.aws_errors import translated
from asgwarm.bench.alone import user_data
from asgwarm.bench.figures import Shot
from asgwarm.bench.login import log_in
from asgwarm.bench.phases import Phases
from asgwarm.bench.plan import COLD_LIMIT_S
from asgwarm.bench.situation import Situation
from asgwarm.clients import Clients
from asgwarm.clock import monotonic_s
from asgwarm.connect.target import Target
from asgwarm.domain.fleet import GuestReport
from asgwarm.errors import (
    AccessDenied,
    CredentialsMissing,
    GuardRefused,
    ResourceMissing,
    WaitTimeout,
)
from asgwarm.registry.registry import Registry

POLL_S, LOOK_S = 0.25, 5.0  # at the guest's report, and whether it still exists
ANSWER_S = 15.0  # how long one who is told to stop waits for what was launched
RUN_TAG = "asgwarm:bench-run"


@dataclass(slots=True)
class Launches:
    """Launches of one run of the bench."""

    clients: Clients
    situation: Situation
    _run: str = field(default_factory=lambda: uuid4().hex)
    _ids: set[str] = field(default_factory=set)
    _unsettled: int = 0  # launches of which nobody knows what became
    _turn: "count[int]" = field(default_factory=count)

    async def shoot(self) -> Shot:
        """Launch an instance, log in, end it.

        Raises:
            GuardRefused: The set-up script failed.
            WaitTimeout: It was not ready in time, or was ended before.
        """
        wanted = await asyncio.to_thread(self._wanted)
        phases = Phases()
        with phases.phase("launch"):
            instance_id = await self._launched(wanted)
        try:
            with phases.phase("boot"):
                report = await self._report(instance_id)
                address = await asyncio.to_thread(self._address, instance_id)
            if not address:
                raise WaitTimeout(f"EC2 names no address of {instance_id}")
            target = Target(
                instance_id=instance_id,
                address=address,
                port=report.port,
                os_user=self.situation.os_user,
                host_key=report.host_key,
            )
            eic = self.clients.full_eic
            await log_in(target, eic, phases, arrived=phases.finish)
            return Shot(total_ms=phases.total_ms, phases_ms=phases.took_ms)
        finally:
            await asyncio.to_thread(self._terminate, [instance_id])

    async def end(self) -> None:
        """End what is left, also what a launch without an answer may have begun."""
        if self._unsettled:
            await asyncio.to_thread(self._find)
        await asyncio.to_thread(self._terminate, sorted(self._ids))

    async def _launched(self, wanted: Mapping[str, Any]) -> str:
        sent = asyncio.ensure_future(asyncio.to_thread(self._launch, wanted))
        try:
            return await asyncio.shield(sent)
        except asyncio.CancelledError:
            await asyncio.wait({sent}, timeout=ANSWER_S)
            raise

    def _launch(self, wanted: Mapping[str, Any]) -> str:
        self._unsettled += 1
        try:
            with translated("ec2:RunInstances", self.situation.group):
                answer = self.clients.ec2.run_instances(**wanted)
        except (AccessDenied, CredentialsMissing):
            self._unsettled -= 1
            raise
        instance_id = answer["Instances"][0]["InstanceId"]
        self._ids.add(instance_id)
        self._unsettled -= 1
        return instance_id

    def _wanted(self) -> dict[str, Any]:
        """What RunInstances is asked for: the group's template, a subnet of its."""
        situation = self.situation
        group = self._group()
        chosen = group["LaunchTemplate"]
        template = {
            "LaunchTemplateId": chosen["LaunchTemplateId"],
            "Version": chosen["Version"],
        }
        data = self._template(template)
        subnets = [s for s in group.get("VPCZoneIdentifier", "").split(",") if s]
        tags = {
            "asgwarm:pool": situation.pool,
            "asgwarm:stack": situation.stack_id,
            RUN_TAG: self._run,
        }
        listed = [{"Key": key, "Value": value} for key, value in tags.items()]
        pools = base64.b64decode(data.get("UserData", "")).decode()
        wanted: dict[str, Any] = {
            "MinCount": 1,
            "MaxCount": 1,
            "ClientToken": uuid4().hex,
            "LaunchTemplate": template,
            "UserData": user_data(pools, pool=situation.pool),
            "TagSpecifications": [
                {"ResourceType": kind, "Tags": listed}
                for kind in ("instance", "volume")
            ],
        }
        if subnets:
            # An interface of the request stands in for the template's as a whole.
            interface = (data.get("NetworkInterfaces") or [{}])[0]
            subnet = subnets[next(self._turn) % len(subnets)]
            wanted["NetworkInterfaces"] = [
                {"DeviceIndex": 0, **_kept(interface), "SubnetId": subnet}
            ]
        return wanted

    def _group(self) -> Any:
        name = self.situation.group
        with translated("autoscaling:DescribeAutoScalingGroups", name):
            found = self.clients.autoscaling.describe_auto_scaling_groups(
                AutoScalingGroupNames=[name]
            )["AutoScalingGroups"]
        if not found:
            raise ResourceMissing(f"there is no group {name}", hint="asgwarm up")
        return found[0]

    def _template(self, template: Mapping[str, str]) -> Any:
        template_id = template["LaunchTemplateId"]
        with translated("ec2:DescribeLaunchTemplateVersions", template_id):
            answer = self.clients.ec2.describe_launch_template_versions(
                LaunchTemplateId=template_id, Versions=[template["Version"]]
            )
        return answer["LaunchTemplateVersions"][0]["LaunchTemplateData"]

    async def _report(self, instance_id: str) -> GuestReport:
        """Return what the guest reports when set-up and checks are done."""
        registry = Registry(self.clients.dynamodb, self.situation.pool, "bench")
        arn = self.situation.instances_arn + instance_id
        began_s, looked_s = monotonic_s(), monotonic_s()
        while True:
            with translated("dynamodb:GetItem", registry.name):
                report = await asyncio.to_thread(registry.report, arn)
            if report and report.phase == "failed":
                raise GuardRefused(f"set-up {report.setup}")
            if report and report.phase == "done":
                return report
            waited_s = monotonic_s() - began_s
            if waited_s > COLD_LIMIT_S:
                raise WaitTimeout(f"it was not ready after {waited_s:.0f} s")
            if monotonic_s() - looked_s > LOOK_S:
                looked_s = monotonic_s()
                await asyncio.to_thread(self._address, instance_id)
            await asyncio.sleep(POLL_S)

    def _address(self, instance_id: str) -> str:
        """Return where people connect to.

        Raises:
            WaitTimeout: The instance has ended.
        """
        with translated("ec2:DescribeInstances", instance_id):
            try:
                found = self.clients.ec2.describe_instances(InstanceIds=[instance_id])
            except ClientError as error:
                if "NotFound" in str(error):  # EC2 may not know it everywhere yet
                    return ""
                raise
        (instance,) = found["Reservations"][0]["Instances"]
        if instance["State"]["Name"] in ("shutting-down", "terminated"):
            raise WaitTimeout(
                "it was ended before it was ready: a pool ends within minutes what is "
                "not in its group"
            )
        return str(instance.get(self.situation.address_field, ""))

    def _find(self) -> None:
        """Learn the ids of what is there of this run."""
        ours = [
            {"Name": f"tag:{RUN_TAG}", "Values": [self._run]},
            {"Name": "instance-state-name", "Values": ["pending", "running"]},
        ]
        with translated("ec2:DescribeInstances", self.situation.pool):
            pages = self.clients.ec2.describe_instances(Filters=ours)  # type: ignore[arg-type]  # as EC2 has it
        self._ids |= {
            each["InstanceId"]
            for page in pages["Reservations"]
            for each in page["Instances"]
        }

    def _terminate(self, ids: list[str]) -> None:
        if ids:
            with translated("ec2:TerminateInstances", ", ".join(ids)):
                self.clients.ec2.terminate_instances(InstanceIds=ids)
        self._ids -= set(ids)


def _kept(interface: Mapping[str, Any]) -> dict[str, Any]:
    names = ("Groups", "AssociatePublicIpAddress")
    return {name: interface[name] for name in names if name in interface}
