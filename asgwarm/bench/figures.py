"""What measured times come to.

Rule: a percentile is by rank, so that it is a time that was measured; a median lies
between two of them where their number is even.
"""

from collections.abc import Mapping, Sequence
from dataclasses import field
from math import ceil
from statistics import median

from asgwarm.domain.value import value

SHARE = 0.95  # what the second figure of every pair says


@value
class Shot:
    """One way, gone once.

    Attributes:
        total_ms: From its start to the first byte of what ran on the instance.
        phases_ms: The named parts of it, which may overlap.
    """

    total_ms: float
    phases_ms: Mapping[str, int] = field(default_factory=dict)


@value
class Figure:
    """A median and a 95th percentile in milliseconds, of *n* times."""

    p50_ms: int
    p95_ms: int
    n: int


@value
class Summary:
    """One way: its total, and its phases in the order in which they were told."""

    total: Figure
    phases: Mapping[str, Figure]


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest of *values* that *share* of them do not exceed."""
    return sorted(values)[max(1, ceil(len(values) * share)) - 1]


def figure(values: Sequence[float]) -> Figure:
    """Sum up times in milliseconds, of which there is at least one."""
    return Figure(
        p50_ms=round(median(values)),
        p95_ms=round(percentile(values, SHARE)),
        n=len(values),
    )


def summary(shots: Sequence[Shot]) -> Summary:
    """Sum up the shots of a way, of which there is at least one."""
    names = dict.fromkeys(name for shot in shots for name in shot.phases_ms)
    return Summary(
        total=figure([shot.total_ms for shot in shots]),
        phases={
            name: figure([s.phases_ms[name] for s in shots if name in s.phases_ms])
            for name in names
        },
    )
