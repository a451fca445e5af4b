"""A stop watch for ways whose phases have names of their own."""

from collections.abc import Iterator
from contextlib import contextmanager

from asgwarm.clock import perf_ms


class Phases:
    """Milliseconds by phase; a repeated phase adds up."""

    def __init__(self) -> None:
        self._began_ms = perf_ms()
        self.took_ms: dict[str, int] = {}
        self.total_ms = 0.0  # up to `finish`

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Count the time of the block as *name*."""
        began_ms = perf_ms()
        yield
        self.took_ms[name] = self.took_ms.get(name, 0) + round(perf_ms() - began_ms)

    def finish(self) -> None:
        """Fix the total: milliseconds since this was made."""
        self.total_ms = perf_ms() - self._began_ms
