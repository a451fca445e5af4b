"""`release`: several leases at once, one's own, everybody's, and the lost ones."""

import json

import pytest

from tests.integration.pools import serve


@pytest.fixture(scope="module")
def shared(own_region):
    """A pool with three instances ready, of this file alone."""
    return serve(own_region, "many", hot=3, warm=0, cap=20)


@pytest.fixture
def held(shared, own_home):
    """Claims that many instances; returns the leases' ids."""

    def claim(count):
        shared.until_ready(count)
        return [
            own_home.run("get", "many", "--no-shell", "--json").document["lease_id"]
            for _ in range(count)
        ]

    yield claim
    assert own_home.run("release", "--all", "--yes", "--pool", "many").code == 0


def _belongs_to(pool, lease_id, owner):
    """Make somebody else the holder of a lease."""
    pool.table.update_item(
        TableName=f"asgwarm-{pool.name}",
        Key=pool.key(pool.leased()[lease_id]),
        UpdateExpression="SET lease_owner = :owner",
        ExpressionAttributeValues={":owner": {"S": owner}},
    )


def test_one_that_is_not_there_does_not_stop_the_others(own_home, shared, held):
    """Each failure has its two lines, and the worst one is the exit code."""
    first, second = held(2)

    done = own_home.run("release", first, "many.nobody", "web", first, second)

    assert done.code == 5
    assert done.err.count("error: ") == 2
    assert done.err.count("released ") == 2
    assert shared.leased() == {}
    assert own_home.journal() == {}


def test_the_worst_failure_is_the_exit_code(own_home, shared, held):
    """A lease that has ended weighs more than one that was never there."""
    (lease,) = held(1)
    own_home.run("release", lease)

    done = own_home.run("release", "--json", lease, "many.nobody")

    assert done.code == 6
    assert [one["code"] for one in done.documents] == ["LEASE_LOST", "LEASE_NOT_FOUND"]


def test_mine_leaves_what_others_hold(own_home, shared, held):
    """All leases of the user on this computer end, no other does."""
    mine, also_mine, others = held(3)
    _belongs_to(shared, others, "bob@lab:7")

    done = own_home.run("release", "--mine", "--pool", "many", "--json")

    *released, result = map(json.loads, done.out.splitlines())
    assert done.code == 0
    assert {one["lease_id"] for one in released} == {mine, also_mine}
    assert result == {
        "schema": "asgwarm.release/v1",
        "type": "result",
        "released": 2,
        "failed": 0,
    }
    assert list(shared.leased()) == [others]


def test_all_needs_somebody_who_agrees(own_home, shared, held):
    """Without a terminal it needs --yes; then it ends everybody's leases."""
    (lease,) = held(1)
    _belongs_to(shared, lease, "bob@lab:7")

    refused = own_home.run("release", "--all", "--pool", "many")
    done = own_home.run("release", "--all", "--pool", "many", "--yes")

    assert refused.code == 2
    assert "hint: asgwarm release --all --pool many --yes" in refused.err
    assert done.code == 0
    assert f"released {lease}" in done.err
    assert shared.leased() == {}


@pytest.mark.parametrize(("answer", "left"), [(b"n\n", 1), (b"y\n", 0)])
def test_whose_leases_end_is_shown_before_the_question(
    own_home, shared, held, terminal, answer, left
):
    """Nothing ends before somebody has said yes."""
    (lease,) = held(1)
    _belongs_to(shared, lease, "bob@lab:7")
    process = own_home.start(
        *("release", "--all", "--pool", "many"),
        stdin=terminal.screen,
        stdout=terminal.screen,
        stderr=terminal.screen,
    )

    terminal.until(b"End 1 lease? [y/N]")
    assert f"{lease} of bob@lab:7".encode() in terminal.seen
    assert list(shared.leased()) == [lease]
    terminal.type(answer)

    assert process.wait(20) == 0
    assert len(shared.leased()) == left


@pytest.mark.parametrize("which", ["--mine", "--all", "--recover"])
def test_nothing_to_release_is_fine(own_home, shared, which):
    """Exit code 0, and a note that says so."""
    done = own_home.run("release", which, "--yes", "--pool", "many")

    assert done.code == 0
    assert done.err.startswith("no ")
    assert done.out == b""


def test_recover_settles_every_claim_of_unknown_outcome(own_home, shared, held):
    """What was applied is given back, what was not is struck, the rest is kept."""
    applied, kept = held(2)
    _write(own_home, own_home.journal()[applied], outcome="unknown")
    _write(own_home, own_home.journal()[kept], lease_id="many.never", outcome="unknown")
    _write(own_home, own_home.journal()[kept], lease_id="gone.lost", pool="gone")
    _write(
        *(own_home, own_home.journal()[kept]),
        lease_id="many.elsewhere",
        region="eu-west-1",
        outcome="unknown",
    )

    done = own_home.run("release", "--recover")

    assert done.code == 0, done.err
    assert f"released {applied}" in done.err
    assert "many.never was never taken" in done.err
    assert list(shared.leased()) == [kept]
    assert own_home.journal().keys() == {kept, "gone.lost", "many.elsewhere"}


def test_recover_strikes_what_an_ended_pool_had(own_home, shared):
    """A pool that is gone holds no lease of anybody's."""
    entry = {"name": "", "instance_id": "", "created_at": 1, "region": "us-east-1"}
    _write(
        own_home,
        entry | {"endpoint": None},
        lease_id="gone.lost",
        pool="gone",
        outcome="unknown",
    )

    assert own_home.run("release", "--recover").code == 0
    assert own_home.journal() == {}


def _write(home, entry, **changes):
    """Write an entry of the user's journal."""
    written = entry | changes
    folder = home.folder / "state/asgwarm/leases"
    folder.mkdir(exist_ok=True, parents=True)
    (folder / f"{written['lease_id']}.json").write_text(json.dumps(written))


@pytest.mark.parametrize(
    "argv", [(), ("--mine", "--all"), ("--mine", "web"), ("--recover", "--all")]
)
def test_what_is_meant_has_to_be_said_once(own_home, own_region, argv):
    """Nothing, or two things at once, is a usage error."""
    done = own_home.run("release", *argv)

    assert done.code == 2
    assert "which leases" in done.err
