"""`make soak`: many sessions held for long, a command in each now and then.

The last line is the sum; the exit code is 1 when a command went wrong or anything is
left afterwards.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.integration.pools import serve
from tests.prove.regions import running_region
from tests.prove.sessions.held import faults, held, told

EVERY_S = 10.0
SESSIONS_EACH = 20  # of one instance


def main() -> int:
    """Hold the sessions, and tell what was found."""
    options = argparse.ArgumentParser(prog="soak")
    options.add_argument("--sessions", type=int, default=200)
    options.add_argument("--seconds", type=float, default=600)
    asked = options.parse_args()
    instances = max(1, asked.sessions // SESSIONS_EACH)
    with (
        tempfile.TemporaryDirectory(prefix="soak-") as name,
        running_region(Path(name) / "region") as region,
    ):
        pool = serve(region, "soak", hot=instances, warm=0, cap=4 * instances)
        figures = held(
            pool,
            Path(name),
            sessions=asked.sessions,
            rounds=1 + round(asked.seconds / EVERY_S),
            every_s=EVERY_S,
        )
        found = faults(figures, pool)
    for one in found:
        sys.stdout.write(f"{one}\n")
    sys.stdout.write(f"{asked.seconds:g} s: {told(asked.sessions, figures)}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
