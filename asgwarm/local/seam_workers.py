"""The seam's part for the processes that run functions: an exception ends none of them.

AWS keeps an execution environment whose handler has raised, and so do its clients and
whatever else it has loaded live on. The base would start a new process instead.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from asgwarm.local import seam

_GRACE_S = 2.0


def keep_workers() -> None:
    """Let a process go on serving its function after an exception."""
    runtime = seam.part("core.lambda_runtime")
    signal, collect, invoke = runtime._signal, runtime._collect, runtime.Worker.invoke
    calls = threading.local()  # the base ends a process in the thread of its call

    def end_later(process: Any) -> None:
        doomed = getattr(calls, "doomed", None)
        signal(process) if doomed is None else doomed.append(process)

    def collect_later(process: Any, deadline_s: float) -> None:
        if getattr(calls, "doomed", None) is None:
            collect(process, deadline_s)

    @contextmanager
    def reprieve() -> Iterator[list[Any]]:
        doomed: list[Any] = []
        calls.doomed = doomed
        try:
            yield doomed
        finally:
            calls.doomed = None

    def invoke_and_keep(worker: Any, *args: Any, **options: Any) -> dict[str, Any]:
        with reprieve() as doomed:
            answer: dict[str, Any] = invoke(worker, *args, **options)
        for process in doomed:
            # Only a process that lives tells where its handler has raised.
            if "trace" in answer and worker._proc is None and process.poll() is None:
                worker._proc = process
            else:
                signal(process)
                collect(process, time.monotonic() + _GRACE_S)
        return answer

    runtime._signal, runtime._collect = end_later, collect_later
    runtime.Worker.invoke = invoke_and_keep
