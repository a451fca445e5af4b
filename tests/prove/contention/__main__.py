"""`make contention`: how often claimants have to try, and how many a table carries.

First real claimants on the emulated region, then the same in virtual time with equal
ways for all, both held against the formula; then claims by the thousand a second on a
model of DynamoDB's partitions, for every number of shards. 1 when something is off.
"""

import argparse
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.integration.pools import settings_of
from tests.prove.contention import live, writes
from tests.prove.contention.flood import Figures, Flood, crowd
from tests.prove.contention.formula import expected_attempts, is_off, quantile
from tests.prove.contention.partitions import WRITES
from tests.prove.regions import running_region

SHARDS = (1, 2, 4, 8, 16, 32, 64)
READY_PER_SHARD = 1_000
GOAL_PER_S = 10_000
CARRIES = 32  # shards, for that many claims a second
SLOWEST_MS = 1_000  # of 99 in 100 claims, there
CLAIMS_EVERY_S = 2  # each computer
WHOLE = 0.97  # share of what is asked for that is as good as all
DERIVED = 0.1  # how far what is simulated may be from that
VIRTUAL_CLAIMS = 1_000  # of each cell
MANY = 4_000  # claims of a flood, where it is not too short then


def main() -> int:
    """Run everything; 1 when something was off."""
    options = argparse.ArgumentParser(prog="contention")
    options.add_argument("--seed", type=int, default=1)
    seed = options.parse_args().seed
    say(f"seed {seed}")
    wrong = [*on_region(), *in_virtual_time(seed), *on_partitions(seed)]
    for one in wrong:
        say(f"wrong: {one}")
    return 1 if wrong else 0


