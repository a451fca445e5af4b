"""One worker of the matrix: regions of its own, and calls to strike in them."""

import tempfile
import traceback
from pathlib import Path
from typing import Any

from tests.prove.faults.loop import loop_pool, strike_loop, unlisted_calls
from tests.prove.faults.matrix import cells, strike
from tests.prove.faults.stage import Stage
from tests.prove.regions import running_region


def work(calls: Any, loop_calls: Any, results: Any) -> None:
    """Take (play, call) from two queues until None comes; put what was wrong per cell.

    The last thing that is put is None, also when the worker itself fails.
    """
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            running_region(Path(folder) / "region") as region,
        ):
            stage = Stage(region, Path(folder)).build()
            while item := calls.get():
                stage.new_clients()
                for cell in cells(*item):
                    results.put(strike(stage, cell))
        with (
            tempfile.TemporaryDirectory() as folder,
            running_region(Path(folder) / "region") as region,
        ):
            pool = loop_pool(region)
            while item := loop_calls.get():
                for cell in cells(*item):
                    results.put(strike_loop(pool, cell))
            if unlisted := unlisted_calls(region):
                results.put([f"no play is about {unlisted}"])
    except BaseException:
        results.put([f"a worker failed: {traceback.format_exc()}"])
        raise
    finally:
        results.put(None)
