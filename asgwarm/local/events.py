"""AWS's own events on their way to EventBridge, delivered no better than AWS promises.

Delivery is best effort: on request an event gets lost, comes twice or comes late.
"""

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

from asgwarm.local.clock import Clock
from asgwarm.local.faults import FaultTable

Put = Callable[[str, str, dict[str, Any], list[str]], None]


class Events:
    """The way from a service of the region to EventBridge.

    Args:
        put: Publishes one event at once.
    """

    def __init__(self, put: Put, *, clock: Clock, faults: FaultTable) -> None:
        self._put = put
        self._clock = clock
        self._faults = faults

    def emit(
        self,
        source: str,
        detail_type: str,
        detail: dict[str, Any],
        resources: list[str],
    ) -> None:
        """Publish an event, or do to it what the faults say."""
        faults = self._faults.now
        fault = faults.events if fnmatchcase(detail_type, faults.events_like) else ""
        event = (source, detail_type, detail, resources)
        if fault == "lost":
            return
        if fault == "late":
            self._clock.call_later(faults.events_late_s, lambda: self._put(*event))
            return
        self._put(*event)
        if fault == "doubled":
            self._put(*event)
