"""Users who measure a pool of theirs."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cli.conftest import Home, home_in, own_home, terminal
from tests.integration.pools import Pool, serve

__all__ = ["own_home", "terminal"]


@dataclass
class Benched:
    """What `bench --json` said, line by line."""

    lines: list[Any]

    @property
    def result(self) -> Any:
        """Its last line."""
        return self.lines[-1]

    def of(self, kind: str) -> list[Any]:
        """Its events of a kind."""
        return [line for line in self.lines if line["type"] == kind]


def bench(home: Home, pool: Pool, *words: str) -> Benched:
    """Run a bench that succeeds."""
    done = home.run("bench", pool.name, "--yes", "--json", *words)
    assert done.code == 0, done.err
    return Benched([json.loads(line) for line in done.out.splitlines()])


def launched(region: Any) -> dict[str, str]:
    """State of each instance that a bench launched itself."""
    answer = region.client("ec2").describe_instances(
        Filters=[{"Name": "tag-key", "Values": ["asgwarm:bench-run"]}]
    )
    return {
        each["InstanceId"]: each["State"]["Name"]
        for page in answer["Reservations"]
        for each in page["Instances"]
    }


def running(region: Any) -> list[str]:
    """Those that still cost money."""
    return [i for i, state in launched(region).items() if state == "running"]


@pytest.fixture(scope="module")
def pool(own_region: Any) -> Pool:
    """A pool with one instance hot and two warm."""
    return serve(own_region, "bench", hot=1, warm=2, cap=20)


@pytest.fixture(scope="module")
def module_home(
    tmp_path_factory: pytest.TempPathFactory, own_region: Any
) -> Iterator[Home]:
    """A user of a whole file."""
    folder: Path = tmp_path_factory.mktemp("home")
    with home_in(folder, **own_region.environment()) as made:
        yield made
