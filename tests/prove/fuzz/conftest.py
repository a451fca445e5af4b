"""What the fuzzed tests share."""

from typing import Any

import pytest

from tests.integration.conftest import start_region  # noqa: F401  # a fixture
from tests.integration.loop.conftest import (  # noqa: F401  # fixtures
    pool,
    quick_region,
    shared_pool,
)
from tests.unit.cli.conftest import _signals_as_they_were  # noqa: F401  # a fixture


@pytest.fixture(autouse=True)
def _figure(request: pytest.FixtureRequest, record_property: Any) -> None:
    """How many examples there were, for the last line."""
    if marker := request.node.get_closest_marker("examples"):
        record_property("figure", f"{marker.args[0]:,} examples, only typed errors")
