"""`make bench-local`: the same question on the emulated region of this computer.

No wire, no TLS, no root, no OpenSSH: what is left is what the clients themselves take.
Its figures say nothing of AWS.

usage: python -m tests.bench.local [ROUNDS]
"""

import os
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from asgwarm.clock import monotonic_s
from tests.bench.command import BenchFailed
from tests.bench.figures import Summary, summary
from tests.bench.measure import probing, rounds
from tests.bench.network import PREFIX
from tests.bench.supply import POOL
from tests.bench.ways import PRODUCT, naive, product, told
from tests.integration.pools import serve
from tests.prove.regions import running_region

ROUNDS, LEAST_ROUNDS, BUDGET_S = 9, 7, 120
LINES = {PRODUCT: product(), "naive": naive()}


def measure(most: int, console: Console) -> dict[str, Summary]:
    """Return what each way came to."""
    with (
        tempfile.TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-") as name,
        running_region(Path(name) / "region") as region,
        probing() as probe,
        console.status("a region of its own") as status,
    ):
        pool = serve(region, POOL, hot=2, warm=2, cap=100)
        shots = rounds(
            probe,
            LINES,
            told(Path(name)) | region.environment(),
            most=most,
            least=LEAST_ROUNDS,
            until_s=monotonic_s() + BUDGET_S,
            tell=status.update,
            before=pool.until_ready,
        )
    return {way: summary(found) for way, found in shots.items()}


def table(ways: dict[str, Summary]) -> Table:
    """Return the ways, fastest first."""
    shown = Table()
    for name in ("way", "median", "p90", "n", "CPU"):
        shown.add_column(name, justify="left" if name == "way" else "right")
    for name, way in sorted(ways.items(), key=lambda each: each[1].median_ms):
        figures = (way.median_ms, way.p90_ms, way.n, way.cpu_ms or 0)
        shown.add_row(name, *(f"{figure:.0f}" for figure in figures))
    return shown


def main() -> int:
    """Measure and show; 1 when it could not be measured."""
    most = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    try:
        ways = measure(most, Console(stderr=True))
    except BenchFailed as failed:
        sys.stderr.write(f"bench: {failed}\n")
        return 1
    console = Console(width=100, highlight=False)
    console.print("emulated region, loopback: spawn to first remote byte, ms")
    console.print(table(ways))
    return 0


if __name__ == "__main__":
    sys.exit(main())
