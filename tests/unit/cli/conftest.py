"""Values that the views are shown with, and signals as they were."""

import base64
import signal
from dataclasses import replace

import pytest

from asgwarm.cli.signals import ENDING
from asgwarm.domain.record import Record, State
from asgwarm.leasing.lease import Lease
from asgwarm.leasing.standing import PoolStatus

NOW = 1_769_860_800  # 2026-01-31T12:00:00Z
HOST_KEY = (
    "ssh-ed25519 "
    + base64.b64encode(
        b"\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20" + bytes(32)
    ).decode()
)


@pytest.fixture(autouse=True)
def _signals_as_they_were():
    """Put back the handlers that a run of the command line replaces."""
    before = {signum: signal.getsignal(signum) for signum in ENDING}
    yield
    for signum, handler in before.items():
        signal.signal(signum, handler)


@pytest.fixture
def now():
    """The time of every value here, Unix seconds."""
    return NOW


@pytest.fixture
def ready():
    """An instance that may be claimed."""
    return Record(
        instance_id="i-0a",
        state=State.READY,
        gen=3,
        epoch="stack",
        since=NOW - 90,
        tier="warm",
        address="127.0.1.7",
        port=2200,
        os_user="ec2-user",
        host_key=HOST_KEY,
    )


@pytest.fixture
def lease(ready):
    """A lease of half an hour, ten minutes old."""
    record = replace(
        ready,
        instance_id="i-0b",
        state=State.LEASED,
        since=NOW - 600,
        lease_id="dev.abc",
        lease_owner="ada@lab:42",
        lease_name="web",
        dur_s=1800,
    )
    return Lease(pool="dev", record=record, tier="hot")


@pytest.fixture
def status(ready, lease):
    """A full pool of one ready and one leased instance, and an old tombstone."""
    gone = replace(ready, instance_id="i-0c", state=State.TERMINATED)
    return PoolStatus(
        pool="dev",
        region="eu-west-1",
        mode="ACTIVE",
        counts={"ready": 1, "warming": 0, "leased": 1, "draining": 0, "warm": 2},
        targets={"hot": 1, "warm": 2, "cap": 10},
        why=None,
        rate_per_hour=None,
        records=[gone, lease.record, ready],
    )
