"""The workers of the matrix: a region of its own each, and calls to strike in it.

Every worker takes lists of cells from its queue until None comes, and puts what was
wrong per cell. The last thing that it puts is None, also when the worker itself fails.
"""

import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.prove.faults.loop import loop_pool, strike_loop, unlisted_calls
from tests.prove.faults.matrix import strike
from tests.prove.faults.stage import Stage
from tests.prove.regions import running_region


def work_as_user(batches: Any, results: Any) -> None:
    """Strike calls of a user's commands."""
    with _place(results) as (region, folder):
        stage = Stage(region, folder).build()
        while batch := batches.get():
            stage.new_clients()
            for cell in batch:
                results.put(strike(stage, cell))


def work_on_loop(batches: Any, results: Any) -> None:
    """Strike calls of the function and of guests."""
    with _place(results) as (region, _):
        pool = loop_pool(region)
        while batch := batches.get():
            for cell in batch:
                results.put(strike_loop(pool, cell))
        if unlisted := unlisted_calls(region):
            results.put([f"no play is about {unlisted}"])


@contextmanager
def _place(results: Any) -> Iterator[tuple[Any, Path]]:
    """A region and a folder, for as long as a worker works."""
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            running_region(Path(folder) / "region") as region,
        ):
            yield region, Path(folder)
    except BaseException:
        results.put([f"a worker failed: {traceback.format_exc()}"])
        raise
    finally:
        results.put(None)
