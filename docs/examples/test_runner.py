"""Run a test suite on several instances at once, a share of its files on each.

    python test_runner.py --instances 4 PROJECT -- python3 -m pytest -q

The exit code is the worst of all shares.
"""

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from asgwarm import STDOUT, Done, Pool


def shares(project: Path, count: int) -> list[list[str]]:
    """The test files of a project, dealt out like cards."""
    files = sorted(
        str(path.relative_to(project)) for path in project.rglob("test_*.py")
    )
    dealt = [files[first::count] for first in range(count)]
    return [share for share in dealt if share]


def run_share(pool: Pool, project: Path, command: list[str], files: list[str]) -> Done:
    """Run some of the tests on an instance of their own."""
    with pool.get(wait="5m") as instance:
        instance.put(project, "project")
        return instance.run(
            [*command, *files],
            cwd="project",
            env={"CI": "1"},
            stderr=STDOUT,
            timeout=1800,
            check=False,
        )


def main() -> int:
    """Run all shares and tell what came of each."""
    options = argparse.ArgumentParser()
    options.add_argument("project", type=Path)
    options.add_argument("--instances", type=int, default=4)
    options.add_argument("command", nargs="*", default=["python3", "-m", "pytest"])
    asked = options.parse_args()
    todo = shares(asked.project, asked.instances)
    run = partial(run_share, Pool(), asked.project, asked.command)
    with ThreadPoolExecutor(len(todo)) as threads:
        results = list(threads.map(run, todo))
    for share, done in zip(todo, results, strict=True):
        print(f"== {' '.join(share)}: exit code {done.returncode}\n{done.stdout}")
    return max(done.returncode for done in results)


if __name__ == "__main__":
    sys.exit(main())
