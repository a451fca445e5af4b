"""Emulated regions that really run, as processes of their own.

`region` is one for all tests: whoever uses it names things uniquely and leaves time and
faults alone. `own_region` belongs to one file of tests. `fresh_region` belongs to one
test, which may do with it what it likes.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from asgwarm.clock import monotonic_s
from asgwarm.local import process
from asgwarm.local.control import Control
from asgwarm.local.info import RegionInfo

WAIT_S = 20.0
# What only takes time on AWS takes none here, unless a test is about it.
QUICK = ("scale_delay_s", "proceed_s", "detach_s", "run_s", "stop_s", "terminate_s")


@dataclass
class LocalRegion:
    """A running region with clients for it."""

    info: RegionInfo
    control: Control
    _session: Any = field(default_factory=boto3.Session)
    _clients: list[Any] = field(default_factory=list)

    def client(self, service: str, **changes: Any) -> Any:
        """An unmodified boto3 client with the region's key; it does not retry."""
        settings: dict[str, Any] = {
            "endpoint_url": self.info.endpoint_url,
            "region_name": self.info.region,
            "aws_access_key_id": self.info.access_key_id,
            "aws_secret_access_key": self.info.secret_access_key,
            "config": Config(
                retries={"total_max_attempts": 1}, read_timeout=30, connect_timeout=5
            ),
        }
        made = self._session.client(service, **settings | changes)
        self._clients.append(made)
        return made

    def until(self, done: Callable[[], Any], *, timeout_s: float = WAIT_S) -> Any:
        """What *done* returns once it is true; asked again after each change."""
        give_up_at_s = monotonic_s() + timeout_s
        while not (found := done()):
            is_in_time = monotonic_s() < give_up_at_s
            assert is_in_time, f"it did not happen: {self.control.status()}"
            # Its own questions are changes too: only what comes after them counts.
            self.control.wait_change(0.2)
        return found

    def environment(self) -> dict[str, str]:
        """Variables that point any AWS client at the region."""
        return {
            "AWS_ENDPOINT_URL": self.info.endpoint_url,
            "AWS_REGION": self.info.region,
            "AWS_DEFAULT_REGION": self.info.region,
            "AWS_ACCESS_KEY_ID": self.info.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.info.secret_access_key,
        }

    def close(self) -> None:
        """Close the clients."""
        for client in self._clients:
            client.close()


def _running(state_dir: Path, **options: Any) -> Iterator[LocalRegion]:
    info = process.start(state_dir, **options)
    running = LocalRegion(info=info, control=Control(info))
    running.control.timings(**dict.fromkeys(QUICK, 0.02))
    try:
        yield running
    finally:
        running.close()
        process.stop(state_dir)


@pytest.fixture(scope="session")
def start_region() -> Callable[[Path], AbstractContextManager[LocalRegion]]:
    """Run a region in a folder for as long as a block lasts."""
    return contextmanager(_running)


@pytest.fixture(scope="session")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalRegion]:
    """The region that all tests share."""
    yield from _running(tmp_path_factory.mktemp("region"))


@pytest.fixture(scope="module")
def own_region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalRegion]:
    """A region of one file's own tests, which put back what they change in it."""
    yield from _running(tmp_path_factory.mktemp("own"))


@pytest.fixture
def fresh_region(tmp_path: Path) -> Iterator[LocalRegion]:
    """A region of the test's own."""
    yield from _running(tmp_path / "region")
