"""What is proved of `get` holds when an agent runs it: the same tests, with one.

That the agent did run them is shown by what it counts.
"""

import pytest

from tests.integration.cli.test_dropped import *  # noqa: F403
from tests.integration.cli.test_entering import *  # noqa: F403
from tests.integration.cli.test_get import *  # noqa: F403
from tests.integration.cli.test_signals import *  # noqa: F403

pytestmark = pytest.mark.long

# Its `get` means other settings of AWS's than the agent has, and goes the usual way.
_NOT_COUNTED = {"test_local_reaches_the_local_region"}


def test_a_killed_holder_loses_the_lease_at_its_end(  # type: ignore[no-redef]
    home, pool, region, tmp_path
):
    """Better than that: its end is heard by the agent, which gives the lease back."""
    pool.until_ready()
    started = tmp_path / "started"
    process = home.start("get", pool.name, "--", f"touch {started}; sleep 1000")
    region.until(started.exists)

    process.kill()

    region.until(lambda: pool.leased() == {} and home.journal() == {})


@pytest.fixture(autouse=True)
def _it_is_the_agent_that_runs_them(request):
    """At the end the agent has served what could be served."""
    names = {"home", "own_home"} & {*request.fixturenames}
    homes = [request.getfixturevalue(name) for name in names]
    yield
    if request.node.originalname not in _NOT_COUNTED:
        assert all(home.agent("status")["served"] > 0 for home in homes)
