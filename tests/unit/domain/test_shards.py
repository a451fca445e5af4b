"""In which shard a row is: for every id, always the same one, and evenly."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgwarm.domain.meta import MOST_SHARDS, meta_from_row
from asgwarm.domain.record import shard_of
from tests.unit.domain.test_rows import META

NUMBERS = st.integers(1, MOST_SHARDS)
IDS = 32_000


@given(st.text(st.characters(exclude_categories=["Cs"])), NUMBERS)
def test_every_id_has_one_shard_of_those_there_are(instance_id, shards):
    """Also what EC2 would never call an instance."""
    shard = shard_of(instance_id, shards)

    assert 0 <= shard < shards
    assert shard_of(instance_id, shards) == shard


def test_a_row_stays_where_it_is_from_one_version_to_the_next():
    """Who changes the function loses every row of every pool with shards."""
    known = [shard_of(f"i-{n:017x}", 64) for n in (0, 1, 2**64, 2**68 - 1)]

    assert known == [35, 53, 32, 63]
    assert shard_of("i-0123456789abcdef0", 1) == 0


@pytest.mark.parametrize("shards", [2, 3, 4, 8, 10, 32, 48, 64])
@pytest.mark.parametrize("step", [1, 16, 4_294_967_311, 295_147_905_179_352_825])
def test_ids_are_spread_evenly_however_they_follow_each_other(shards, step):
    """One after the other, or far apart: each shard has its part, within a quarter."""
    found = Counter(shard_of(f"i-{n * step % 2**68:017x}", shards) for n in range(IDS))

    assert len(found) == shards
    assert all(abs(count * shards / IDS - 1) < 0.25 for count in found.values())


def test_a_pool_of_the_version_before_has_one_shard():
    """Its META says nothing of them."""
    meta = meta_from_row(META)

    assert meta is not None
    assert meta.shards == 1


@pytest.mark.parametrize("nonsense", [0, -1, MOST_SHARDS + 1, 10**12, "4", 4.0, None])
def test_a_number_that_cannot_be_makes_no_sense_of_meta(nonsense):
    """Nobody looks for rows in a billion partitions, or in none."""
    assert meta_from_row({**META, "shards": nonsense}) is None
