"""What a session felt like, as values, and what it is to feel like.

Rule: everything is a time, so that less is better and a ratio says how much worse.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from statistics import median

from tests.bench.conditions import Conditions
from tests.bench.targets import Verdict

OURS, THEIRS = "get", "ssh"
FACTOR = 1.5
KEYS = 60
MB = 1 << 20
# How much of each there is in one round: keys of `echo`, bytes of the others.
AMOUNTS = {"echo": KEYS, "down": 64 * MB, "up": 64 * MB, "screen": 16 * MB}
RUNS = (
    Conditions(rtt_ms=20, lookup="quick", rounds=3, least_rounds=1),
    Conditions(rtt_ms=80, lookup="quick", rounds=3, least_rounds=1),
)

# By the kind of what was measured, all times of all rounds.
Taken = Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """One run.

    Attributes:
        ways: What was measured, by OURS and THEIRS.
    """

    conditions: Conditions
    ways: Mapping[str, Taken]
    facts: Mapping[str, str | int | float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What people call the run."""
        return f"live{self.conditions.rtt_ms}"


def p95(values: Sequence[float]) -> float:
    """The smallest value that nineteen in twenty do not exceed."""
    return sorted(values)[ceil(len(values) * 0.95) - 1]


def figures(taken: Taken) -> dict[str, float]:
    """Return the milliseconds that count, by their names."""
    found = {"echo p50": median(taken["echo"]), "echo p95": p95(taken["echo"])}
    streams = {kind: median(taken[kind]) for kind in AMOUNTS if kind != "echo"}
    return {name: round(ms, 1) for name, ms in (found | streams).items()}


def mb_s(name: str, took_ms: float) -> float | None:
    """The rate of a stream, in MiB a second; None of what is none."""
    if name not in AMOUNTS:
        return None
    return round(AMOUNTS[name] / MB / took_ms * 1000, 1)


def verdicts(runs: Sequence[Live]) -> list[Verdict]:
    """Hold every figure of ours against OpenSSH's of the same run."""
    return [
        Verdict(
            run=run.name,
            said=f"{name} at most {FACTOR} x {THEIRS}",
            measured_ms=ours,
            most_ms=round(figures(run.ways[THEIRS])[name] * FACTOR, 1),
        )
        for run in runs
        for name, ours in figures(run.ways[OURS]).items()
    ]
