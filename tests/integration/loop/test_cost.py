"""What a pool cost, by a timeline that is known because the region's clock is ours."""

from decimal import Decimal

import pytest

from asgwarm.domain.record import State
from asgwarm.domain.replay import Sizes, replay
from asgwarm.domain.usage import Tier
from asgwarm.leasing.spending import spending
from asgwarm.registry.leases import Wish
from tests.integration.pools import clients_of

HOUR_S, IDLE_S, LEASED_S = 3600, 1200, 600
MACHINE, ADDRESS = Decimal("0.1008"), Decimal("0.005")
VOLUME = 8 * Decimal("0.08") / 730
SLACK_S = 120  # what passes beside, and between states, on a busy computer


@pytest.fixture(scope="module")
def pool(start_region, pools_of, tmp_path_factory):
    """A pool without the stream, so that only the region's clock counts."""
    with start_region(tmp_path_factory.mktemp("region")) as region:
        full = pools_of(region, [])(hot=1, warm=1, max_lease_s=86_400).fill()
        full.faults(stream_lost=True)
        yield full


def _claim(pool, now, why=""):
    (ready,) = pool.in_state(State.READY)
    wish = Wish(
        lease_id=f"{pool.name}.{next(pool.claims)}",
        lease_owner="ada@lab:1",
        lease_name="",
        dur_s=86_400,
        why=why,
    )
    lease = pool.leases.claim(ready, wish, key_fp="SHA256:x", now=now)
    pool.until(lambda: pool.fire() or pool.is_full())
    return lease


@pytest.fixture(scope="module")
def spent(pool):
    """Idle, leased, idle, leased still; then what `cost` says of it."""
    pool.control.advance(IDLE_S)
    first = _claim(pool, int(pool.control.advance(1)))
    over = int(pool.control.advance(LEASED_S))
    pool.leases.release(first, now=over, why="released")
    pool.fire()
    pool.control.advance(IDLE_S)
    _claim(pool, int(pool.control.advance(1)), "waited 7 s")
    now = int(pool.control.advance(LEASED_S))
    clients = clients_of(pool.region)
    return spending(pool.leases, clients, since_s=7 * 86_400, now=now)


def test_the_seconds_are_those_of_the_timeline(spent):
    """Each is in the tier that it was spent in, and hardly any anywhere else."""
    seconds = {str(tier): s for tier, s in spent.usage.seconds.items()}

    near = pytest.approx
    assert seconds.pop("ready") == near(2 * (IDLE_S + LEASED_S), abs=SLACK_S)
    assert seconds.pop("warm") == near(2 * (IDLE_S + LEASED_S), abs=SLACK_S)
    assert seconds.pop("leased") == near(2 * LEASED_S, abs=SLACK_S)
    assert sum(seconds.values()) < 4 * SLACK_S
    assert spent.usage.users == {"test": spent.usage.seconds[Tier.LEASED]}


def test_the_dollars_are_the_seconds_by_the_list(spent):
    """What runs costs machine, disk and address; what rests its disk."""
    seconds, bill = spent.usage.seconds, spent.bill
    runs_s = sum(s for tier, s in seconds.items() if tier is not Tier.WARM)
    volumes = (runs_s + seconds[Tier.WARM]) * VOLUME
    machines = (runs_s + spent.usage.short_s) * MACHINE

    dollars = (volumes + machines + runs_s * ADDRESS) / HOUR_S + bill.control

    assert float(bill.total) == pytest.approx(float(dollars))
    leased = 2 * LEASED_S * float(MACHINE + VOLUME + ADDRESS) / HOUR_S
    assert float(bill.tiers[Tier.LEASED].total) == pytest.approx(leased, rel=0.2)


def test_a_longer_time_than_the_history_is_cut_and_not_scaled(spent):
    """A week was asked for; the pool is there since an hour."""
    lasted_s = spent.usage.until - spent.usage.since

    assert spent.asked_s == 7 * 86_400
    assert lasted_s == pytest.approx(2 * (IDLE_S + LEASED_S), abs=SLACK_S)


def test_who_came_and_who_waited_is_what_the_rows_say(pool, spent):
    """And what replaced them came out of the warm pool."""
    first, second = spent.demand.arrivals

    assert (first.waited_s, second.waited_s) == (0, 7)
    assert first.held_s == pytest.approx(LEASED_S, abs=SLACK_S)
    assert second.held_s is None
    assert spent.demand.pace.warm_starts >= 2


def test_a_replay_with_the_real_sizes_lets_nobody_wait_who_came_alone(spent):
    """The second says that it waited; nothing in the pool explains it."""
    found = replay(spent.demand, Sizes(hot=1, warm=1, cap=10))

    assert found is not None
    assert found.waits_s == (0, 0)


def test_a_wait_that_no_size_explains_is_no_reason_for_another_size(spent):
    """What a replay does not show is said instead."""
    (about_hot,) = [each for each in spent.advice if "waited" in each.sentence]

    assert about_hot.sentence.startswith("1 of 2 gets waited, 7 s in the median")
    assert "cannot be judged" in about_hot.sentence
    assert about_hot.options == ""
