"""One lease for a token, one for a name of a user, whoever asks at once."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from asgwarm.clock import now_s
from asgwarm.domain.record import State
from asgwarm.errors import AwsError, GuardRefused
from asgwarm.leasing.lease import Lease
from asgwarm.leasing.sole import sole
from asgwarm.registry.leases import Leases, Wish
from asgwarm.registry.registry import Registry
from tests.integration.pools import serve

CLAIMANTS = 4
ONCE, BUILD = {"token": "once"}, {"token": "build"}


@pytest.fixture(scope="module")
def serving(own_region):
    """A pool that serves them all."""
    return serve(own_region, "sole", hot=CLAIMANTS, warm=0, cap=60)


@pytest.fixture
def pool(serving):
    """The pool, free, with an instance for each claimant."""
    leases = Leases(Registry(serving.region.client("dynamodb"), serving.name, "test"))
    for record in leases.all().values():
        if record.state is State.LEASED:
            leases.release(record, now=now_s(), why="released")
    serving.until_ready(CLAIMANTS)
    yield serving
    serving.region.control.set_faults()


@pytest.fixture
def leases(pool):
    """The rows as somebody who claims sees them."""
    return Leases(Registry(pool.region.client("dynamodb"), pool.name, "ada@lab:1"))


def wished(pool, number: int, *, name: str = "") -> Wish:
    """A wish for one token, or of one user for one name."""
    return Wish(
        lease_id=f"{pool.name}.{f'build{number}' if name else 'build'}",
        lease_owner=f"ada@lab:{number}",
        lease_name=name,
        dur_s=600,
        has_token=not name,
    )


def claimed(leases, wish, number: int):
    """The instance of that number in the order of their ids, leased."""
    ready = sorted(leases.ready("0"), key=lambda record: record.instance_id)
    return leases.claim(ready[number], wish, key_fp="SHA256:x", now=now_s())


def counts(leases, wish, mine) -> str:
    """The instance whose lease counts; its row may have been stamped meanwhile."""
    return sole(leases, wish, mine).instance_id


def live_in(pool) -> list[str]:
    """The instances that are leased."""
    rows = pool.rows().items()
    return [instance_id for instance_id, row in rows if row["st"] == "LEASED"]


@pytest.mark.parametrize("name", ["", "web"])
@pytest.mark.parametrize("second", [0, -1], ids=["lower id", "higher id"])
def test_who_comes_after_one_that_counts_does_not(pool, leases, name, second):
    """Whatever the instances are called."""
    wishes = [wished(pool, n, name=name) for n in range(2)]
    first = claimed(leases, wishes[0], 2)
    assert counts(leases, wishes[0], first) == first.instance_id

    mine = claimed(leases, wishes[1], second)

    assert counts(leases, wishes[1], mine) == first.instance_id
    assert counts(leases, wishes[0], first) == first.instance_id


@pytest.mark.parametrize("name", ["", "web"])
def test_of_many_who_claimed_one_counts(pool, leases, name):
    """Those who ask who counts at the same moment all hear the same."""
    wishes = [wished(pool, n, name=name) for n in range(CLAIMANTS)]
    mine = [claimed(leases, wish, 0) for wish in wishes]

    with ThreadPoolExecutor(CLAIMANTS) as threads:
        heard = list(threads.map(partial(counts, leases), wishes, mine))

    assert len(set(heard)) == 1
    assert heard[0] in [record.instance_id for record in mine]


def test_a_lease_that_has_ended_counts_no_more(pool, leases):
    """The next one that is claimed under the name does."""
    wishes = [wished(pool, n, name="web") for n in range(2)]
    first = claimed(leases, wishes[0], 0)
    counts(leases, wishes[0], first)
    leases.release(first, now=now_s(), why="released")

    mine = claimed(leases, wishes[1], 0)

    assert counts(leases, wishes[1], mine) == mine.instance_id


async def test_claims_of_one_token_at_once_end_as_one_lease(pool, user):
    """From the pool's door: all get the same, and nothing else is left leased."""
    users = [user(pool) for _ in range(CLAIMANTS)]

    got = await asyncio.gather(*(each.claim(**ONCE) for each in users))

    assert {lease.id for lease in got} == {f"{pool.name}.once"}
    assert len({lease.instance_id for lease in got}) == 1
    assert live_in(pool) == [got[0].instance_id]


async def test_claims_of_one_name_at_once_end_as_one_lease(pool, user):
    """One has it, the others are told who."""
    ada = user(pool)

    got = await asyncio.gather(
        *(ada.claim(name="web") for _ in range(CLAIMANTS)), return_exceptions=True
    )

    refused = [one for one in got if isinstance(one, GuardRefused)]
    (lease,) = [one for one in got if isinstance(one, Lease)]
    assert len(refused) == CLAIMANTS - 1
    assert {str(one) for one in refused} == {f"'web' is already the name of {lease.id}"}
    assert live_in(pool) == [lease.instance_id]


async def test_who_died_before_its_claim_counted_is_found_again(pool, leases, user):
    """The same token gets that lease, and from then on it counts."""
    orphan = claimed(leases, wished(pool, 0), 0)

    lease = await user(pool).claim(**BUILD)

    assert lease.instance_id == orphan.instance_id
    late = claimed(leases, wished(pool, 1), 0)
    assert counts(leases, wished(pool, 1), late) == orphan.instance_id


async def test_a_claim_that_cannot_be_made_to_count_is_given_back(pool, user):
    """Nobody holds an instance without knowing it."""
    second = {"kind": "denied", "action": "UpdateItem", "nth": 2, "owner": "user"}
    pool.region.control.set_faults(http=[second | {"service": "dynamodb", "count": 1}])

    with pytest.raises(AwsError):
        await user(pool).claim(name="web")

    assert not live_in(pool)
