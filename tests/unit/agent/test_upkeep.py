"""When there are spares and when the agent ends, by clocks that the test owns."""

import pytest

from asgwarm.agent.upkeep import IDLE_S, LONGEST_PAUSE_S, Now, Terms, Upkeep


class Clocks:
    """Two clocks."""

    def __init__(self) -> None:
        self.real_s = self.awake_s = 1000.0

    @property
    def now(self) -> Now:
        """This moment."""
        return Now(self.real_s, self.awake_s)

    def run(self, seconds: float) -> Now:
        """Let time pass."""
        self.real_s += seconds
        self.awake_s += seconds
        return self.now

    def sleep(self, seconds: float) -> Now:
        """Let the computer sleep."""
        self.real_s += seconds
        return self.now


@pytest.fixture
def clocks():
    """The clocks at the start of the agent."""
    return Clocks()


@pytest.fixture
def upkeep(clocks):
    """An agent for two hours with two spares, released after ten minutes."""
    terms = Terms(for_s=7200, spares=2, spare_ttl_s=600)
    return Upkeep(terms, clocks.now)


def test_spares_wait_until_who_is_served_has_had_the_computer(upkeep, clocks):
    """Just after a `get` none is made; a little later it is."""
    assert not upkeep.may_make(clocks.now)
    assert upkeep.may_make(clocks.run(1))
    assert upkeep.wanted() == 2

    upkeep.served(clocks.now)

    assert not upkeep.may_make(clocks.now)


def test_spares_are_released_when_nobody_gets_any(upkeep, clocks):
    """After their time without a `get` none is wanted, until the next one."""
    upkeep.look(clocks.run(599))
    assert upkeep.wanted() == 2

    upkeep.look(clocks.run(1))
    assert upkeep.wanted() == 0
    assert "for a while" in upkeep.why_none
    assert not upkeep.may_make(clocks.run(60))

    upkeep.served(clocks.now)
    assert upkeep.wanted() == 2
    assert upkeep.why_none == ""


def test_spares_are_released_when_the_computer_slept(upkeep, clocks):
    """Whether anybody is there after it is shown by the next `get` only."""
    upkeep.look(clocks.run(30))
    upkeep.look(clocks.sleep(60))

    assert upkeep.wanted() == 0
    assert "slept" in upkeep.why_none
    upkeep.look(clocks.run(10))
    assert upkeep.wanted() == 0


def test_a_clock_that_is_read_late_is_no_sleep(upkeep, clocks):
    """A busy computer looks rarely, and both clocks show it."""
    upkeep.look(clocks.run(300))

    assert upkeep.wanted() == 2


def test_what_fails_is_tried_later_and_later(upkeep, clocks):
    """Pauses double up to a minute; a spare that was made ends that."""
    for pause_s in (2, 4, 8, 16, 32, LONGEST_PAUSE_S, LONGEST_PAUSE_S):
        upkeep.failed("nothing is ready", clocks.now)
        assert not upkeep.may_make(clocks.run(pause_s - 0.1))
        assert upkeep.may_make(clocks.run(0.1))
    assert upkeep.why_none == "nothing is ready"

    upkeep.made()
    upkeep.failed("again", clocks.now)

    assert upkeep.may_make(clocks.run(2))


def test_the_agent_ends_at_its_time_however_often_it_is_asked(upkeep, clocks):
    """Its time is counted from its start."""
    for _ in range(4):
        upkeep.served(clocks.run(1800))

    assert upkeep.left_s(clocks.now) == 0


def test_the_agent_ends_when_nobody_asks(upkeep, clocks):
    """An hour without a `get` is its end, also when the computer slept meanwhile."""
    assert upkeep.left_s(clocks.sleep(IDLE_S - 1)) == 1

    upkeep.served(clocks.now)

    assert upkeep.left_s(clocks.now) == IDLE_S


def test_other_terms_begin_anew(upkeep, clocks):
    """Who starts a running agent again sets its end from now on."""
    upkeep.look(clocks.run(700))

    upkeep.agree(Terms(for_s=900, spares=1), clocks.now)

    assert upkeep.left_s(clocks.now) == 900
    assert upkeep.wanted() == 1


def test_nobody_looks_at_the_clocks_all_the_time(upkeep, clocks):
    """What is due already is done, and is no reason to wake up again at once."""
    assert upkeep.pause_s(clocks.now) == 0.5

    assert upkeep.pause_s(clocks.run(1)) == 10
