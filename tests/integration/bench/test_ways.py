"""Every way goes its own calls on a pool of the emulated region."""

from xml.etree import ElementTree

import pytest

from tests.integration.bench.conftest import Benched, bench, launched, running
from tests.integration.pools import serve

pytestmark = pytest.mark.long

ALL = "cold,tags,simple-eic,warm,agent,spare"
# What each way cannot go without.
PHASES = {
    "get": {"start", "claim", "push", "connect", "first_byte"},
    "agent": {"start", "claim", "push", "connect", "first_byte"},
    "spare": {"start", "first_byte"},
    "warm": {"start", "wait", "query", "claim", "push", "connect", "first_byte"},
    "cold": {"launch", "boot", "push", "connect", "first_byte"},
    "tags": {"start", "clients", "query", "claim", "push", "connect", "first_byte"},
    "simple-eic": {"start", "clients", "query", "push", "connect", "first_byte"},
}


@pytest.fixture(scope="module")
def benched(module_home, pool):
    """A bench of all ways, each gone once."""
    picture = module_home.folder / "bench.svg"
    return bench(module_home, pool, "-n", "1", "--compare", ALL, "--plot", str(picture))


@pytest.mark.parametrize("way", PHASES)
def test_a_way_is_measured_with_its_phases(benched: Benched, way):
    """Every one of its calls has a time."""
    found = benched.result["ways"][way]

    assert found["n"] == 1
    assert 0 < found["p50_ms"] <= found["p95_ms"]
    assert PHASES[way] <= set(found["phases"])


def test_a_spare_needs_neither_claim_nor_connection(benched):
    """That was done before anybody asked."""
    phases = benched.result["ways"]["spare"]["phases"]

    assert {"query", "claim", "push", "connect"} & set(phases) == set()


def test_the_result_says_what_was_measured(benched):
    """Its names are for ever."""
    result = benched.result

    assert (result["schema"], result["type"]) == ("asgwarm.bench/v1", "result")
    assert (result["pool"], result["region"]) == ("bench", "us-east-1")
    assert result["endpoint"].startswith("http://127.0.0.1:")
    assert (result["instance_type"], result["hot"], result["warm"]) == (
        *("m7i.large", 1, 2),
    )
    assert result["image"]
    assert result["skipped"] == {}
    assert result["ways"]["get"]["ratio_to_get"] == 1.0
    warm, cold = (result["ways"][way]["p50_ms"] for way in ("warm", "cold"))
    assert result["verdict"]["saved_ms"] == cold - warm
    assert result["verdict"]["sentence"]


def test_every_shot_is_an_event(benched):
    """First what is planned, then shot by shot, at last the result."""
    assert [line["type"] for line in benched.lines] == [
        *("plan", *["shot"] * 7, "result")
    ]
    assert {line["schema"] for line in benched.lines[:-1]} == {"asgwarm.event/v1"}
    assert {shot["way"] for shot in benched.of("shot")} == set(PHASES)
    assert all(shot["total_ms"] > 0 for shot in benched.of("shot"))
    assert benched.of("plan")[0]["at_most"]["estimate"] is True


def test_nothing_is_left(benched, module_home, own_region, pool):
    """No lease, no entry in the journal, no instance, no agent."""
    assert benched.result
    assert pool.leased() == {}
    assert module_home.journal() == {}
    assert len(launched(own_region)) == 1
    assert running(own_region) == []
    assert list(module_home.folder.glob("run/**/socket")) == []


def test_the_picture_has_a_bar_for_every_way(benched, module_home):
    """As long as its figure."""
    assert benched.result
    picture = ElementTree.parse(module_home.folder / "bench.svg")  # noqa: S314  # our own
    texts = {text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")}

    assert set(PHASES) <= texts


def test_a_way_that_the_pool_cannot_go_is_said(own_home, own_region):
    """No warm pool, no room for a spare: `get` is measured all the same."""
    small = serve(own_region, "small", hot=1, warm=0, cap=1)
    result = bench(own_home, small, "-n", "1", "--compare", "warm,spare").result

    assert set(result["ways"]) == {"get"}
    assert result["skipped"] == {
        "warm": "the pool keeps nothing in its warm pool",
        "spare": "2 leased at once are needed, and the pool's caps leave room for 1",
    }
    assert result["verdict"] is None


@pytest.mark.parametrize(
    ("actions", "ways"),
    [
        (("RunInstances", "CreateTags"), {"cold", "tags"}),
        (("DescribeInstances",), {"cold", "tags", "simple-eic"}),
    ],
    ids=["may not write", "may not look"],
)
def test_a_way_that_is_denied_is_said(own_home, own_region, pool, actions, ways):
    """Who may not launch, tag or look measures the rest, and nothing is left."""
    denied = {"service": "ec2", "owner": "user", "kind": "denied"}
    own_region.control.set_faults(http=[denied | {"action": one} for one in actions])

    result = bench(own_home, pool, "-n", "2", "--compare", ",".join(ways)).result

    assert set(result["skipped"]) == ways
    assert all(
        any(f"ec2:{a}" in why for a in actions) for why in result["skipped"].values()
    )
    assert result["ways"]["get"]["n"] == 2
    own_region.control.set_faults()
    assert running(own_region) == []


def test_who_may_not_read_the_stack_is_told_no_price(own_home, own_region, pool):
    """Everything else is measured."""
    denied = {"service": "cloudformation", "action": "DescribeStacks"}
    own_region.control.set_faults(http=[denied | {"owner": "user", "kind": "denied"}])

    found = bench(own_home, pool, "-n", "1", "--compare", "cold")

    assert found.of("plan")[0]["at_most"] is None
    assert set(found.result["ways"]) == {"get", "cold"}
    assert (found.result["hot"], found.result["image"]) == (1, None)


def test_the_ways_take_turns(own_home, pool):
    """Each round begins with another one."""
    found = bench(own_home, pool, "-n", "2", "--compare", "simple-eic")

    shots = [(shot["way"], shot["number"]) for shot in found.of("shot")]
    assert shots == [("get", 1), ("simple-eic", 1), ("simple-eic", 2), ("get", 2)]


def test_a_person_gets_a_table_and_what_it_is_worth(own_home, pool):
    """The figures on stdout; conditions and verdict beside them on stderr."""
    done = own_home.run("bench", pool.name, "--yes", "-n", "1", "--compare", "cold")

    assert done.code == 0, done
    table = [line.split() for line in done.out.decode().splitlines()]
    assert table[0] == ["milliseconds", "p50", "p95", "n", "x", "get"]
    assert {"get", "cold", "boot"} <= {row[0] for row in table}
    assert "get 1 of 1: " in done.err
    assert "which is not AWS: these times say nothing about AWS's" in done.err
    assert "at most" in done.err
