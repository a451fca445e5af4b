"""How many leases one user may hold at once."""

import pytest

from asgwarm.errors import GuardRefused
from tests.integration.pools import serve


@pytest.fixture(scope="module")
def pool(own_region):
    """Two instances ready, one lease for each user."""
    return serve(own_region, "owned", hot=2, warm=0, cap=20, owner_cap=1)


async def test_who_holds_enough_gets_no_more(pool, user, own_region):
    """Refused before anything is written; another user is served, and so is a token."""
    pool.until_ready(2)
    ada, bob = user(pool), user(pool)
    same = {"token": "build"}
    first = await ada.claim(**same)
    before = _writes(own_region)

    with pytest.raises(GuardRefused, match="and 1 is the most") as refused:
        await ada.claim()

    assert refused.value.exit_code == 9
    assert _writes(own_region) == before
    assert ada.outcomes() == {first.id: "held"}
    assert (await ada.claim(**same)).id == first.id
    others = await bob.claim()

    await ada.pool.release(first)
    again = await ada.claim(wait_s=20)
    for each, lease in ((ada, again), (bob, others)):
        await each.pool.release(lease)


def _writes(region):
    calls = [c for c in region.control.requests() if c["owner"] == "user"]
    return sum(c["action"] in ("UpdateItem", "PutItem") for c in calls)
