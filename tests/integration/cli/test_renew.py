"""`renew`: a lease's new end, by its holder and by who is connected."""

import json

import pytest

from asgwarm.clock import now_s


@pytest.fixture
def kept(own_home, own_pool):
    """A lease of two minutes, kept."""
    own_pool.until_ready()
    done = own_home.run("get", "dev", "--no-shell", "--json", "--ttl", "2m")
    lease = done.document
    yield lease
    own_home.run("release", lease["lease_id"])


def _row(pool, lease):
    return pool.rows()[lease["instance_id"]]


def test_a_lease_lasts_from_now_on(own_home, own_pool, kept):
    """The row says so, and the user is told when it ends now."""
    done = own_home.run("renew", kept["lease_id"], "--ttl", "2h")

    row = _row(own_pool, kept)
    assert (done.code, done.out) == (0, b"")
    assert done.err.startswith(f"{kept['lease_id']} ends in ")
    assert (row["dur_s"], row["hb"]) == ("7200", "2")


def test_a_renewed_lease_is_a_document(own_home, own_pool, kept):
    """Programs get the same document as from `get`, with the new end."""
    document = own_home.run("renew", kept["lease_id"], "--ttl", "2h", "--json").document

    assert document["schema"] == "asgwarm.lease/v1"
    assert document["lease_id"] == kept["lease_id"]
    assert document["expires_at"] > kept["expires_at"]


@pytest.mark.parametrize("ttl", ["59", "13h"])
def test_more_than_the_maximum_is_refused(own_home, own_pool, kept, ttl):
    """A usage error as in `get`, and the lease is as it was."""
    done = own_home.run("renew", kept["lease_id"], "--ttl", ttl)

    assert done.code == 2
    assert "lasts 60 to 43200 seconds" in done.err
    assert f"hint: asgwarm renew {kept['lease_id']} --ttl 3600" in done.err
    assert _row(own_pool, kept)["dur_s"] == "120"


def test_nobody_renews_what_another_holds(own_home, own_pool, kept):
    """Exit code 6, and the lease is as it was."""
    own_pool.table.update_item(
        TableName="asgwarm-dev",
        Key=own_pool.key(kept["instance_id"]),
        UpdateExpression="SET lease_owner = :owner",
        ExpressionAttributeValues={":owner": {"S": "bob@lab:7"}},
    )
    journal = own_home.folder / "state/asgwarm/leases"
    (journal / f"{kept['lease_id']}.json").rename(own_home.folder / "entry")

    done = own_home.run("renew", kept["lease_id"], "--ttl", "2h")

    (own_home.folder / "entry").rename(journal / f"{kept['lease_id']}.json")
    assert done.code == 6
    assert "is bob@lab:7's, not yours" in done.err
    assert _row(own_pool, kept)["dur_s"] == "120"


def test_a_lease_that_has_ended_cannot_be_renewed(own_home, own_pool, kept):
    """Exit code 6, with what became of it."""
    own_home.run("release", kept["lease_id"])

    done = own_home.run("renew", kept["lease_id"], "--json")

    assert done.code == 6
    assert "released" in json.loads(done.err)["message"]


def test_no_renewal_goes_beyond_the_pool_s_longest_lease(own_home, own_pool, kept):
    """The end that is told is the one that the reaper enforces."""
    began = now_s() - 43_200 + 1800
    own_pool.region.until(lambda: "lease_seen_at" in _row(own_pool, kept))
    own_pool.table.update_item(
        TableName="asgwarm-dev",
        Key=own_pool.key(kept["instance_id"]),
        UpdateExpression="SET lease_seen_at = :began",
        ExpressionAttributeValues={":began": {"N": str(began)}},
    )

    done = own_home.run("renew", kept["lease_id"], "--ttl", "2h")

    assert done.code == 0
    assert "ends in 29m" in done.err or "ends in 30m" in done.err
    assert "no lease of this pool lasts longer" in done.err
