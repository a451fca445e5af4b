"""What a pool's instances did, and for how long."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from asgwarm.domain.edges import EDGES
from asgwarm.domain.usage import Tier, stays_of, usage_of
from tests.unit.domain.rows import row

WARMED = (
    (100, "register"),
    (160, "warmed"),
    (1000, "leave"),
    (1030, "ready"),
    (1500, "claim"),
    (3300, "release", "released"),
    (3360, "gone"),
)


def _usage(*rows, since=0, until=10_000, warm_runs=False):
    stays = stays_of(rows, until)
    return usage_of(stays, since=since, until=until, warm_runs=warm_runs)


def _seconds(usage):
    return {str(tier): spent_s for tier, spent_s in usage.seconds.items() if spent_s}


def test_each_second_of_a_life_is_counted_in_the_tier_that_it_was_spent_in():
    """From the launch through the warm pool and a lease to the end."""
    usage = _usage(row("i-1", *WARMED))

    assert _seconds(usage) == {
        "warming": 60 + 30,
        "warm": 840,
        "ready": 470,
        "leased": 1800,
        "draining": 60,
    }
    assert (usage.instances, usage.starts, usage.changes) == (1, 2, 6)
    assert usage.users == {"ada@lab": 1800}


def test_what_goes_on_is_counted_until_now():
    """A lease that lasts has no end yet."""
    usage = _usage(row("i-1", *WARMED[:5]), until=2000)

    assert _seconds(usage)["leased"] == 500


def test_only_what_lies_in_the_time_is_counted():
    """A lease that began before and ended later counts with the part in between."""
    usage = _usage(row("i-1", *WARMED), since=2000, until=2100)

    assert _seconds(usage) == {"leased": 100}
    assert (usage.starts, usage.changes, usage.short_s) == (0, 0, 0)


def test_what_the_clock_of_a_claimant_says_takes_no_second_twice():
    """A claim that seems to be before the readiness is at it."""
    usage = _usage(
        row("i-1", (0, "register"), (100, "ready"), (40, "claim"), (200, "release")),
        until=200,
    )

    assert _seconds(usage) == {"warming": 100, "leased": 100}


def test_what_a_clock_says_is_still_to_come_has_not_happened():
    """Nobody pays for tomorrow."""
    usage = _usage(row("i-1", (0, "register"), (900, "ready")), until=500)

    assert _seconds(usage) == {"warming": 500}


def test_a_spare_that_nobody_used_is_no_lease_of_use():
    """Whoever uses one makes its lease as long as they asked for."""
    told = ((0, "register"), (100, "ready"), (200, "claim", "spare"), (500, "release"))
    unused = row("i-1", *told, dur_s=90)
    used = row("i-2", *told, dur_s=3600)

    assert _seconds(_usage(unused, until=500))["spare"] == 300
    assert _seconds(_usage(used, until=500))["leased"] == 300


def test_every_start_is_billed_for_a_minute_at_least():
    """One that ran for 20 seconds is billed for 40 more; what runs still, not."""
    brief = row("i-1", (100, "register"), (120, "lost"))
    running = row("i-2", (9_990, "register"))

    assert _usage(brief).short_s == 40
    assert _usage(running).short_s == 0


def test_a_start_out_of_the_warm_pool_is_billed_anew():
    """Unless it ran there as well."""
    woken = row("i-1", (0, "register"), (90, "warmed"), (500, "leave"), (510, "lost"))

    assert _usage(woken).short_s == 50
    assert _usage(woken, warm_runs=True).short_s == 0


def test_lines_of_edges_that_are_not_known_change_nothing():
    """A newer version may have more of them."""
    usage = _usage(row("i-1", (0, "register"), (50, "polish"), (100, "lost")))

    assert _seconds(usage) == {"warming": 100}


def test_of_a_quarantined_instance_only_what_is_told_is_counted():
    """Its row has forgotten what was before."""
    usage = _usage(row("i-1", (100, "quarantine"), (400, "discard"), (450, "gone")))

    assert _seconds(usage) == {"quarantined": 300, "draining": 50}


LINES = st.lists(
    st.tuples(
        st.integers(0, 2000),
        st.sampled_from(sorted(EDGES)),
        st.sampled_from(["", "spare", "waited 4 s"]),
    ),
    max_size=8,
)


@given(
    lives=st.lists(LINES, max_size=5),
    cuts=st.tuples(*[st.integers(0, 2500)] * 3).map(sorted),
)
def test_the_seconds_of_all_tiers_add_up_to_those_of_the_lives(lives, cuts):
    """Whatever the lines say; and a time can be cut in two."""
    since, middle, until = cuts
    rows = [row(f"i-{n}", *lines, dur_s=90) for n, lines in enumerate(lives)]
    stays = stays_of(rows, until)

    def spent(since, until):
        usage = usage_of(stays, since=since, until=until, warm_runs=False)
        return sum(usage.seconds.values())

    lived = 0
    for n in range(len(lives)):
        mine = [stay for stay in stays if stay.instance_id == f"i-{n}"]
        assert all(a.ended == b.began for a, b in pairwise(mine))
        if mine:
            lived += max(0, min(mine[-1].ended, until) - max(mine[0].began, since))
    assert spent(since, until) == lived
    assert spent(since, until) == spent(since, middle) + spent(middle, until)


def test_a_tier_that_nobody_was_in_is_zero_seconds():
    """The table of tiers is complete."""
    assert set(_usage().seconds) == set(Tier)
