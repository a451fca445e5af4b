"""A region that is broken by nobody, and users of its pool."""

from tests.integration.claims.conftest import user  # noqa: F401  # a fixture
from tests.integration.conftest import own_region  # noqa: F401  # a fixture
