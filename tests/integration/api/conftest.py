"""A pool as a program has it, in the region that all tests share."""

import os
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from asgwarm import AsyncPool, Instance, Pool
from tests.integration import pools


@pytest.fixture(scope="session")
def served(region: Any) -> pools.Pool:
    """Three instances ready and two warm."""
    return pools.serve(region, "api", hot=3, warm=2, cap=60)


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """An environment with folders of its own."""
    folder = tmp_path_factory.mktemp("home")
    own = {f"XDG_{name}_HOME": str(folder) for name in ("STATE", "CACHE", "CONFIG")}
    return {"PATH": os.environ["PATH"], "HOME": str(folder)} | own


@pytest.fixture(scope="module")
def pool(served: pools.Pool, env: Mapping[str, str]) -> Pool:
    """The blocking face of it."""
    return Pool("api", settings=pools.settings_of(served.region), env=env)


@pytest.fixture(scope="module")
def async_pool(served: pools.Pool, env: Mapping[str, str]) -> AsyncPool:
    """The asynchronous one."""
    return AsyncPool("api", settings=pools.settings_of(served.region), env=env)


@pytest.fixture(scope="module")
def instance(pool: Pool) -> Iterator[Instance]:
    """One instance for all tests of a file."""
    with pool.get() as made:
        yield made
