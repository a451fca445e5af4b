"""The runs as a picture, with the 90th percentile as the worst of a way."""

from collections.abc import Sequence

from asgwarm.bench import plot
from asgwarm.bench.plot import COMPUTED, OTHER, OURS, Bar, Chart
from tests.bench.figures import LIMIT, Run
from tests.bench.ways import PRODUCT

_COLOURS = {PRODUCT: OURS, LIMIT: COMPUTED}


def svg(runs: Sequence[Run]) -> str:
    """Return all runs below each other, each with a scale of its own."""
    return plot.svg([_chart(run) for run in runs])


def _chart(run: Run) -> Chart:
    conditions = run.conditions
    return Chart(
        title=f"spawn to first remote byte, ms: RTT {conditions.rtt_ms}, EC2 Instance "
        f"Connect {conditions.eic_ms}, {conditions.lookup} key lookup",
        bars=[
            Bar(
                name=name,
                middle_ms=way.median_ms,
                worst_ms=way.p90_ms,
                colour=_COLOURS.get(name, OTHER),
            )
            for name, way in run.sorted()
        ],
    )
