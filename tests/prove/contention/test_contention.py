"""A fast slice of `make contention`, and what its judges are worth."""

import pytest

from asgwarm.clock import now_s
from asgwarm.connect.timings import Timings
from asgwarm.domain.record import shard_of
from asgwarm.leasing.claiming import Claiming
from asgwarm.leasing.remembered import ReadyLists
from asgwarm.registry.leases import Leases, Wish
from asgwarm.registry.registry import Registry
from tests.integration.conftest import region  # noqa: F401  # a fixture
from tests.integration.pools import clients_of, settings_of
from tests.prove.contention import writes
from tests.prove.contention.flood import Flood, crowd
from tests.prove.contention.formula import expected_attempts, is_off
from tests.prove.contention.live import cells
from tests.prove.histories import store

pytestmark = pytest.mark.long

SHARDS = 4


@pytest.fixture(scope="module")
def settings(region):  # noqa: F811  # the fixture
    """The settings of clients of a region."""
    return settings_of(region)


def _claiming(client, pool, **options):
    return Claiming(
        leases=Leases(Registry(client, pool, "ada@lab:1")),
        wish=Wish(lease_id=f"{pool}.1", lease_owner="ada", lease_name="", dur_s=600),
        key_fp="SHA256:x",
        wait_s=0,
        timings=Timings(),
        on_wait=lambda _: None,
        **options,
    )


@pytest.mark.parametrize("shard", range(SHARDS))
async def test_the_one_ready_instance_is_found_in_any_shard(region, shard):  # noqa: F811
    """Whichever shard is drawn first, and whether the number was known before."""
    client, pool = clients_of(region).dynamodb, f"any{shard}"
    ids = [i for i in store.instance_ids(100) if shard_of(i, SHARDS) == shard][:2]
    full = clients_of(region).full_dynamodb
    store.open_pool(full, pool, shards=SHARDS)
    store.fill(full, pool, ids[:1], shards=SHARDS)

    cold, _ = await _claiming(client, pool).claim()
    store.fill(full, pool, ids[1:], shards=SHARDS)
    again = _claiming(client, pool)
    again.leases.registry.shards = SHARDS
    known, _ = await again.claim()

    assert [cold.instance_id, known.instance_id] == ids
    assert cold.pk == known.pk == f"POOL#{pool}#{shard}"


async def test_who_remembers_the_number_begins_at_any_shard(region, tmp_path):  # noqa: F811
    """Without a list, too: nobody who was here reads the first shard in vain."""
    full, lists = clients_of(region).full_dynamodb, ReadyLists(tmp_path, ())
    store.open_pool(full, "number", shards=SHARDS)
    (instance_id,) = store.instance_ids(1)
    store.fill(full, "number", [instance_id], shards=SHARDS)

    await _claiming(full, "number", ready_lists=lists).claim()

    known = region.until(lambda: lists.take("number", now_s()))
    assert (known.meta.shards, known.records) == (SHARDS, [])


def test_real_claimants_try_as_often_as_the_formula_says(settings):
    """In two processes, all having read before anybody writes."""
    (few, many) = cells(settings, claimers=(4, 32), ready=(50,), processes=2)

    assert not few.is_off, str(few)
    assert not many.is_off, str(many)
    assert len(many.attempts) == 64


def test_more_claimants_than_instances_take_them_all_and_the_rest_is_told(settings):
    """In four shards as in one."""
    (cell,) = cells(settings, claimers=(12,), ready=(5,), shards=4, processes=2)

    assert not cell.is_off, str(cell)
    assert len(cell.attempts) == 5
    assert set(cell.told) <= {"POOL_EMPTY", "CLAIM_CONTENDED"}
    assert len(cell.told) == 7


@pytest.mark.parametrize(("claimers", "ready"), [(4, 10), (64, 100), (256, 1_000)])
def test_equal_ways_do_not_change_what_the_formula_says(claimers, ready):
    """The product's own choices, in virtual time."""
    runs = [crowd(claimers, ready, seed=seed) for seed in range(256 // claimers + 1)]
    attempts = [n for run in runs for n in run.attempts]

    assert len(attempts) == claimers * len(runs)
    assert not is_off(
        sum(attempts) / len(attempts), claimers, ready, claims=len(attempts)
    )


def test_claimants_who_all_want_the_first_are_noticed():
    """What the formula is held against: oldest first is (N + 1) / 2 attempts."""
    assert is_off(32.5, 64, 100, claims=64)
    assert not is_off(expected_attempts(64, 100) or 0, 64, 100, claims=64)
    assert expected_attempts(65, 64) is None


def test_a_claim_costs_the_row_and_its_entry_in_the_index():
    """Rows stay below the size at which each write costs twice as much."""
    life = writes.life()

    assert {edge: units for edge, (units, _) in life.items() if units != 1} == {
        "ready": 2,
        "claim": 2,
    }
    assert max(size for _, size in life.values()) < writes.WRITE_BYTES


def test_a_partition_carries_what_is_derived_and_four_carry_four_times_that():
    """Asked for more, it throttles, and nobody gets what somebody else has."""
    one = Flood(shards=1, rate=600, ready=1_000, computers=1_200).run()
    four = Flood(shards=4, rate=1_600, ready=4_000, computers=3_200).run()

    derived = 1_000 / writes.claim_units()
    assert 0.7 * derived < one.won_per_s < 1.1 * derived
    assert one.throttled > 0
    assert four.won_per_s > 0.95 * 1_600
    assert four.failed == 0
    assert four.took(0.99) < 1_000


def test_the_first_shard_is_not_everybody_s():
    """Claimants who know nothing share the shards as evenly as those who do."""
    found = Flood(shards=8, rate=1_000, ready=8_000).run()

    assert found.failed == 0
    assert found.throttled == 0  # 1,000 claims in one shard would be too many


def test_a_seed_is_one_flood():
    """Whoever has the seed sees the same claims."""
    first, second = (Flood(shards=2, rate=300, ready=500, seed=7).run() for _ in "ab")

    assert (first.took_ms, first.counts) == (second.took_ms, second.counts)
