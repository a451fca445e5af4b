"""One emulated region: its parts, and how they know each other.

    front ── signature, faults, record ─┬─ Auto Scaling, a machine driven by the clock
                                        ├─ EC2 Instance Connect ── key store
      clock ── schedule, timers         ├─ control API
      instances ── SSH servers, guests, ├─ instance metadata
                   metadata             └─ everything else: the base, behind the seam

Rule: one process, one loop; what the base runs on threads comes back through the loop.
"""

import asyncio
import os
import shutil
import signal
import socket
import time
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from asgwarm.local import info, run_instances, seam, seam_functions
from asgwarm.local.account import Account
from asgwarm.local.activity import Activity
from asgwarm.local.answers import Answer
from asgwarm.local.autoscaling.machine import Machine
from asgwarm.local.autoscaling.model import Faults as ScalingFaults
from asgwarm.local.autoscaling.resources import handlers
from asgwarm.local.autoscaling.service import AutoScalingService
from asgwarm.local.base import Base
from asgwarm.local.clock import Clock, Pace
from asgwarm.local.cloud import Catalog, Cloud
from asgwarm.local.eic import InstanceConnect, KeyStore
from asgwarm.local.endpoints.service import EndpointService
from asgwarm.local.events import Events
from asgwarm.local.faults import FaultTable, parse
from asgwarm.local.front import CONTROL, Doors, Front
from asgwarm.local.functions import Running
from asgwarm.local.imds import Imds
from asgwarm.local.info import RegionInfo
from asgwarm.local.instances import Instances, Surroundings
from asgwarm.local.keyring import ACCOUNT_ID, Credential, Keyring, new_credential
from asgwarm.local.levers import Levers
from asgwarm.local.not_enforced import NOT_ENFORCED
from asgwarm.local.reap import end_processes
from asgwarm.local.schedule import Schedule
from asgwarm.local.serving import Server
from asgwarm.local.signature import Request

