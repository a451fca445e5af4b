"""How the times of a user's own bench are summed up."""

import pytest

from asgwarm.bench.figures import Figure, Shot, percentile, summary


@pytest.mark.parametrize(
    ("count", "share", "expected"),
    [(20, 0.95, 19), (21, 0.95, 20), (5, 0.95, 5), (1, 0.95, 1), (10, 0.9, 9)],
)
def test_a_percentile_is_a_time_that_was_measured(count, share, expected):
    """The smallest that so many do not exceed, whatever the order."""
    values = [float(value) for value in range(count, 0, -1)]

    assert percentile(values, share) == expected


def test_the_smallest_share_is_the_smallest_time():
    """There is no time before the first."""
    assert percentile([7.0, 3.0], 0.0) == 3


def test_a_phase_is_summed_up_over_the_shots_that_had_it():
    """A claim that read nothing has no query; the order is that of the first shot."""
    found = summary(
        [
            Shot(total_ms=100.4, phases_ms={"start": 10, "claim": 4}),
            Shot(total_ms=300.0, phases_ms={"start": 30, "query": 9, "claim": 6}),
        ]
    )

    assert found.total == Figure(p50_ms=200, p95_ms=300, n=2)
    assert list(found.phases) == ["start", "claim", "query"]
    assert found.phases["claim"] == Figure(p50_ms=5, p95_ms=6, n=2)
    assert found.phases["query"] == Figure(p50_ms=9, p95_ms=9, n=1)
