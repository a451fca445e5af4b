"""What is killed: each command, what it needs, and what must be so afterwards.

Rule: between the kill and the next run of the command only the function acts.
"""

from collections.abc import Callable
from dataclasses import dataclass

from asgwarm.domain.record import State
from tests.integration.loop.pool import Pool
from tests.prove.kill.yard import IDLE_S, Leak, Yard

PERIODS = 8  # a lease of a minute, its grace, and the passes that see them
PASSES = 20
SIZES = ("--hot", "1", "--warm", "1", "--cap", "6", "--allow", "127.0.0.0/8")


def _get(*more: str, ttl: str) -> Callable[[Pool, str], list[str]]:
    def argv(pool: Pool, _: str) -> list[str]:
        return ["get", pool.name, "--ttl", ttl, *more]

    return argv


def check_replaced(pool: Pool, before: set[str]) -> None:
    """Wait for instances that were not there before.

    Raises:
        Leak: One of them stays.
    """

    def is_new() -> bool:
        return pool.is_full() and not before & pool.running()

    try:
        pool.periods_until(is_new, most=PERIODS)
    except AssertionError as late:
        raise Leak(f"{before & pool.running()} stayed: {late}") from late


def _wider(pool: Pool) -> int:
    return pool.sizes["cap"] + 1


def _is_wider(pool: Pool, before: set[str]) -> None:
    pool.sizes["cap"] += 1


def _nothing(pool: Pool, before: set[str]) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command line.

    Args:
        argv: The command, told the pool and a lease.
        again: The same, to be run to its end; a longer lease, where it is one's own.
        codes: How it may end when what it asks for may be done already.
        logs_in: Whether it opens a session.
        holds: Whether it needs a lease.
        after: Waits for what has to be so when it has run again, told which
            instances there were before; raises Leak.
    """

    name: str
    argv: Callable[[Pool, str], list[str]]
    again: Callable[[Pool, str], list[str]] | None = None
    codes: tuple[int, ...] = (0,)
    logs_in: bool = False
    holds: bool = False
    after: Callable[[Pool, set[str]], None] = _nothing

    def rerun(self, pool: Pool, lease: str) -> list[str]:
        """What is run after the kill."""
        return (self.again or self.argv)(pool, lease)


ON_A_POOL = [
    Command(
        name="get",
        argv=_get("--no-shell", ttl="60s"),
        again=_get("--no-shell", ttl="3h"),
    ),
    Command(
        name="get -- CMD",
        argv=_get("--", "true", ttl="60s"),
        again=_get("--", "true", ttl="3h"),
        logs_in=True,
    ),
    Command(
        name="release",
        argv=lambda pool, lease: ["release", lease],
        codes=(0, 6),
        holds=True,
    ),
    Command(
        name="renew",
        argv=lambda pool, lease: ["renew", lease],
        holds=True,
    ),
    Command(
        name="refresh",
        argv=lambda pool, lease: ["refresh", pool.name],
        after=check_replaced,
    ),
    Command(
        name="up --plan",
        argv=lambda pool, _: ["up", pool.name, "--plan", "--cap", str(_wider(pool))],
    ),
    Command(
        name="up again",
        argv=lambda pool, _: ["up", pool.name, "--yes", "--cap", str(_wider(pool))],
        after=_is_wider,
    ),
]


def held_lease(yard: Yard, pool: Pool) -> str:
    """The id of a lease that somebody took and keeps."""
    refill(pool)
    said = yard.run("get", pool.name, "--no-shell", "--ttl", "3h")
    refill(pool)
    return said.out.decode().strip()


def bring_back(pool: Pool, lease: str = "") -> None:
    """Let the function alone bring a pool back to what was asked for.

    Args:
        lease: The only one that may be left.

    Raises:
        Leak: It does not, in PERIODS of a minute.
    """

    def is_well() -> bool:
        leased = {record.lease_id for record in pool.in_state(State.LEASED)}
        return leased <= {lease} and pool.is_full()

    try:
        pool.periods_until(is_well, most=PERIODS)
    except AssertionError as late:
        raise Leak(str(late)) from late


def give_back(pool: Pool) -> None:
    """End whatever lease is left, and fill the pool; time stands still."""
    for record in pool.in_state(State.LEASED):
        pool.release(record)
    refill(pool)


def refill(pool: Pool) -> None:
    """Return when a pool is full, by passes at the same moment.

    Raises:
        Leak: It does not become so.
    """
    pool.region.until(pool.control.idle, timeout_s=IDLE_S)
    for _ in range(PASSES):
        if pool.is_full():
            return
        pool.fire()
    raise Leak(f"{pool.name} is not full after {PASSES} passes: {pool.counts()}")
