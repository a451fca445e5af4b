"""Claims whose answers are lost, refused or wrong.

Never two leases for one claim, and never one that somebody pays for without knowing.
"""

import pytest

from asgwarm.errors import (
    AccessDenied,
    LeaseNotFound,
    PoolEmpty,
    Unavailable,
    UnknownOutcome,
)
from tests.integration.claims.around import Around
from tests.integration.pools import serve

pytestmark = pytest.mark.long

CLAIM = {"service": "dynamodb", "action": "UpdateItem", "owner": "user"}
READ = {"service": "dynamodb", "action": "GetItem", "owner": "user"}


@pytest.fixture(scope="module")
def pool(own_region):
    """Three instances ready, no warm pool."""
    return serve(own_region, "dev", hot=3, warm=0, cap=30)


@pytest.fixture
def faults(own_region):
    """Sets the HTTP faults of the region; they end with the test."""
    yield lambda *http: own_region.control.set_faults(http=list(http))
    own_region.control.set_faults()


async def test_a_claim_whose_answer_was_lost_counts(pool, user, faults):
    """The retry finds its own lease: one lease, ours, and the journal has it."""
    pool.until_ready(1)
    ada = user(pool)
    faults(CLAIM | {"kind": "reply_lost", "count": 1})

    lease = await ada.claim()

    assert pool.leased() == {lease.id: lease.instance_id}
    assert ada.outcomes() == {lease.id: "held"}
    faults()
    await ada.pool.release(lease)


async def test_a_claim_that_nobody_can_read_back_is_unknown(pool, user, faults):
    """It is said, written down with its id, and that id releases it."""
    pool.until_ready(1)
    ada = user(pool)
    faults(
        CLAIM | {"kind": "reply_lost"},
        READ | {"kind": "500", "nth": 2},  # the first one reads the pool's META
    )

    with pytest.raises(UnknownOutcome) as raised:
        await ada.claim()

    ((lease_id, outcome),) = ada.outcomes().items()
    assert outcome == "unknown"
    assert raised.value.exit_code == 10
    assert "nobody can say whether it was applied" in raised.value.message
    assert raised.value.hint == f"asgwarm release {lease_id}"
    assert list(pool.leased()) == [lease_id]
    faults()
    await ada.pool.release(await ada.pool.find(lease_id))
    assert pool.leased() == {}
    assert ada.outcomes() == {}


async def test_an_unknown_claim_that_was_not_applied_is_forgotten(pool, user, faults):
    """Nothing is leased, and the journal's entry can be struck."""
    pool.until_ready(1)
    ada = user(pool)
    faults(
        CLAIM | {"kind": "reset_before"},
        READ | {"kind": "500", "nth": 2},
    )

    with pytest.raises(UnknownOutcome):
        await ada.claim()

    faults()
    (lease_id,) = ada.outcomes()
    assert pool.leased() == {}
    with pytest.raises(LeaseNotFound):
        await ada.pool.find(lease_id)
    assert ada.pool.forget(lease_id)
    assert not ada.pool.forget(lease_id)
    assert ada.outcomes() == {}


async def test_throttling_leases_nothing(pool, user, faults):
    """Exit code 10, the instance is still there, and the journal is empty."""
    ready = pool.until_ready(3)
    ada = user(pool)
    faults(CLAIM | {"kind": "throttle"})

    with pytest.raises(Unavailable) as raised:
        await ada.claim()

    assert raised.value.exit_code == 10
    assert raised.value.retryable
    assert pool.leased() == {}
    assert set(pool.until_ready(3)) == set(ready)
    assert ada.outcomes() == {}


async def test_a_claim_that_is_denied_leases_nothing(pool, user, faults):
    """Exit code 4, with the action, the table's name and AWS's id of the request."""
    pool.until_ready(1)
    ada = user(pool)
    faults(CLAIM | {"kind": "denied"})

    with pytest.raises(AccessDenied) as raised:
        await ada.claim()

    assert "dynamodb:UpdateItem on asgwarm-dev/" in raised.value.message
    assert raised.value.exit_code == 4
    assert raised.value.aws_request_id
    assert pool.leased() == {}


@pytest.mark.parametrize(
    "attributes",
    [{}, {"lease_id": {"S": "dev.another"}}],
    ids=["empty", "another lease"],
)
async def test_an_answer_that_shows_no_lease_of_ours_is_looked_up(
    pool, user, attributes
):
    """A 200 proves nothing by itself; one consistent read settles it."""
    pool.until_ready(1)
    ada = user(pool)

    def garble(answer):
        written = answer.get("Attributes", {})
        answer["Attributes"] = written | attributes if attributes else {}

    real = ada.clients.dynamodb
    ada.clients.dynamodb = Around(real, "update_item", after=garble)
    lease = await ada.claim()
    ada.clients.dynamodb = real

    assert pool.leased() == {lease.id: lease.instance_id}
    await ada.pool.release(lease)


async def test_a_lost_race_is_no_lease(pool, user):
    """Who is second at every instance has nothing, and is told so."""
    pool.until_ready(3)
    ada, bob = user(pool), user(pool)
    taken = []

    def overtake():
        for row in [i for i, row in pool.rows().items() if row["st"] == "READY"]:
            pool.table.update_item(
                TableName="asgwarm-dev",
                Key=pool.key(row),
                UpdateExpression="SET st = :draining REMOVE ready_key",
                ExpressionAttributeValues={":draining": {"S": "DRAINING"}},
            )
            taken.append(row)

    ada.clients.dynamodb = Around(ada.clients.dynamodb, "update_item", before=overtake)
    with pytest.raises(PoolEmpty):
        await ada.claim()

    assert taken
    assert pool.leased() == {}
    assert ada.outcomes() == {}
    pool.region.control.fire_schedule()
    lease = await bob.claim(wait_s=20)
    assert lease.instance_id not in taken
    await bob.pool.release(lease)


async def test_a_release_whose_answer_was_lost_counts(pool, user, faults):
    """The retry finds that it is done."""
    pool.until_ready(1)
    ada = user(pool)
    lease = await ada.claim()
    faults(CLAIM | {"kind": "reply_lost", "count": 1})

    await ada.pool.release(lease)

    assert pool.rows()[lease.instance_id]["last_lease"] == lease.id
    assert ada.outcomes() == {}
