"""Spares: claimed ahead, used once, never more than asked for, gone with the agent."""

import json
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.agent.conftest import AgentHome, agent_home

pytestmark = pytest.mark.long


@pytest.fixture
def home(tmp_path: Any, own_region: Any, own_pool: Any) -> Iterator[AgentHome]:
    """A user who has one spare of the pool `dev`."""
    own_pool.until_ready()
    words = ("--spare", "1", "--pool", "dev")
    with agent_home(tmp_path / "home", *words, **own_region.environment()) as made:
        yield made
        made.close()
    own_region.until(lambda: own_pool.leased() == {})


def spares(home: AgentHome) -> list[str]:
    """The ids of the spares that the agent has."""
    return [spare["lease_id"] for spare in home.agent("status")["spares"]]


def one(home: AgentHome, region: Any) -> str:
    """The spare, once it is there."""
    (lease_id,) = region.until(lambda: spares(home))
    return str(lease_id)


def used(home: AgentHome, *argv: str, code: int = 0) -> Any:
    """The lease that a `get` had."""
    done = home.run("get", "dev", "--json", *argv)
    assert done.code == code, done
    return json.loads(done.err.splitlines()[-1])


def test_a_spare_is_used_once_and_replaced(home, own_region, own_pool):
    """Who asks gets it without any claim, and its instance ends with the command."""
    spare = one(home, own_region)
    row = own_pool.leased()[spare]

    lease = used(home, "--", "exit 4", code=4)

    assert (lease["lease_id"], lease["instance_id"]) == (spare, row)
    assert {"claim_ms", "push_ms", "connect_ms"} & {*lease["timings"]} == set()
    assert spare not in own_pool.leased()
    assert spare not in home.journal()
    assert one(home, own_region) != spare


def test_a_spare_is_seen(home, own_region):
    """`ls` marks it, and the journal says what it is."""
    spare = one(home, own_region)

    (shown,) = home.run("ls", "dev", "--json").document["leases"]

    assert (shown["lease_id"], shown["spare"]) == (spare, True)
    assert home.journal()[spare]["outcome"] == "spare"
    assert b"(spare)" in home.run("ls", "dev").out


def test_a_spare_that_is_in_use_is_a_lease_like_any(home, own_region, own_pool):
    """Its journal says held, its length is the one that was asked for, it is kept."""
    spare = one(home, own_region)

    lease = used(home, "--keep", "--ttl", "700s", "--", "true")

    assert lease["lease_id"] == spare
    assert home.journal()[spare]["outcome"] == "held"
    assert own_pool.rows()[lease["instance_id"]]["dur_s"] == "700"
    assert home.run("connect", spare, "--", "exit 6").code == 6
    assert home.run("release", spare).code == 0


@pytest.mark.parametrize(
    "words", [["--name", "web"], ["--token", "t-1"], ["--no-shell"]], ids=" ".join
)
def test_who_wants_a_lease_of_their_own_gets_a_new_one(
    home, own_region, own_pool, words
):
    """A spare has no name and no token; without a shell it would be idle again."""
    own_pool.until_ready()
    spare = one(home, own_region)
    remote = [] if "--no-shell" in words else ["--", "true"]

    done = home.run("get", "dev", "--json", *words, *remote)

    said = json.loads((done.out or done.err.encode()).splitlines()[-1])
    assert said["lease_id"] != spare
    assert spares(home) == [spare]
    if "--no-shell" in words:
        assert home.run("release", said["lease_id"]).code == 0


def test_a_length_that_the_pool_refuses_is_refused_with_a_spare(home, own_region):
    """As without one; the spare stays."""
    spare = one(home, own_region)

    assert home.run("get", "dev", "--ttl", "400d", "--", "true").code == 2
    assert spares(home) == [spare]


def test_there_are_never_more_than_asked_for(home, own_region, own_pool):
    """Several who ask at once share what is there, and it is made up for once."""
    one(home, own_region)
    home.agent("start", "--spare", "2", "--pool", "dev")
    own_region.until(lambda: len(spares(home)) == 2)
    running = [home.start("get", "dev", "--", "true") for _ in range(3)]
    assert [process.wait(60) for process in running] == [0, 0, 0]

    own_region.until(lambda: len(spares(home)) == 2)
    assert len(own_pool.leased()) == 2

    home.agent("start", "--spare", "1", "--pool", "dev")
    own_region.until(lambda: len(own_pool.leased()) == 1)


def test_they_are_released_with_the_agent(home, own_region, own_pool):
    """`stop` returns when nothing is held any more."""
    one(home, own_region)

    home.agent("stop")

    assert own_pool.leased() == {}
    assert home.journal() == {}


def test_they_are_released_when_nobody_asks(home, own_region, own_pool):
    """And they come back with the next `get`."""
    one(home, own_region)

    home.agent("start", "--spare-ttl", "3s")

    own_region.until(lambda: own_pool.leased() == {})
    assert "for a while" in home.agent("status")["why"]
    used(home, "--", "true")
    own_region.until(lambda: spares(home))


def test_one_that_is_lost_is_replaced(home, own_region, own_pool):
    """Whoever released it, the agent notices and claims another one."""
    spare = one(home, own_region)

    assert home.run("release", "--mine", "--pool", "dev").code == 0

    assert own_region.until(lambda: [s for s in spares(home) if s != spare])


def test_where_nothing_is_ready_the_agent_says_so(home, own_region):
    """Quietly: who asks for its status hears why a spare is missing."""
    one(home, own_region)

    home.agent("start", "--spare", "1", "--pool", "missing")

    own_region.until(lambda: home.agent("status")["why"])
    assert "there is no pool 'missing'" in home.agent("status")["why"]


def test_a_crash_costs_no_more_than_a_short_lease(home, own_region, own_pool):
    """What SIGKILL leaves is leased for a minute and a half, and not renewed."""
    spare = one(home, own_region)
    row = own_pool.rows()[own_pool.leased()[spare]]

    os.kill(home.agent("status")["pid"], signal.SIGKILL)

    assert int(row["dur_s"]) <= 90
    own_region.control.advance(300)
    own_region.until(lambda: spare not in own_pool.leased())
