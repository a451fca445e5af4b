"""A count of the Lambda invocations that run or wait to run.

It is what lets a test, or time that is being moved, wait until the region has done all
that it is going to do by itself.
"""

import threading
from collections.abc import Callable


class Running:
    """Counts up and down from any thread, and tells of each return.

    Args:
        unread: The stream mappings that have records waiting.
        on_return: Called from the thread in which the invocation ended.
    """

    def __init__(
        self, *, unread: Callable[[], list[object]], on_return: Callable[[], None]
    ) -> None:
        self._unread = unread
        self._on_return = on_return
        self._lock = threading.Lock()
        self._count = 0

    def started(self) -> None:
        """One more."""
        with self._lock:
            self._count += 1

    def returned(self) -> None:
        """One less."""
        with self._lock:
            self._count -= 1
        self._on_return()

    def busy(self) -> int:
        """How many run or wait; streams that are behind count as waiting."""
        with self._lock:
            count = self._count
        return count + len(self._unread())
