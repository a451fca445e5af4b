"""Pools of the real template on one region whose Auto Scaling is quick.

`pool` is one for all tests, full and without leases at the start of each; `make_pool`
makes one for a test alone. Everybody may switch faults and move time by minutes: the
function's clock is the region's for events and the schedule, the real one for the
stream, so that after hours a new lease would count as over. Who needs hours takes a
region of their own and loses the stream.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.integration.loop.pool import Pool

QUICK = {
    "scale_delay_s": 0.01,
    "proceed_s": 0.01,
    "detach_s": 0.02,
    "run_s": 0.02,
    "start_s": 0.02,
    "stop_s": 0.02,
    "terminate_s": 0.02,
    "retry_s": 0.2,
    "retry_max_s": 0.2,
    "refill_delay_s": 1.0,
}


def _making(region: Any, pools: list[Pool]) -> Callable[..., Pool]:
    def make(**options: Any) -> Pool:
        sizes = {"hot": 1, "warm": 2, "cap": 10}
        name = f"loop-{region.control.status()['changes']}"
        pool = Pool(region=region, name=name, sizes=sizes)
        pools.append(pool)
        pool.deploy(**options)
        return pool

    return make


@pytest.fixture(scope="package")
def quick_region(
    start_region: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """The region that tests of the loop share."""
    with start_region(tmp_path_factory.mktemp("region")) as running:
        running.control.timings(**QUICK)
        yield running


@pytest.fixture(scope="package")
def pools_of() -> Callable[[Any, list[Pool]], Callable[..., Pool]]:
    """Make pools on any region, noted in a list."""
    return _making


@pytest.fixture
def make_pool(quick_region: Any) -> Iterator[Callable[..., Pool]]:
    """Make pools of a test's own; they are gone after it."""
    quick_region.control.set_faults()
    pools: list[Pool] = []
    yield _making(quick_region, pools)
    quick_region.control.set_faults()
    for pool in pools:
        pool.drop()


@pytest.fixture(scope="package")
def shared_pool(quick_region: Any) -> Pool:
    """The pool that tests share."""
    quick_region.control.set_faults()
    return _making(quick_region, [])(max_lease_s=86_400).fill()


@pytest.fixture
def pool(shared_pool: Pool) -> Iterator[Pool]:
    """The shared pool: one ready, two warm, nothing leased."""
    shared_pool.restore()
    yield shared_pool
    shared_pool.faults()
