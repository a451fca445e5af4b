"""A lease that no renewal makes longer, as whoever is in hears of it."""

import signal

import pytest

from tests.integration.pools import serve

pytestmark = pytest.mark.long  # the first look at the pool's maximum is after 20 s


def test_a_command_hears_that_its_lease_ends_for_good(own_home, own_region):
    """One line on stderr, in time, with what is left."""
    pool = serve(own_region, "brief", hot=1, warm=0, cap=2, max_lease_s=70)
    process = own_home.start("get", pool.name, "--ttl", "60s", "--", "exec sleep 1000")

    said = process.stderr.readline().decode()

    ((lease_id, _),) = pool.leased().items()
    assert said.startswith(f"asgwarm: {lease_id} ends for good in ")
    assert said.endswith(" seconds: no lease of this pool lasts longer\n")
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 143
    assert pool.leased() == {}
