"""Claimants at once on the emulated region: how often each has to try, and how long.

Rule 1: in each round all have read what is ready before anybody writes, as they would
with equal ways to AWS; from then on each goes as fast as it can.
Rule 2: rounds are repeated, with new instances for those that were taken, until there
are enough claims to be held against the formula, or more claimants than instances.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from math import ceil
from pathlib import Path
from subprocess import PIPE
from typing import Any

from asgwarm.clients import AwsSettings, Clients
from tests.prove.contention.formula import (
    ENOUGH,
    expected_attempts,
    is_off,
    quantile,
)
from tests.prove.histories import store

CLAIMERS, READY = (1, 4, 16, 64, 256), (1, 10, 100, 1_000)
PROCESSES = 4
TIMEOUT_S = 100.0
REPOSITORY = Path(__file__).resolve().parents[3]


@dataclass(kw_only=True)
class Cell:
    """What came of so many claimants of so many ready instances, round after round."""

    claimers: int
    ready: int
    rounds: int = 0
    attempts: list[int] = field(default_factory=list)  # of those who got one
    took_ms: list[float] = field(default_factory=list)  # of those
    writes: int = 0  # of everybody
    told: list[str] = field(default_factory=list)  # those who got none

    @property
    def attempts_per_claim(self) -> float:
        """Mean number of writes of those who got an instance."""
        return sum(self.attempts) / len(self.attempts)

    @property
    def is_off(self) -> bool:
        """Whether that is not what the formula says, or somebody got too much."""
        claims = len(self.attempts)
        fair = claims == self.rounds * min(self.claimers, self.ready)
        known = self.attempts_per_claim, self.claimers, self.ready
        return not fair or is_off(*known, claims=claims)

    def __str__(self) -> str:
        expected = expected_attempts(self.claimers, self.ready)
        claims, numbers = len(self.attempts), [float(n) for n in self.attempts]
        return (
            f"{self.claimers:>8}{self.ready:>7}{claims:>8}"
            f"{self.writes - claims:>8}{self.attempts_per_claim:>10.2f}"
            f"{expected or float('nan'):>9.2f}{quantile(numbers, 0.99):>6.0f}"
            f"{quantile(self.took_ms, 0.5):>9.0f}{quantile(self.took_ms, 0.99):>7.0f}"
            f"{'  off' if self.is_off else ''}"
        )


HEAD = (
    "claimers  ready  claims  losses  attempts  formula   p99   p50 ms    p99"
    "   (nan: some try in vain)"
)


class Crowd:
    """Processes of claimants, who play rounds together."""

    def __init__(self, settings: AwsSettings, processes: int = PROCESSES) -> None:
        self._processes = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.prove.contention.claimers"],
                stdin=PIPE,
                stdout=PIPE,
                cwd=REPOSITORY,
                env=dict(os.environ) | {"PYTHONPATH": str(REPOSITORY)},
                text=True,
            )
            for _ in range(processes)
        ]
        for process in self._processes:
            _say(process, json.dumps(asdict(settings)))

    def play(self, pool: str, claimers: int, name: str) -> list[dict[str, Any]]:
        """Let so many claim in a pool at once; what became of each."""
        share, rest = divmod(claimers, len(self._processes))
        playing = []
        for number, process in enumerate(self._processes):
            if count := share + (number < rest):
                asked = {"pool": pool, "count": count, "seed": f"{name} {number}"}
                _say(process, json.dumps(asked | {"name": f"{name}-{number}"}))
                playing.append(process)
        for process in playing:
            assert _heard(process) == "read"
        for process in playing:
            _say(process, "go")
        return [one for process in playing for one in json.loads(_heard(process))]

    def close(self) -> None:
        """End the processes."""
        for process in self._processes:
            with process:
                process.kill()


@contextmanager
def crowd_of(settings: AwsSettings, processes: int = PROCESSES) -> Iterator[Crowd]:
    """Processes of claimants for as long as a block lasts."""
    made = Crowd(settings, processes)
    try:
        yield made
    finally:
        made.close()


def cells(
    settings: AwsSettings,
    *,
    claimers: Sequence[int] = CLAIMERS,
    ready: Sequence[int] = READY,
    shards: int = 1,
    processes: int = PROCESSES,
) -> Iterator[Cell]:
    """Play every number of claimants on every number of ready instances."""
    settings = replace(settings, read_timeout_s=TIMEOUT_S)  # 256 read at once
    client = Clients(settings).full_dynamodb
    with crowd_of(settings, processes) as crowd:
        for there in ready:
            pool = f"ready{there}-{shards}"
            store.open_pool(client, pool, shards=shards)
            store.fill(client, pool, store.instance_ids(there), shards=shards)
            for many in claimers:
                cell = Cell(claimers=many, ready=there)
                for number in range(ceil(ENOUGH / many) if many <= there else 1):
                    taken = _round(crowd, pool, cell, f"c{many}-{number}")
                    ids = store.instance_ids(taken)
                    store.fill(client, pool, ids, shards=shards)
                yield cell


def _round(crowd: Crowd, pool: str, cell: Cell, name: str) -> int:
    """Play one round into a cell; how many got an instance."""
    outcomes = crowd.play(pool, cell.claimers, name)
    won = [one for one in outcomes if one["outcome"].startswith("i-")]
    assert len({one["outcome"] for one in won}) == len(won), "two share an instance"
    cell.rounds += 1
    cell.attempts += [one["attempts"] for one in won]
    cell.took_ms += [one["took_ms"] for one in won]
    cell.writes += sum(one["attempts"] for one in outcomes)
    cell.told += [one["outcome"] for one in outcomes if one not in won]
    return len(won)


def _say(process: "subprocess.Popen[str]", line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()


def _heard(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().rstrip("\n")
