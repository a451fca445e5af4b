"""A region that is broken by nobody."""

from tests.integration.conftest import own_region  # noqa: F401  # a fixture
