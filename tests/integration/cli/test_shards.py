"""A pool with several shards, from `up` to `down`; nobody who uses it notices."""

import pytest

from asgwarm.domain.record import shard_of
from tests.integration.pools import serve

pytestmark = pytest.mark.long

SHARDS = 4


@pytest.fixture(scope="module")
def spread(region):
    """Six instances ready, in more than one of four shards."""
    pool = serve(region, "spread", hot=6, warm=0, cap=20, shards=SHARDS)
    # One in a thousand of such pools has all six in one.
    assert len({shard_of(i, SHARDS) for i in pool.until_ready(6)}) > 1
    return pool


def test_it_is_used_like_any_other(home, spread):
    """Claimed, refilled, listed, told of, come back to, renewed and given back."""
    ran = home.run("get", "spread", "--", "echo", "here")
    assert (ran.code, ran.out) == (0, b"here\n")
    kept = [
        home.run("get", "spread", "--no-shell", "--name", name, "--json").document
        for name in ("one", "two")
    ]
    spread.until_ready(6)

    listed = home.run("ls", "spread", "--json").out.decode()
    assert all(one["lease_id"] in listed for one in kept)
    told = home.run("logs", "spread", "--json").out.decode()
    assert all(one["instance_id"] in told for one in kept)
    counts = home.run("status", "spread", "--json").document["counts"]
    assert (counts["leased"], counts["ready"]) == (2, 6)
    assert home.run("connect", "one", "--", "exit 3").code == 3
    assert home.run("renew", "two", "--ttl", "10m").code == 0
    assert home.run("release", "one", "two").code == 0
    assert spread.leased() == {}


def test_every_free_instance_is_refreshed(home, spread):
    """Whichever shard its row lies in."""
    before = set(spread.until_ready(6))

    refreshed = home.run("refresh", "spread", "--now", "--json")

    assert refreshed.document["ended"] == 6, refreshed.err
    spread.region.until(
        lambda: len(new := set(spread.in_state("READY"))) == 6 and not new & before
    )


def test_another_number_is_refused_before_anything_is_touched(home, spread):
    """The rows would have to move; the same number is no change."""
    since = spread.region.control.status()["calls"]

    other = home.run("up", "spread", "--yes", "--shards", "2", "--json")

    assert other.code == 9
    (error,) = other.documents
    assert "made with 4 shards" in error["message"]
    made = spread.region.control.requests(since)
    asked = {one["action"] for one in made if one["owner"] == "user"}
    assert asked == {"DescribeStacks"}
    same = home.run("up", "spread", "--yes", "--shards", "4", "--json")
    assert same.code == 0, same.err


def test_up_says_in_how_many_shards_the_rows_will_lie(home):
    """A new pool may have any number that the template takes."""
    new = ("up", "new", "--plan", "--allow", "127.0.0.0/8", "--shards")

    assert home.run(*new, "64", "--json").document["shards"] == 64
    assert "in 64 shards" in home.run(*new, "64").err
    assert home.run(*new, "65").code == 2


def test_down_sees_a_lease_in_any_shard_and_leaves_nothing(home, spread):
    """It refuses while there is one; with --force all of them end."""
    for name in ("one", "two", "three"):
        done = home.run("get", "spread", "--no-shell", "--name", name)
        assert done.code == 0, done.err

    assert home.run("down", "spread").code == 9
    down = home.run("down", "spread", "--force")

    assert down.code == 0, down.err
    assert "pool spread is gone, nothing billable remains" in down.err
