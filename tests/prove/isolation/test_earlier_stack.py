"""A stack that is made anew under the same name, and rows of the one before it."""

import pytest

from asgwarm.domain.record import State
from asgwarm.errors import PoolEmpty

pytestmark = pytest.mark.long

OLD = "arn:aws:cloudformation:us-east-1:123456789012:stack/asgwarm-x/0"


def of_before(item, instance_id, state="READY"):
    """A row of an instance that an earlier stack had."""
    changes = {
        "sk": {"S": f"I#{instance_id}"},
        "epoch": {"S": OLD},
        "st": {"S": state},
        "ready_key": {"S": "0" * 16},
    }
    return item | changes


@pytest.fixture
def one_row(copy):
    """The row of a pool's ready instance, as DynamoDB has it."""

    def find(pool):
        return next(i for i in copy(pool) if i.get("st") == {"S": "READY"})

    return find


async def test_a_row_of_an_earlier_stack_is_offered_to_nobody(
    make_pool, one_row, restore, user, deaf
):
    """Not even before the function has seen it, when there is nothing else."""
    pool = make_pool(hot=1, warm=0).fill()
    deaf(pool)
    item = one_row(pool)
    pool.claim()
    restore(pool, [of_before(item, "i-00000000000000001")])

    with pytest.raises(PoolEmpty):
        await user(pool).claim()


def test_the_next_pass_ends_all_rows_of_an_earlier_stack(make_pool, one_row, restore):
    """Free, on its way or leased: nothing of it stays, and what is ours stays."""
    pool = make_pool(hot=1, warm=0).fill()
    item, ours = one_row(pool), set(pool.records())
    free = ("READY", "WARMED", "WARMING")
    rows = [of_before(item, f"i-0000000000000000{n}", s) for n, s in enumerate(free)]
    restore(pool, rows)

    pool.periods_until(
        lambda: (
            not pool.in_state(State.DRAINING)
            and all(
                pool.record(i).epoch != OLD or i not in ours for i in pool.records()
            )
            and not [
                record
                for record in pool.records().values()
                if record.epoch == OLD and record.state is not State.TERMINATED
            ]
        ),
        most=8,
    )

    assert {i for i in ours if pool.record(i).state is State.READY} == ours


async def test_a_stack_made_anew_begins_anew(make_pool, copy, restore, user):
    """With the whole old table put into the new one, META too, it serves its own."""
    pool = make_pool(hot=1, warm=0).fill()
    lease = pool.claim()
    pool.fill()
    old, epoch = copy(pool), pool.stack_id
    pool.release(lease)
    assert pool.delete() == "DELETE_COMPLETE"

    pool.deploy(hot=1, warm=0)
    pool.fill()
    restore(pool, old)
    pool.fire()
    pool.fill()

    meta = pool.registry.meta()
    assert meta is not None
    assert meta.epoch == pool.stack_id != epoch
    claimed = (await user(pool).claim()).record
    assert claimed.epoch == pool.stack_id
    assert claimed.instance_id in pool.running()
