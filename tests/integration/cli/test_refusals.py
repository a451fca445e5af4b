"""What the command line refuses, with which exit code, and that it says why."""

import json
import os

import pytest

from asgwarm.domain.names import stack_name
from tests.integration.pools import serve


@pytest.mark.parametrize(
    "argv",
    [
        ("get", "../../etc"),
        ("get", "dev;reboot"),
        ("get", "\x1b[2J"),
        ("get", "dev", "--ttl", "-5"),
        ("get", "dev", "--wait", "1e9"),
        ("get", "dev", "--frobnicate"),
        ("get", "dev", "--no-shell", "--", "true"),
        ("get", "dev", "--name", "a b"),
        ("get", "dev", "--token", "a/../b"),
        ("up", "dev", "--yes", "--allow", "0.0.0.0/0"),
        ("up", "dev"),
        ("fly", "dev"),
        ("--frobnicate", "get", "dev"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_happens(home, pool, region, argv):
    """Exit code 2, one error line without control characters, one hint, no write."""
    calls = len(_calls(region))

    done = home.run(*argv)

    assert done.code == 2, done.err
    error, hint = done.err.splitlines()
    assert error.startswith("error: ")
    assert hint.startswith("hint: ")
    assert error.isprintable()
    assert done.out == b""
    later = _calls(region)[calls:]
    assert [one for one in later if not one.startswith(("Get", "Query", "Desc"))] == []


def _calls(region):
    """The API calls that were made with the user's key."""
    calls = region.control.requests()
    return [call["action"] for call in calls if call["owner"] == "user"]


@pytest.mark.parametrize("ttl", ["59", "13h", "99999999d"])
def test_a_lease_has_its_limits(home, pool, ttl):
    """Shorter than a minute or longer than the pool's maximum is a usage error."""
    done = home.run("get", pool.name, "--ttl", ttl, "--", "true")

    assert done.code == 2
    assert "lasts 60 to 43200 seconds" in done.err
    assert home.journal() == {}


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (("get", "no-such", "--wait", "0"), 5),
        (("get", "no-such", "--", "true"), 125),
        (("status", "no-such"), 5),
        (("ls", "no-such"), 5),
        (("down", "no-such"), 5),
        (("release", "no-such.0123456789abcdef"), 5),
        (("connect", "cli.0123456789abcdef"), 5),
        (("release", "nobody"), 5),
    ],
)
def test_what_is_not_there_is_said(home, pool, argv, code):
    """Unknown pools and leases are exit code 5, or 125 before a remote command."""
    done = home.run(*argv, "--json") if code == 5 else home.run("--json", *argv)

    assert done.code == code
    (error,) = done.documents
    assert error["code"] in ("POOL_NOT_FOUND", "LEASE_NOT_FOUND")
    assert "no-such" in error["message"] or "lease" in error["message"]


def test_a_region_that_does_not_run_is_said(nowhere):
    """--local without a region is exit code 5 and names the command that starts it."""
    done = nowhere.run("get", "--local", "--", "true")

    assert done.code == 125
    assert done.err.splitlines() == [
        "error: the local region is not running",
        "hint: asgwarm local start",
    ]
    assert nowhere.run("status", "--local").code == 5


@pytest.mark.parametrize(
    "wrong",
    [
        {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"},
        {"AWS_SECRET_ACCESS_KEY": "wrong"},
    ],
    ids=["key", "secret"],
)
def test_wrong_credentials_are_named(home, pool, wrong):
    """Exit code 4, and no secret in what is said."""
    done = home.run("get", pool.name, "--wait", "0", "--debug", **wrong)

    assert done.code == 4, done.err
    assert "AWS does not accept the credentials" in done.err
    assert home.env["AWS_SECRET_ACCESS_KEY"] not in done.err


def test_a_broken_settings_file_is_named(nowhere):
    """A file that is no TOML and an unknown key are usage errors with their place."""
    file = nowhere.folder / "asgwarm.toml"

    file.write_text('pool = "dev\n')
    broken = nowhere.run("status")
    file.write_text('pool = "dev"\npol = "x"\n')
    unknown = nowhere.run("status")

    assert (broken.code, unknown.code) == (2, 2)
    assert f"{file}" in broken.err
    assert f"{file}:2: pol is not a setting" in unknown.err


def test_a_corrupt_journal_file_is_skipped(home, pool):
    """One unreadable file is reported, and every other lease is still found."""
    pool.until_ready()
    home.run("get", pool.name, "--no-shell", "--name", "kept")
    leases = home.folder / "state/asgwarm/leases"
    (leases / "cli.bad.json").write_bytes(b"\x00{")

    done = home.run("release", "kept")

    assert done.code == 0
    assert f"warning: skipped {leases}/cli.bad.json" in done.err


def test_a_claim_that_was_never_applied_can_be_struck(home, pool):
    """`release` of an unknown claim that nobody holds succeeds once, and says so."""
    leases = home.folder / "state/asgwarm/leases"
    leases.mkdir()
    entry: dict[str, object] = {
        "lease_id": "cli.lost",
        "name": "",
        "pool": "cli",
        "region": "us-east-1",
    }
    entry |= {"endpoint": None, "instance_id": "", "created_at": 1}
    (leases / "cli.lost.json").write_text(json.dumps(entry | {"outcome": "unknown"}))

    first, second = (home.run("release", "cli.lost") for _ in range(2))

    assert first.code == 0
    assert first.err == "cli.lost was never taken: there is nothing to release\n"
    assert second.code == 5


def test_a_journal_that_cannot_be_written_strands_nothing(home, pool):
    """The lease that cannot be written down is given back, and it is said why."""
    pool.until_ready()
    (home.folder / "state/asgwarm/leases").write_text("no folder")
    before = pool.leased()

    done = home.run("get", pool.name, "--no-shell")

    assert done.code == 2
    assert "the journal of leases cannot be written" in done.err
    assert pool.leased() == before


def test_rows_that_make_no_sense_are_never_offered(home, region):
    """They are skipped by `ls` and `get`, one with a hostile address too."""
    pool = serve(region, "nonsense", hot=0, warm=0, cap=1)
    good = {"v": {"N": "1"}, "st": {"S": "READY"}, "gen": {"N": "1"}}
    hostile = {
        "epoch": _epoch(region, pool.name),
        "host_key": {"S": "ssh-rsa \x1b[31m"},
        "address": {"S": "-oProxyCommand=reboot"},
    }
    rows = {
        "i-0bad1": {"v": {"N": "1"}, "st": {"S": "READY"}},
        "i-0bad2": good | {"v": {"S": "1"}},
        "i-0bad3": good | hostile,
    }
    for instance_id, row in rows.items():
        key = {"pk": {"S": f"POOL#{pool.name}#0"}, "sk": {"S": f"I#{instance_id}"}}
        region.client("dynamodb").put_item(
            TableName=stack_name(pool.name), Item=key | row | {"ready_key": {"S": "0"}}
        )

    got = home.run("get", pool.name, "--json", "--wait", "0", "--no-shell")
    listed = home.run("ls", pool.name, "--json")

    assert (got.code, got.documents[0]["code"]) == (3, "POOL_EMPTY")
    assert listed.code == 0
    ready = {one["instance_id"] for one in listed.document["ready"]}
    assert not ready & {"i-0bad1", "i-0bad2"}
    assert pool.leased() == {}


def _epoch(region, pool):
    answer = region.client("dynamodb").get_item(
        TableName=stack_name(pool),
        Key={"pk": {"S": f"POOL#{pool}"}, "sk": {"S": "META"}},
    )
    return answer["Item"]["epoch"]


def test_another_host_key_ends_the_way_in(home, region):
    """A server with another key than the registry's lets nobody in, and is let go."""
    pool = serve(region, "odd", hot=1, warm=0, cap=3)
    ready = pool.until_ready()
    other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + "A" * 43
    for instance_id in ready:
        region.client("dynamodb").update_item(
            TableName=stack_name(pool.name),
            Key={"pk": {"S": f"POOL#{pool.name}#0"}, "sk": {"S": f"I#{instance_id}"}},
            UpdateExpression="SET host_key = :other",
            ExpressionAttributeValues={":other": {"S": other}},
        )

    command = home.run("get", pool.name, "--json", "--", "true")

    assert command.code == 125
    assert command.documents[-1]["code"] == "HOST_KEY_MISMATCH"
    assert "another machine may be listening there" in command.err
    assert pool.leased() == {}


def test_asking_for_documents_is_no_consent(home, pool, region):
    """`up --json` costs money like any other `up`, and needs --yes."""
    calls = len(_calls(region))

    done = home.run("up", "dev", "--json")

    assert (done.code, done.documents[0]["code"]) == (2, "CONFIG")
    assert done.documents[0]["hint"] == "asgwarm up dev --yes"
    assert _calls(region)[calls:] == []


def test_json_errors_are_one_document(home, pool):
    """With --json an error is one line on stderr with every field of the contract."""
    done = home.run("get", "no-such", "--json")

    assert set(json.loads(done.err)) == {
        *("schema", "code", "message", "hint", "retryable", "aws_request_id")
    }


def test_nothing_is_written_outside_of_the_four_folders(home, pool):
    """HOME and the working directory stay as they were."""
    pool.until_ready()

    home.run("get", pool.name, "--", "true")

    assert set(os.listdir(home.folder)) == {"state", "cache", "config", "run"}  # noqa: PTH208  # names only
