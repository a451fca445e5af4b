"""A thousand sessions at once in one process."""

import pytest

from tests.integration.pools import serve
from tests.prove.sessions.held import faults, held, told

pytestmark = pytest.mark.long

SESSIONS, INSTANCES = 1000, 20
MOST_MB = 150


@pytest.fixture(scope="module")
def pool(own_region):
    """Twenty instances ready: fifty sessions each."""
    return serve(own_region, "many", hot=INSTANCES, warm=0, cap=4 * INSTANCES)


def test_a_thousand_sessions_take_little_and_leave_nothing(
    pool, tmp_path, record_property
):
    """A command runs in each; no descriptor, thread, task or lease is left."""
    figures = held(pool, tmp_path, sessions=SESSIONS)

    record_property("figure", told(SESSIONS, figures))
    assert faults(figures, pool) == []
    assert figures.rss_mb < MOST_MB
