"""Every EC2 instance as a real SSH server, kept in line with EC2's own records.

EC2, the base's, says which instances there are and in which state. `sync` makes it so:
a running one gets its folder, address, host key, SSH server, metadata and services; a
stopped one loses all but folder, address and host key; a terminated one loses
everything. It does not matter who changed the state: Auto Scaling, a template or a call
of the EC2 API.
"""

import asyncio
import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from asgwarm.local import seam
from asgwarm.local.activity import Activity
from asgwarm.local.addresses import Addresses
from asgwarm.local.clock import Clock, Timer
from asgwarm.local.eic import KeyStore
from asgwarm.local.faults import FaultTable
from asgwarm.local.guest import Boot, Machine
from asgwarm.local.imds import Imds, Metadata
from asgwarm.local.keyring import Credential, Keyring, new_credential
from asgwarm.local.reap import end_processes

RUNNING = "running"
GONE = ("terminated", "shutting-down", "")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What instances need of the region."""

    region: str
    folder: Path
    endpoint_url: str
    clock: Clock
    keys: KeyStore
    keyring: Keyring
    imds: Imds
    activity: Activity
    faults: FaultTable


@dataclass(slots=True, kw_only=True)
class _Instance:
    """One instance that is not terminated."""

    instance_id: str
    folder: Path
    address: str
    host_key: Any  # asyncssh.SSHKey
    port: int = 0
    state: str = ""
    starting: Timer | None = None
    listener: Any = None  # asyncssh.SSHAcceptor
    connections: set[Any] = field(default_factory=set)
    boot: Boot | None = None
    credential: Credential | None = None
    imds_path: str = ""


class Instances:
    """The instances of the region.

    Args:
        target: The lifecycle state that an instance is on its way to, None when Auto
            Scaling does not know it.
        gone: Told of each instance that has ended, or (True) that has stopped.
    """

    def __init__(
        self,
        surroundings: Surroundings,
        *,
        target: Callable[[str], str | None],
        gone: Callable[[str, bool], None],
    ) -> None:
        self._region = surroundings
        self._target = target
        self._gone = gone
        self._addresses = Addresses()
        self._all: dict[str, _Instance] = {}
        self._lock = asyncio.Lock()

    def state_of(self, instance_id: str) -> tuple[str, str] | None:
        """EC2 state and zone of an instance."""
        record = seam.ec2_instances().get(instance_id)
        if record is None:
            return None
        return record["State"]["Name"], record["Placement"]["AvailabilityZone"]

    def counts(self) -> dict[str, int]:
        """How many instances are in which state."""
        states = [one.state for one in self._all.values()]
        return {state: states.count(state) for state in sorted(set(states))}

    def busy(self) -> bool:
        """Whether something is being done to an instance just now."""
        return self._lock.locked()

    def addresses(self) -> dict[str, tuple[str, int]]:
        """Address and port of each instance that answers SSH."""
        return {
            one.instance_id: (one.address, one.port)
            for one in self._all.values()
            if one.listener is not None
        }

    async def sync(self) -> None:
        """Bring every instance into the state that EC2 says."""
        async with self._lock:
            records = seam.ec2_instances()
            for instance_id in [*self._all, *records.keys() - self._all.keys()]:
                record = records.get(instance_id)
                state = record["State"]["Name"] if record else ""
                try:
                    await self._bring(instance_id, record, state)
                except OSError:
                    _log.exception("instance %s", instance_id)

    async def close(self) -> None:
        """End all of them, as if they had been terminated."""
        async with self._lock:
            for instance_id in list(self._all):
                await self._bring(instance_id, None, "")

    async def _bring(
        self, instance_id: str, record: dict[str, Any] | None, state: str
    ) -> None:
        one = self._all.get(instance_id)
        if one is None and (state in GONE or record is None):
            return
        if one is None:
            one = self._all[instance_id] = self._new(instance_id)
        if one.state == state:
            return
        was, one.state = one.state, state
        if state == RUNNING and record is not None:
            self._power_on(one, record, again=was != "")
        else:
            await self._power_off(one)
            if record is not None:
                record["PublicIpAddress"] = record["PublicDnsName"] = ""
            if state in GONE:
                await self._end(one)
            self._gone(instance_id, state not in GONE)
        self._region.activity.changed()

    def _new(self, instance_id: str) -> _Instance:
        import asyncssh

        folder = self._region.folder / instance_id
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _Instance(
            instance_id=instance_id,
            folder=folder,
            address=self._addresses.take(),
            host_key=asyncssh.generate_private_key("ssh-ed25519"),
        )

    def _power_on(self, one: _Instance, record: dict[str, Any], *, again: bool) -> None:
        subnet = seam.ec2_subnets().get(record["SubnetId"])
        if subnet is not None:
            record["Placement"]["AvailabilityZone"] = subnet["AvailabilityZone"]
        record["PrivateIpAddress"] = record["PublicIpAddress"] = one.address
        record["PrivateDnsName"] = record["PublicDnsName"] = one.address
        clock = self._region.clock
        if again:
            now = datetime.fromtimestamp(clock.now(), tz=UTC)
            record["LaunchTime"] = now.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        one.credential = self._region.keyring.add(
            new_credential(one.instance_id, temporary=True)
        )
        one.imds_path = self._region.imds.publish(self._metadata(one, record))
        one.starting = clock.call_later(
            self._region.faults.now.boot_s,
            lambda: asyncio.ensure_future(self._come_up(one, record)),
        )

    def _metadata(self, one: _Instance, record: dict[str, Any]) -> Metadata:
        profile = (record.get("IamInstanceProfile") or {}).get("Arn", "")
        if one.credential is None:
            raise RuntimeError("an instance without credentials")
        return Metadata(
            instance_id=one.instance_id,
            zone=record["Placement"]["AvailabilityZone"],
            image_id=record["ImageId"],
            instance_type=record["InstanceType"],
            address=one.address,
            role=seam.role_of_profile(profile),
            credential=one.credential,
            target=partial(self._target, one.instance_id),
            active_keys=partial(self._region.keys.active, one.instance_id),
        )

    async def _come_up(self, one: _Instance, record: dict[str, Any]) -> None:
        async with self._lock:
            if one.state != RUNNING or one.starting is None:
                return
            one.starting = None
            try:
                await self._open(one, str(record.get("UserData") or ""))
            except OSError:
                _log.exception("instance %s does not boot", one.instance_id)
        self._region.activity.changed()

    async def _open(self, one: _Instance, user_data: str) -> None:
        from asgwarm.local.login import Host, listen

        endpoint = self._region.endpoint_url
        surroundings = {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": endpoint + one.imds_path,
        }
        host = Host(
            instance_id=one.instance_id,
            address=one.address,
            port=one.port,
            key=one.host_key,
            home=one.folder / "home",
            surroundings=surroundings,
            active_keys=partial(self._region.keys.active, one.instance_id),
            step=partial(self._step, one.instance_id),
        )
        one.listener = await listen(host, one.connections)
        one.port = one.listener.get_port()
        public = one.host_key.export_public_key().decode().split()
        one.boot = Boot(
            Machine(
                folder=one.folder,
                user_data=user_data,
                host_key=" ".join(public[:2]),
                address=one.address,
                port=one.port,
                surroundings=surroundings,
            )
        )
        one.boot.power_on()

    async def _step(self, instance_id: str, step: str) -> None:
        """Let a login wait at a step of it where a fault says so."""
        if self._region.faults.holds_login(step, instance_id):
            self._region.activity.changed()
            await self._region.faults.hold()

    async def _power_off(self, one: _Instance) -> None:
        if one.starting is not None:
            one.starting.cancel()
            one.starting = None
        if one.listener is not None:
            one.listener.close()
            one.listener = None
        for connection in list(one.connections):
            connection.abort()
        if one.boot is not None:
            await one.boot.power_off()
            one.boot = None
        self._region.imds.withdraw(one.imds_path)
        if one.credential is not None:
            self._region.keyring.drop(one.credential.access_key_id)
        self._region.keys.forget(one.instance_id)
        await asyncio.to_thread(end_processes, one.folder)

    async def _end(self, one: _Instance) -> None:
        del self._all[one.instance_id]
        self._addresses.give_back(one.address)
        await asyncio.to_thread(shutil.rmtree, one.folder, ignore_errors=True)
