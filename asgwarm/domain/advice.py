"""What a pool's history says about its sizes.

Rule 1: sizes are advised only where a replay of the history with the real ones shows
what was seen; otherwise that is said instead.
Rule 2: fewer hot ones are advised only from a day of history on.
"""

from collections.abc import Iterator
from decimal import Decimal
from statistics import median

from asgwarm.domain.demand import Demand
from asgwarm.domain.replay import Sizes, replay
from asgwarm.domain.value import value

# Less is not noticed by who waits for seconds anyway, nor told from noise.
LEAST_SAVED_S, LEAST_SHARE = 1.0, 0.1
FEW = 20  # one who waits among so many is no reason to keep more
MOST_MORE = 20  # instances that are tried on top
A_DAY_S = 86_400


@value
class Advice:
    """One thing that the history says.

    Attributes:
        options: What to give `asgwarm up`, `--hot 2`; empty where nothing is to change.
    """

    sentence: str
    options: str = ""


@value
class Monthly:
    """Estimated dollars a month of one instance."""

    resting: Decimal  # in the warm pool
    running: Decimal


def pays(saved_s: float, cold_s: float) -> bool:
    """Whether a start that takes so much less than a cold one is worth having."""
    return saved_s >= max(LEAST_SAVED_S, cold_s * LEAST_SHARE)


def advise(demand: Demand, sizes: Sizes, monthly: Monthly | None) -> list[Advice]:
    """Return what the history says, what is to change first.

    Args:
        monthly: None where no price is known; then no sentence names one.
    """
    found = [*_about_hot(demand, sizes, monthly), *_about_warm(demand, sizes, monthly)]
    return sorted(found, key=lambda advice: not advice.options)


def _about_hot(
    demand: Demand, sizes: Sizes, monthly: Monthly | None
) -> Iterator[Advice]:
    a_day = demand.until - demand.since >= A_DAY_S
    if demand.arrivals:
        yield _by_replay(demand, sizes, monthly, a_day=a_day)
    elif sizes.hot and a_day:
        yield Advice(
            sentence="nobody got an instance in this time: hot 0 "
            + _saves(sizes.hot, monthly)
            + "; whoever comes then waits for a start",
            options="--hot 0",
        )


def _by_replay(
    demand: Demand, sizes: Sizes, monthly: Monthly | None, *, a_day: bool
) -> Advice:
    count, seen, now = len(demand.arrivals), _seen(demand), replay(demand, sizes)
    if now is None:
        return Advice(sentence=f"{seen}; no start was seen to replay it with")
    waited = sum(bool(each.waited_s) for each in demand.arrivals)
    if abs(now.waited - waited) > count // 10:
        return Advice(
            sentence=f"{seen}, and {now.waited} when the history is replayed with "
            f"hot {sizes.hot}: other sizes cannot be judged by it"
        )
    if waited > count // FEW:
        return _more(seen, demand, sizes, monthly)
    less = _as_good(demand, sizes, now.waited) if a_day else sizes.hot
    if less == sizes.hot:
        return Advice(sentence=f"{seen}: hot {sizes.hot} is right")
    return Advice(
        sentence=f"{seen}: hot {less} would have served as many at once and "
        + _saves(sizes.hot - less, monthly),
        options=f"--hot {less}",
    )


def _seen(demand: Demand) -> str:
    """Say who waited, and for how long."""
    count = len(demand.arrivals)
    waits = [each.waited_s for each in demand.arrivals if each.waited_s]
    seen = f"{len(waits)} of {count} {_gets(count)} waited"
    if waits:
        seen += f", {median(waits):g} s in the median"
    if len(waits) > 1:
        seen += f" and {max(waits)} s at most"
    return seen


def _more(seen: str, demand: Demand, sizes: Sizes, monthly: Monthly | None) -> Advice:
    """Advise the least that lets few wait."""
    count = len(demand.arrivals)
    for hot in range(sizes.hot + 1, sizes.hot + MOST_MORE + 1):
        would = replay(demand, _with(sizes, hot=hot))
        if would and would.waited <= count // FEW:
            more = hot - sizes.hot
            price = f" for ${more * monthly.running:,.2f} a month" if monthly else ""
            served = "all" if not would.waited else f"{count - would.waited}"
            return Advice(
                sentence=f"{seen}: hot {hot} would have served {served} at once{price}",
                options=f"--hot {hot}",
            )
    return Advice(sentence=f"{seen}, and no more hot ones within the cap change that")


def _as_good(demand: Demand, sizes: Sizes, waited: int) -> int:
    """Return how few hot ones would have let no more wait."""
    for hot in range(sizes.hot):
        would = replay(demand, _with(sizes, hot=hot))
        if would and would.waited <= waited:
            return hot
    return sizes.hot


def _about_warm(
    demand: Demand, sizes: Sizes, monthly: Monthly | None
) -> Iterator[Advice]:
    warm_s, cold_s = demand.pace.warm_start_s, demand.pace.cold_start_s
    if warm_s is None or cold_s is None:
        missing = "warm" if warm_s is None else "cold"
        if sizes.warm:
            yield Advice(
                sentence=f"no {missing} start in this time: whether the warm pool pays "
                "is not known from it"
            )
        return
    saved_s, pace = cold_s - warm_s, demand.pace
    compared = (
        f"{warm_s:g} s in {_starts(pace.warm_starts)} instead of {cold_s:g} s in "
        f"{pace.cold_starts}"
    )
    if pays(saved_s, cold_s):
        each = f" for ${monthly.resting:,.2f} a month each" if monthly else ""
        yield Advice(
            sentence=f"a stopped instance is ready {saved_s:g} s sooner than a new one "
            f"({compared}){each}"
        )
    elif sizes.warm:
        what = f"saves {saved_s:g} s" if saved_s > 0 else "saves nothing"
        yield Advice(
            sentence=f"the warm pool {what} on this image ({compared}): set --warm 0",
            options="--warm 0",
        )


def _with(sizes: Sizes, *, hot: int) -> Sizes:
    return Sizes(hot=hot, warm=sizes.warm, cap=sizes.cap)


def _saves(fewer: int, monthly: Monthly | None) -> str:
    return f"saves ${fewer * monthly.running:,.2f} a month" if monthly else "is less"


def _starts(count: int) -> str:
    return "1 start" if count == 1 else f"{count} starts"


def _gets(count: int) -> str:
    return "get" if count == 1 else "gets"
