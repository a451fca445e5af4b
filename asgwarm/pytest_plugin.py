"""A pool for tests, as the fixture `asgwarm_pool`.

    def test_it_builds(asgwarm_pool):
        with asgwarm_pool.get() as instance:
            instance.run("make")

It is a pool of an emulated region that the session starts for itself and stops
afterwards. Where the ini option `asgwarm_pool` or the variable ASGWARM_POOL names a
pool, it is that one, on AWS.

Rule: pytest loads this module in every session; what it needs is loaded with the
fixture.
"""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from asgwarm.api.blocking import Pool

OPTION = "asgwarm_pool"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the configuration name a pool on AWS."""
    parser.addini(
        OPTION,
        "the pool of the fixture asgwarm_pool; none: one of an emulated region",
        default="",
    )


@pytest.fixture(scope="session")
def asgwarm_pool(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> "Iterator[Pool]":
    """A pool with two instances that are ready, or the one that was named."""
    from asgwarm import Pool

    named = pytestconfig.getini(OPTION) or os.environ.get("ASGWARM_POOL", "")
    if named:
        yield Pool(str(named))
        return
    from asgwarm.api.local import own_region

    with own_region(tmp_path_factory.mktemp("asgwarm")) as env:
        yield Pool.local(env=env)
