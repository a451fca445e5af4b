"""One region and one table; who uses it takes keys of their own."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.conftest import region  # noqa: F401  # a fixture
from tests.integration.pools import clients_of
from tests.prove.machine.play import Play

TABLE = "asgwarm-machine"
SHARDS = (1, 4)  # of the pools, in turns


@pytest.fixture(scope="session")
def table(region: Any, repository: Path) -> Any:  # noqa: F811  # the fixture
    """The product's own client of a table that has the template's keys and index."""
    text = (repository / "templates/pool.yaml").read_text(encoding="utf-8")
    plain = re.sub(r"!\w+", "", text)  # the functions' names, not what they are given
    asked = yaml.safe_load(plain)["Resources"]["Table"]["Properties"]
    keys = ("BillingMode", "AttributeDefinitions", "KeySchema", "LocalSecondaryIndexes")
    clients = clients_of(region)
    clients.full_dynamodb.create_table(
        TableName=TABLE, **{key: asked[key] for key in keys}
    )
    return clients.dynamodb


@pytest.fixture(scope="session")
def new_play(table: Any) -> Iterator[Any]:
    """Makes a registry with a model beside it, in keys that nobody else has."""
    made: list[Play] = []

    def make() -> Play:
        shards = SHARDS[len(made) % len(SHARDS)]
        made.append(Play(table, TABLE, f"machine{len(made)}", shards))
        return made[-1]

    yield make
