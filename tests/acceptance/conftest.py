"""An emulated region, for the live test to be run against as a program."""

from tests.integration.conftest import own_region, start_region  # noqa: F401  # fixtures
