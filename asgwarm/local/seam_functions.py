"""The seam's part for functions: their invocations are heard of, dated and counted."""

import json
import threading
from collections.abc import Callable
from typing import Any

from asgwarm.local import seam

# Each invocation at the same time is a process that first has to load its SDK; on a
# laptop more of them at once make everything later. Events wait their turn.
_TURNS = threading.Semaphore(2)

# Lambda developer guide, "Error handling for asynchronous invocations": one that fails
# is tried twice more. After one and two minutes there, at once here.
_TRIES = 3


def watch_functions(
    *,
    started: Callable[[], None],
    returned: Callable[[], None],
    lose_stream: Callable[[], bool],
    now: Callable[[], float],
) -> None:
    """Hear of every invocation, from the moment that its event is handed over.

    Args:
        started: Called once per invocation, from any thread.
        returned: Called once for each `started`.
        lose_stream: Asked before each look at the streams; True drops what is there.
        now: The region's time, which stream records carry.
    """
    functions, events = (
        seam.part("services.lambda_svc"),
        seam.part("services.eventbridge"),
    )
    execute = functions._execute_function
    poll = functions._poll_dynamodb_streams

    def counted(call: Callable[..., Any], *args: Any) -> Any:
        started()
        try:
            return call(*args)
        finally:
            returned()

    def poll_or_lose() -> Any:
        if lose_stream():
            for uuid, end in unread_streams():
                functions._dynamodb_stream_positions[uuid] = end
        return poll()

    functions._execute_function = lambda function, event: counted(
        _persistent, execute, function, stamped(event, now())
    )
    functions._poll_dynamodb_streams = poll_or_lose
    events._dispatch_to_lambda = lambda arn, payload: _dispatch(
        arn, payload, started, returned
    )


def _persistent(execute: Callable[..., Any], function: Any, event: Any) -> Any:
    """Invoke a function; again if it died on the event of a custom resource.

    CloudFormation waits for its answer, and nothing else would bring one.
    """
    result = execute(function, event)
    if isinstance(event, dict) and "ResponseURL" in event:
        for _ in range(_TRIES - 1):
            if not result.get("error"):
                break
            result = execute(function, event)
    return result


def _dispatch(
    arn: str, payload: str, started: Callable[[], None], returned: Callable[[], None]
) -> None:
    """Invoke a function for an event, in a thread of its own."""
    functions = seam.part("services.lambda_svc")
    function, config, _ = functions._get_func_record_for_ref(arn)
    if not function or not config:
        return
    record = functions._execution_record_for_config(function, config)
    started()  # before the thread runs: nobody may see the region idle in between

    def invoke() -> None:
        try:
            with _TURNS:
                functions._execute_function_with_config_scope(
                    record, json.loads(payload)
                )
        finally:
            returned()

    threading.Thread(target=invoke, daemon=True, name="event").start()


def stamped(event: Any, now: float) -> Any:
    """The event, its stream records dated by the region's time."""
    records = event.get("Records") if isinstance(event, dict) else None
    for record in records if isinstance(records, list) else ():
        change = record.get("dynamodb") if isinstance(record, dict) else None
        if isinstance(change, dict):
            change["ApproximateCreationDateTime"] = now
    return event


def unread_streams() -> list[tuple[str, int]]:
    """The stream mappings that are behind, each with the position of the newest."""
    functions, tables = (
        seam.part("services.lambda_svc"),
        seam.part("services.dynamodb"),
    )
    behind = []
    for _, _, mapping in functions._iter_all_esms():
        table = str(mapping["EventSourceArn"]).partition("/stream/")[0].split("/")[-1]
        if ":dynamodb:" in mapping["EventSourceArn"] and mapping.get("Enabled", True):
            end = tables.stream_end_position(table)
            at = functions._dynamodb_stream_positions.get(mapping["UUID"])
            if at is not None and at < end:
                behind.append((mapping["UUID"], end))
    return behind


def stop_functions() -> None:
    """End every Lambda worker process."""
    runtime = seam.part("core.lambda_runtime")
    with runtime._lock:
        workers = [one for pool in runtime._workers.values() for one in pool]
        runtime._workers.clear()
    runtime.kill_workers(workers)
