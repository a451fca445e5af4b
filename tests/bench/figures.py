"""What a run came to, as values.

Rule: medians and the 90th percentile by rank, so that every figure is one that was
measured, or lies between two that were.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from asgwarm.bench.figures import percentile
from tests.bench.conditions import Conditions, limit_ms
from tests.bench.phases import Steps
from tests.bench.probe import Shot

LIMIT = "limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One way under one run's conditions; n is 0 for what is computed."""

    median_ms: float
    p90_ms: float
    n: int
    cpu_ms: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One table.

    Args:
        facts: What else is to be known of it, in words for a document.
        phases: The medians of the steps of our own ways, in ms.
    """

    conditions: Conditions
    ways: Mapping[str, Summary]
    facts: Mapping[str, str | int | float] = field(default_factory=dict)
    phases: Mapping[str, Steps] = field(default_factory=dict)

    def sorted(self) -> list[tuple[str, Summary]]:
        """The ways, fastest first."""
        return sorted(self.ways.items(), key=lambda way: way[1].median_ms)


def summary(shots: Sequence[Shot]) -> Summary:
    """Sum up the shots of a way, of which there is at least one."""
    first = [shot.first_byte_ms for shot in shots]
    return Summary(
        median_ms=round(median(first), 1),
        p90_ms=round(percentile(first, 0.9), 1),
        n=len(shots),
        cpu_ms=round(median(shot.cpu_ms for shot in shots), 1),
    )


def limit(conditions: Conditions) -> Summary:
    """What physics leaves, as if it were a way."""
    limit = limit_ms(conditions)
    return Summary(median_ms=limit, p90_ms=limit, n=0, cpu_ms=None)
