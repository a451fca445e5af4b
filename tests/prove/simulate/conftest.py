"""The region that the compiled expressions are held against."""

from tests.integration.conftest import region  # noqa: F401  # a fixture
