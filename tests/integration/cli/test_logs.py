"""`logs`: who did what to which instance, and why."""

import json
import signal

import pytest

from tests.integration.pools import serve


@pytest.fixture(scope="module")
def told(own_region):
    """A pool of this file alone, one instance hot."""
    return serve(own_region, "told", hot=1, warm=0, cap=20)


@pytest.fixture
def lease(own_home, told):
    """A lease that was taken and given back."""
    told.until_ready()
    done = own_home.run("get", "told", "--no-shell", "--json")
    own_home.run("release", done.document["lease_id"])
    return done.document


def test_the_life_of_an_instance_is_told_in_its_order(own_home, lease):
    """From its launch to its release, each with who did it."""
    done = own_home.run("logs", "told", "--json")

    *events, result = map(json.loads, done.out.splitlines())
    mine = [e for e in events if e["instance_id"] == lease["instance_id"]]
    edges = [event["edge"] for event in mine]
    actors = {event["edge"]: event["actor"] for event in mine}
    assert done.code == 0
    assert edges[:4] == ["register", "ready", "claim", "release"]
    assert actors["ready"] == "function"
    assert actors["claim"] == lease["owner"]
    assert mine[3]["why"] == "released"
    assert result["events"] == len(events)
    assert [e["at"] for e in events] == sorted(e["at"] for e in events)


def test_the_table_says_it_in_plain_words(own_home, lease):
    """A line each, the newest last."""
    done = own_home.run("logs", "told")

    head, *lines = done.out.decode().splitlines()
    mine = [line.split() for line in lines if lease["instance_id"] in line]
    assert head.split()[0] == "TIME"
    assert [words[3] for words in mine[:4]] == [
        *("launched", "ready", "leased", "released"),
    ]


def test_a_log_that_is_followed_tells_only_what_is_new(own_home, told, lease):
    """What happens later comes once, and Ctrl-C ends it with 130."""
    process = own_home.start("logs", "told", "--follow", "--json")
    earlier = [json.loads(process.stdout.readline())]
    told.until_ready()
    second = own_home.run("get", "told", "--no-shell", "--json").document
    wanted = ("claim", second["instance_id"])
    while (earlier[-1]["edge"], earlier[-1]["instance_id"]) != wanted:
        earlier.append(json.loads(process.stdout.readline()))

    process.send_signal(signal.SIGINT)

    assert process.wait(20) == 130
    said = [(e["instance_id"], e["edge"]) for e in earlier]
    assert len(said) == len(set(said))
    assert json.loads(process.stderr.read())["code"] == "INTERRUPTED"
    own_home.run("release", second["lease_id"])


def test_a_log_whose_reader_leaves_ends(own_home, told, lease):
    """As of a program that SIGPIPE ends."""
    process = own_home.start("logs", "told", "--follow")
    process.stdout.readline()
    process.stdout.close()
    told.until_ready()
    second = own_home.run("get", "told", "--no-shell", "--json").document

    assert process.wait(20) == 141
    own_home.run("release", second["lease_id"])


def test_a_pool_without_instances_has_nothing_to_tell(own_home, own_region):
    """Exit code 0, and a note that says so."""
    serve(own_region, "silent", hot=0, warm=0, cap=1)

    done = own_home.run("logs", "silent")

    assert (done.code, done.out) == (0, b"")
    assert done.err.startswith("nothing has happened yet\n")
