"""Pools that could get in each other's way."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.integration.claims.conftest import user  # noqa: F401  # a fixture
from tests.integration.conftest import start_region  # noqa: F401  # a fixture
from tests.integration.loop.conftest import (  # noqa: F401  # fixtures
    make_pool,
    pools_of,
    quick_region,
)
from tests.integration.loop.pool import Pool

DEAF = {"events": "lost", "stream_lost": True}


@pytest.fixture
def deaf() -> Iterator[Callable[[Pool], None]]:
    """Lets a pool do nothing but what its schedule makes it do."""
    pools: list[Pool] = []

    def make(pool: Pool) -> None:
        pools.append(pool)
        pool.faults(**DEAF)

    yield make
    for pool in pools:
        pool.faults()


@pytest.fixture
def copy() -> Callable[[Pool], list[dict[str, Any]]]:
    """Takes a backup of a pool's table: every item as DynamoDB has it."""

    def take(pool: Pool) -> list[dict[str, Any]]:
        return list(pool.dynamodb.scan(TableName=pool.table)["Items"])

    return take


@pytest.fixture
def restore() -> Callable[[Pool, list[dict[str, Any]]], None]:
    """Puts the items of a backup back, over whatever is there."""

    def put(pool: Pool, items: list[dict[str, Any]]) -> None:
        for item in items:
            pool.dynamodb.put_item(TableName=pool.table, Item=item)

    return put
