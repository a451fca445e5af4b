"""The number of a pool's shards: the first one that its stack says."""

import pytest

from asgwarm.domain.record import shard_of
from tests.prove.machine.pool_row import PoolRow
from tests.prove.machine.sent import OTHER_STACK, STACK


@pytest.fixture
def row(new_play):
    """META of a pool that nobody else has."""
    return PoolRow(new_play().registry)


def test_a_stack_keeps_the_number_that_it_began_with(row):
    """Whatever its function is told later; its sizes change."""
    row.keep(STACK, shards=4, hot=1)
    row.keep(STACK, shards=8, hot=2)

    assert (row.registry.meta().shards, row.registry.meta().hot) == (4, 2)


def test_a_new_stack_begins_with_its_own_number(row):
    """Rows of the one before are offered to nobody any more."""
    row.keep(STACK, shards=4)
    row.keep(OTHER_STACK, shards=2)

    assert row.registry.meta().shards == 2


def test_a_pool_of_the_version_before_has_one_shard(row):
    """Its META says nothing of shards, and its function does not either."""
    row.keep(STACK, shards=1)
    registry = row.registry
    registry.write(registry.meta_pk, "META", "REMOVE shards", "epoch = :e", e=STACK)

    row.keep(STACK, shards=1)

    assert registry.meta().shards == 1
    assert shard_of("i-0123456789abcdef0", registry.shards) == 0


def test_a_number_that_makes_no_sense_is_no_number(row):
    """Nobody looks for rows in a billion shards, or in none."""
    row.keep(STACK)
    registry = row.registry
    for nonsense in (0, -1, 65, 10**9):
        change = {"e": STACK, "n": nonsense}
        registry.write(
            registry.meta_pk, "META", "SET shards = :n", "epoch = :e", **change
        )
        assert registry.meta() is None