TICK_S = 1.0  # how often rules and instances are looked at without a reason
CALL_S = 30.0  # one Auto Scaling action of a template
STOP_DELAY_S = 0.05
CHANGES_INSTANCES = frozenset(
    f"{verb}Instances" for verb in ("Run", "Start", "Stop", "Terminate", "Reboot")
)
NO_CAPACITY = (
    "We currently do not have sufficient capacity in the Availability Zone you "
    "requested. Our system will be working on provisioning additional capacity. "
    "Launching EC2 instance failed."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a region is started."""

    state_dir: Path
    region: str = "us-east-1"
    pace: Pace = Pace.REAL


class Region:
    """A region, to be made inside a running loop, after `environment.set_for_base`."""

    def __init__(
        self, options: Options, *, listener: socket.socket, worker: Credential
    ) -> None:
        self._options = options
        self._listener = listener
        self._started_at = time.monotonic()
        self._ended = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self.activity = Activity()
        self._clock = Clock(pace=options.pace)
        self._faults = FaultTable()
        self._keyring = Keyring(seam.issued_credential)
        self._keyring.add(worker)
        self.user = self._keyring.add(new_credential("user"))
        self._running = Running(
            unread=lambda: list(seam_functions.unread_streams()),
            on_return=self.activity.changed_elsewhere,
        )
        self._schedule = Schedule(
            self._clock, due=seam.scheduled_rules, fire=seam.fire_due_rules
        )
        self._machine = Machine(
            catalog=Catalog(),
            region=options.region,
            account=ACCOUNT_ID,
            new_id=lambda: str(uuid4()),
        )
        self._build(KeyStore(self._clock.now), Imds())

    def _build(self, keys: KeyStore, imds: Imds) -> None:
        around = Surroundings(
            region=self._options.region,
            folder=self._options.state_dir / "instances",
            endpoint_url=self.endpoint_url,
            clock=self._clock,
            keys=keys,
            keyring=self._keyring,
            imds=imds,
            activity=self.activity,
            faults=self._faults,
        )
        self._instances = instances = Instances(
            around, target=self._machine.target_lifecycle_state, gone=self._on_gone
        )
        keys_in = InstanceConnect(keys, instances.state_of)
        ways_in = EndpointService(around, addresses=instances.addresses)
        self._cloud = Cloud(instances)
        self._scaling = AutoScalingService(
            machine=self._machine,
            cloud=self._cloud,
            emit=Events(seam.put_event, clock=self._clock, faults=self._faults).emit,
            clock=self._clock,
        )
        self._base = Base(
            clock=self._clock,
            faults=self._faults,
            running=self._running,
            handlers=lambda: handlers(self._scaling_call) | ways_in.handlers(),
        )
        self._front = Front(
            region=around.region,
            keyring=self._keyring,
            activity=self.activity,
            faults=self._faults,
            doors=Doors(
                services={
                    "autoscaling": self._autoscaling,
                    "ec2:RunInstances": run_instances.handle,
                    "ec2-instance-connect": keys_in.handle,
                    CONTROL: Levers(self).handle,
                    **(ways_in.services() | Account().services()),
                },
                imds=imds.handle,
                tunnel=ways_in.door,
                base=self._base.app,
                before=self._base.ready_for,
                after=self._after,
            ),
        )

    @property
    def endpoint_url(self) -> str:
        """Where the region answers."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    async def _autoscaling(self, request: Request) -> Answer:
        status, headers, body = await self._scaling.handle(request.body)
        return Answer(status=status, headers=headers, body=body)

    async def _after(self, service: str, action: str) -> None:
        if service == "ec2" and action in CHANGES_INSTANCES:
            await self._instances.sync()

    def _on_gone(self, instance_id: str, stopped: bool) -> None:
        if not stopped:
            forget_s = self._machine.world.timings.forget_s
            forget = partial(seam.forget_instance, instance_id)
            self._clock.call_later(forget_s, forget)
        if instance_id not in self._cloud.asked:
            self._scaling.instance_gone(instance_id, stopped=stopped)

    def _scaling_call(self, action: str, params: dict[str, Any]) -> dict[str, Any]:
        """One Auto Scaling action from a thread of CloudFormation's."""
        answer = self._scaling.call(action, params)
        return asyncio.run_coroutine_threadsafe(answer, self._loop).result(CALL_S)

    async def _tick(self) -> None:
        while True:
            self._schedule.arm()
            await self._instances.sync()
            await asyncio.sleep(TICK_S)

    def status(self) -> dict[str, Any]:
        """A document for people and tests."""
        return {
            "pid": os.getpid(),
            "region": self._options.region,
            "endpoint_url": self.endpoint_url,
            "uptime_s": round(time.monotonic() - self._started_at, 1),
            "now": self._clock.now(),
            "pace": str(self._options.pace),
            "instances": self._instances.counts(),
            "addresses": self._instances.addresses(),
            "groups": len(self._machine.world.groups),
            "busy": self.busy(),
            "changes": self.activity.changes,
            "calls": self.activity.calls,
            "struck": sum(fault.seen for fault in self._faults.now.http),
            "held": self._faults.held,
            "not_enforced": [asdict(gap) for gap in NOT_ENFORCED],
        }

    def busy(self) -> int:
        """How many functions run or wait to run, and operations on instances."""
        return self._running.busy() + self._cloud.under_way + self._instances.busy()

    async def settle(self) -> bool:
        """Wait until nothing goes on by itself; False if that does not end."""
        return await self.activity.settle(self.busy)

    async def advance(self, seconds: float) -> float:
        """Move time forward; the region's time afterwards."""
        self._schedule.arm()
        return await self._clock.advance(seconds, self.settle)

    def fire_schedule(self) -> int:
        """Fire every scheduled rule now; how many there are."""
        count = len(seam.scheduled_rules(self._clock.now()))
        seam.fire_due_rules(at_once=True)
        self._schedule.arm()
        return count

    def set_faults(self, values: dict[str, Any]) -> None:
        """Switch on exactly these faults.

        Raises:
            ValueError: One is not known.
        """
        faults = parse(values)
        self._faults.replace(faults)
        failure = NO_CAPACITY if faults.no_capacity else ""
        self._machine.faults = ScalingFaults(
            refill=faults.refill,
            launch_failure=failure,
            start_failure=failure,
            shown_states=faults.shown_states,
        )

    def set_timings(self, seconds: dict[str, float]) -> dict[str, float]:
        """Change how long things take; all durations afterwards.

        Raises:
            TypeError: There is no such duration.
            ValueError: One is negative.
        """
        world = self._machine.world
        world.timings = replace(world.timings, **seconds)
        return asdict(world.timings)

    def stop(self) -> None:
        """Let `run` end, after the answer that is under way."""
        asyncio.get_running_loop().call_later(STOP_DELAY_S, self._ended.set)

    async def live(self) -> None:
        """Answer until told to stop, then take everything down."""
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._ended.set)
        server = Server(self._front)
        await server.start(self._listener)
        ticking = asyncio.create_task(self._tick())
        info.save(
            RegionInfo(
                endpoint_url=self.endpoint_url,
                region=self._options.region,
                access_key_id=self.user.access_key_id,
                secret_access_key=self.user.secret_access_key,
                pid=os.getpid(),
                state_dir=self._options.state_dir,
            )
        )
        await self._ended.wait()
        ticking.cancel()
        await server.close()
        await self._take_down()

    async def _take_down(self) -> None:
        state_dir = self._options.state_dir
        (state_dir / info.FILE_NAME).unlink(missing_ok=True)
        await self._scaling.close()
        await self._instances.close()
        await asyncio.to_thread(self._base.stop)
        await asyncio.to_thread(end_processes, state_dir)
        for name in ("instances", "base"):
            shutil.rmtree(state_dir / name, ignore_errors=True)


async def run(options: Options, *, listener: socket.socket, worker: Credential) -> None:
    """Run a region until SIGTERM, SIGINT or its control API ends it."""
    await Region(options, listener=listener, worker=worker).live()
