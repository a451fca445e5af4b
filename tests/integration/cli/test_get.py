"""`get`, `connect` and `release` as programs and people use them."""

import secrets
from pathlib import Path

import asyncssh
import pytest

BINARY = bytes(range(256)) * 400


@pytest.mark.parametrize(
    ("command", "code"),
    [("true", 0), ("exit 7", 7), ("kill -9 $$", 137), ("exit 255", 255)],
)
def test_the_exit_code_is_the_commands(home, pool, command, code):
    """What the remote command says of itself is what we say."""
    pool.until_ready()

    assert home.run("get", pool.name, "--", command).code == code


def test_the_streams_are_the_commands(home, pool):
    """stdin, stdout and stderr pass unchanged and apart from each other."""
    pool.until_ready()

    done = home.run(
        "get", pool.name, "--json", "--", "cat; echo oops >&2", stdin=BINARY
    )

    assert (done.code, done.out) == (0, BINARY)
    complaint, line = done.err.split("\n", 1)
    assert complaint == "oops"
    assert '"schema": "asgwarm.lease/v1"' in line


def test_a_full_disk_is_no_failure_before_the_start(home, pool):
    """The command ran: its output was lost, which 125 would deny."""
    pool.until_ready()

    with Path("/dev/full").open("wb") as full:
        process = home.start("get", pool.name, "--", "echo x", stdout=full)
        _, err = process.communicate(timeout=60)

    assert process.returncode == 255
    assert b"no space left on device" in err


def test_arguments_keep_their_boundaries(home, pool):
    """Several words are those words there, one word is a line of shell."""
    pool.until_ready()

    done = home.run("get", pool.name, "--", "printf", "%s|", "a b", "--json", "$HOME")

    assert done.out == b"a b|--json|$HOME|"


def test_the_lease_ends_with_the_command(home, pool):
    """Nothing is leased and nothing is in the journal when `get` has returned."""
    pool.until_ready()

    done = home.run("get", pool.name, "--json", "--", "true")

    (lease,) = done.documents
    assert lease["ssh"] == "pipelined"
    row = pool.rows()[lease["instance_id"]]
    assert row["last_lease"] == lease["lease_id"]
    assert row["st"] in ("DRAINING", "TERMINATED")
    assert home.journal() == {}


async def test_the_document_is_enough_for_another_program(home, pool, region):
    """Another SSH client connects with what --no-shell printed and a key of its own."""
    pool.until_ready()
    done = home.run("get", pool.name, "--json", "--no-shell", "--ttl", "10m")
    lease = done.document
    key = asyncssh.generate_private_key("ssh-ed25519")
    region.client("ec2-instance-connect").send_ssh_public_key(
        InstanceId=lease["instance_id"],
        InstanceOSUser=lease["user"],
        SSHPublicKey=key.export_public_key().decode(),
    )

    async with asyncssh.connect(
        lease["host"],
        lease["port"],
        username=lease["user"],
        client_keys=[key],
        known_hosts=([asyncssh.import_public_key(lease["host_key"])], [], []),
        config=None,
    ) as conn:
        said = await conn.run("echo in", check=True)

    assert said.stdout == "in\n"
    assert set(lease) == {
        *("schema", "lease_id", "name", "pool", "instance_id", "host", "port"),
        *("user", "host_key", "endpoint", "owner", "expires_at", "tier", "timings"),
    }
    assert lease["expires_at"].endswith("Z")
    assert {"query_ms", "claim_ms", "total_ms"} <= set(lease["timings"])
    assert home.run("release", lease["lease_id"]).code == 0


def test_a_kept_lease_is_entered_again_and_given_back(home, pool):
    """By its id and by its name; a second release says that it has ended."""
    pool.until_ready()
    first = home.run("get", pool.name, "--keep", "--name", "web", "--", "pwd")
    (lease_id,) = home.journal()

    by_name = home.run("connect", "web", "--", "pwd")
    by_id = home.run("connect", lease_id, "--", "pwd; exit 3")

    assert first.out == by_name.out == by_id.out != b""
    assert (first.code, by_name.code, by_id.code) == (0, 0, 3)
    assert home.run("release", "web").code == 0
    assert home.journal() == {}
    again = home.run("release", lease_id)
    assert again.code == 6
    assert again.err.startswith(f"error: lease {lease_id} has ended: released\n")
    assert home.run("connect", lease_id, "--", "true").code == 125
    assert home.run("release", "web").code == 5


def test_a_name_is_used_once(home, pool):
    """The same user's second lease of a name is refused; the first one lives on."""
    pool.until_ready(2)
    home.run("get", pool.name, "--no-shell", "--name", "db")

    second = home.run("get", pool.name, "--no-shell", "--name", "db", "--json")

    (error,) = second.documents
    assert (second.code, error["code"]) == (9, "REFUSED")
    assert len(home.journal()) == 1
    assert home.run("release", "db").code == 0


def test_the_same_token_gets_the_same_lease(home, pool):
    """A build that is run again finds what it took; once released it is over."""
    pool.until_ready()
    token = f"build-{secrets.token_hex(4)}"
    argv = ("get", pool.name, "--no-shell", "--json", "--token", token)

    first, second = home.run(*argv), home.run(*argv)

    assert first.document["lease_id"] == f"{pool.name}.{token}"
    same = ("lease_id", "instance_id", "host_key")
    assert [first.document[k] for k in same] == [second.document[k] for k in same]
    assert home.run("release", f"{pool.name}.{token}").code == 0
    assert home.run(*argv).code == 6


def test_local_reaches_the_local_region(home, pool):
    """--local needs no AWS settings, and wins over those that are set."""
    pool.until_ready()

    done = home.run(
        *("get", "--local", pool.name, "--", "echo here"),
        AWS_ENDPOINT_URL="http://127.0.0.1:9",
        AWS_ACCESS_KEY_ID="other",
        AWS_PROFILE="nobody",
    )

    assert (done.code, done.out) == (0, b"here\n")


def test_closed_streams_take_no_harm(home, pool):
    """With stdin, stdout and stderr closed no socket takes their places."""
    pool.until_ready()

    process = home.start(
        *("get", pool.name, "--", "echo out; echo err >&2; cat; exit 5"),
        preexec_fn=lambda: __import__("os").closerange(0, 3),
    )

    assert process.wait(20) == 5
