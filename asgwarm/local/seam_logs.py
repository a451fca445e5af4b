"""The seam's part for logs: a function makes no log group that it was given by name.

On AWS that takes a permission which such a function need not have; the base makes one
again, for the last words of a function that was deleted with its group.
"""

from typing import Any

from asgwarm.local import seam


def make_no_group() -> None:
    """Let the lines of a function whose log group is gone be lost."""
    functions = seam.part("services.lambda_svc")
    groups = seam.part("services.cloudwatch_logs")._log_groups
    emit = functions._emit_lambda_logs

    def emitting(func: dict[str, Any], *told: Any, **more: Any) -> None:
        config = func.get("config") or func
        named = (config.get("LoggingConfig") or {}).get("LogGroup")
        if not named or named in groups:
            emit(func, *told, **more)

    functions._emit_lambda_logs = emitting
