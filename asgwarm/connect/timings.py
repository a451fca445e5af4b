"""How long each phase of a way in took.

Rule 1: phases overlap and repeat; a repeated phase adds up.
Rule 2: the clock is an argument, and only differences of it are used.
Rule 3: notes say in words what a figure needs to be understood; none is empty.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from asgwarm.clock import perf_ms

PHASES = ("query", "claim", "keygen", "push", "connect", "auth", "first_byte")


class Timings:
    """A stop watch for the phases of one `get`, in milliseconds."""

    def __init__(
        self, clock_ms: Callable[[], float] = perf_ms, *, began_ms: float | None = None
    ) -> None:
        """Start the total.

        Args:
            began_ms: The clock's reading when the work began, if before this call.
        """
        self._clock_ms = clock_ms
        self._began_ms = clock_ms() if began_ms is None else began_ms
        self._took_ms: dict[str, float] = {}
        self._total_ms: float | None = None
        self.notes: dict[str, str] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Count the time of the block as *name*, also when it fails."""
        stop = self.begin(name)
        try:
            yield
        finally:
            stop()

    def begin(self, name: str) -> Callable[[], None]:
        """Start counting *name*; the returned function stops it, once."""
        if name not in PHASES:
            raise ValueError(f"{name!r} is none of the phases {PHASES}")
        began_ms = self._clock_ms()
        running = True

        def stop() -> None:
            nonlocal running
            if running:
                running = False
                self._add(name, self._clock_ms() - began_ms)

        return stop

    def _add(self, name: str, took_ms: float) -> None:
        self._took_ms[name] = self._took_ms.get(name, 0.0) + took_ms

    def note(self, **notes: str) -> None:
        """Keep what is not empty of *notes*, in the place of earlier ones."""
        self.notes.update({name: text for name, text in notes.items() if text})

    def finish(self) -> None:
        """Fix the total; later calls change nothing."""
        if self._total_ms is None:
            self._total_ms = self._clock_ms() - self._began_ms

    @property
    def total_ms(self) -> int:
        """Milliseconds from the beginning to `finish()`, or to now."""
        total_ms = self._total_ms
        return round(
            self._clock_ms() - self._began_ms if total_ms is None else total_ms
        )

    def as_dict(self) -> dict[str, int]:
        """Every phase that was measured as `{"query_ms": 12, …, "total_ms": 95}`."""
        took = {
            f"{name}_ms": round(self._took_ms[name])
            for name in PHASES
            if name in self._took_ms
        }
        return took | {"total_ms": self.total_ms}