def say(line: str) -> None:
    """Tell a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def on_region() -> list[str]:
    """Real claimants over HTTP; what is wrong."""
    say("\nclaimants in four processes, on the emulated region, one shard")
    say(live.HEAD)
    wrong = []
    with (
        tempfile.TemporaryDirectory(prefix="contention-") as name,
        running_region(Path(name)) as region,
    ):
        for cell in live.cells(settings_of(region)):
            say(str(cell))
            if cell.is_off:
                wrong.append(f"{cell.claimers} claimants of {cell.ready} ready")
    return wrong


def in_virtual_time(seed: int) -> list[str]:
    """The same choices with 24 ms for each request; what is wrong."""
    say("\nthe same in virtual time, begun within 50 ms, a request 24 ms")
    say("claimers  ready  claims  attempts  formula   p99   p50 ms    p99")
    wrong = []
    for ready in live.READY:
        for claimers in live.CLAIMERS:
            if claimers > ready:
                continue
            rounds = range(max(2, VIRTUAL_CLAIMS // claimers // 4))
            runs = [crowd(claimers, ready, seed=seed * 1000 + n) for n in rounds]
            attempts = [float(n) for run in runs for n in run.attempts]
            took_ms = [one for run in runs for one in run.took_ms]
            mean = sum(attempts) / len(attempts)
            say(
                f"{claimers:>8}{ready:>7}{len(attempts):>8}{mean:>10.2f}"
                f"{expected_attempts(claimers, ready) or 0:>9.2f}"
                f"{quantile(attempts, 0.99):>6.0f}{quantile(took_ms, 0.5):>9.0f}"
                f"{quantile(took_ms, 0.99):>7.0f}"
            )
            if is_off(mean, claimers, ready, claims=len(attempts)):
                wrong.append(f"{claimers} of {ready} in virtual time")
    return wrong


def on_partitions(seed: int) -> list[str]:
    """Claims by the thousand a second; what is wrong."""
    units, others = writes.claim_units(), writes.other_units()
    say(
        f"\na claim is {units} write units (row, and its entry in the index), a lost "
        f"one {writes.lost_units()}; the other writes of a life {others}; a page "
        f"{writes.page_units(8)} read units, META 1"
    )
    say(
        "shards  derived/s  with what is lost  simulated/s  attempts"
        "  whole lives/s: derived  simulated"
    )
    wrong = []
    with ProcessPoolExecutor(2) as pool:
        limits = pool.map(_limit, [(shards, seed) for shards in SHARDS])
        goals = [pool.submit(_goal, shards, seed) for shards in (16, 32, 64)]
        odd = {name: pool.submit(flood.run) for name, flood in _odd(seed).items()}
        for shards, (claims, lives) in zip(SHARDS, limits, strict=True):
            attempts = claims.attempts_per_claim
            derived = shards * WRITES / units
            left = shards * WRITES / (units + (attempts - 1) * writes.lost_units())
            whole = shards * WRITES / (units + others)
            say(
                f"{shards:>6}{derived:>11,.0f}{left:>19,.0f}"
                f"{claims.won_per_s:>13,.0f}{attempts:>10.2f}"
                f"{whole:>24,.0f}{lives.won_per_s:>11,.0f}"
            )
            if abs(claims.won_per_s / left - 1) > DERIVED:
                wrong.append(f"{shards} shards carry {claims.won_per_s:.0f} claims/s")
        say(f"\n{GOAL_PER_S:,} claims a second are asked for, of which")
        for shards, going in zip((16, 32, 64), goals, strict=True):
            got = going.result()
            say(f"{shards:>4} shards: {told(got)}")
            if shards == CARRIES and not _is_carried(got, GOAL_PER_S):
                wrong.append(f"{shards} shards do not carry {GOAL_PER_S:,} claims/s")
        say("\nand where it is not like that")
        for name, going in odd.items():
            say(f"{name}: {told(going.result())}")
    return wrong


def told(found: Figures) -> str:
    """What came of a flood, in a line."""
    count = len(found.took_ms) + found.failed
    reads = found.counts["META read"], found.counts["page read"]
    each = found.counts["won"]
    return (
        f"{found.won_per_s:,.0f}/s, p50 {found.took(0.5):.0f} ms, p99 "
        f"{found.took(0.99):.0f} ms, {found.failed} of {count} failed, "
        f"{found.throttled} throttled; a claim: {found.attempts_per_claim:.2f} writes, "
        f"{reads[0] / each:.2f} META, {reads[1] / each:.2f} pages"
    )


def _limit(asked: tuple[int, int]) -> tuple[Figures, Figures]:
    """Ask for a fifth more than is derived: claims alone, and with whole lives."""
    shards, seed = asked
    both = []
    for lives in (False, True):
        units = writes.claim_units() + lives * writes.other_units()
        rate = 1.2 * shards * WRITES / units
        both.append(_flood(shards, rate, seed, lives=lives).run())
    return both[0], both[1]


def _goal(shards: int, seed: int) -> Figures:
    return _flood(shards, GOAL_PER_S, seed).run()


def _odd(seed: int) -> dict[str, Flood]:
    """Floods that a number of shards alone does not settle."""

    def cold(rate: float) -> Flood:
        return Flood(shards=32, rate=rate, ready=32_000, seed=seed)

    return {
        "32 shards, nobody remembers anything, 1,400/s": cold(1_400),
        "32 shards, nobody remembers anything, 4,000/s": cold(4_000),
        "32 shards on 8 partitions, 6,000/s": _flood(32, 6_000, seed, partitions=8),
        "32 shards, 64 ready: one in seven is empty, 500/s": Flood(
            shards=32, rate=500, ready=64, seed=seed, computers=1_000
        ),
    }


def _flood(
    shards: int, rate: float, seed: int, *, lives: bool = False, partitions: int = 0
) -> Flood:
    return Flood(
        shards=shards,
        rate=rate,
        seconds=min(0.5, max(0.2, MANY / rate)),
        ready=READY_PER_SHARD * shards,
        seed=seed,
        computers=int(rate * CLAIMS_EVERY_S),
        lives=lives,
        partitions=partitions,
    )


def _is_carried(found: Figures, rate: float) -> bool:
    is_quick = found.took(0.99) <= SLOWEST_MS
    return found.won_per_s >= WHOLE * rate and is_quick and not found.failed


if __name__ == "__main__":
    sys.exit(main())
