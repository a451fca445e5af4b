"""Real claimants against the emulated region: their history is a good one."""

import pytest

from asgwarm.registry.leases import Leases, Wish
from asgwarm.registry.registry import Registry
from tests.integration.pools import settings_of
from tests.prove.histories import history as h
from tests.prove.histories import store
from tests.prove.histories.checker import DOUBLE, LOST_LEASE, violations
from tests.prove.histories.runs import FAULTS, Place, claims, duels
from tests.prove.regions import running_region


@pytest.fixture(scope="module")
def own_region(tmp_path_factory):
    """A region of these tests' own."""
    with running_region(tmp_path_factory.mktemp("region")) as running:
        yield running


@pytest.fixture
def place(own_region, tmp_path):
    """The region as a store, for two processes of eight."""
    yield Place(settings=settings_of(own_region), folder=tmp_path, processes=2)
    own_region.control.set_faults()


@pytest.mark.long
def test_a_crowd_shares_and_strands_nothing(own_region, place):
    """While one call in ten is struck, and a process is killed on its way."""
    tally = claims(
        place,
        "crowd",
        count=80,
        kills=1,
        strike=lambda: own_region.control.set_faults(**FAULTS),
    )

    assert tally.found == []
    assert tally.kills == 1
    assert tally.claims >= 60


class Careless(Registry):
    """A registry that forgets its conditions."""

    def write(self, pk, sk, update, condition, **values):
        """Write whatever is there."""
        return super().write(pk, sk, update, "attribute_exists(pk)", **values)


def test_claims_without_their_condition_are_found_out(place):
    """Two who read one row as free both get it, and the checker says so."""
    client, (instance_id,) = place.client, store.instance_ids(1)
    store.open_pool(client, "careless")
    store.fill(client, "careless", [instance_id])
    found = Leases(Registry(client, "careless", "ada")).all()[instance_id]
    recorder = h.Recorder(place.folder / "all.jsonl")

    for who in ("ada", "bob"):
        asked = recorder.call(who, h.CLAIM, pool="careless")
        wish = Wish(
            lease_id=f"careless.{who}", lease_owner=asked.owner, lease_name="", dur_s=60
        )
        leases = Leases(Careless(client, "careless", who))
        got = leases.claim(found, wish, key_fp="SHA256:x", now=1)
        known = {"lease_id": got.lease_id, "instance_id": got.instance_id}
        recorder.returned(asked, h.GRANTED, **known)
    recorder.close()

    history = h.History(
        operations=h.operations_in([place.folder / "all.jsonl"]),
        rows=list(store.rows_of(client, "careless")),
    )
    assert {one.kind for one in violations(history)} == {DOUBLE, LOST_LEASE}


@pytest.mark.long
def test_of_many_who_want_the_same_one_gets_it(place):
    """Every time, and the others hear that somebody did."""
    tally = duels(place, "duel", rounds=10)

    assert tally.found == []
    assert tally.claims == 10
    assert tally.outcomes == {"granted": 10, "contended": 10 * 15}
