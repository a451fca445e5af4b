"""How the tour looks: a line per step, drawn while it runs on a terminal."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.padding import Padding

from asgwarm.cli.output import Output
from asgwarm.cli.views import phases
from asgwarm.cli.views import status as status_view
from asgwarm.clock import monotonic_s, now_s
from asgwarm.domain.escape import printable

if TYPE_CHECKING:
    from rich.status import Status

    from asgwarm.leasing.standing import PoolStatus
    from asgwarm.stack.events import StackEvent

INDENT = "   "
INTRODUCTION = (
    "The life of an instance, on an emulated region on this computer.",
    "Nothing here touches AWS or costs money, and the times are this computer's.",
)
CLOSING = "next: asgwarm up --plan     with AWS credentials: shows the price, no more"


class Step:
    """One step while it runs."""

    def __init__(self, stage: "Stage", status: "Status | None") -> None:
        self._stage = stage
        self._status = status
        self.said: list[str] = []

    def say(self, sentence: str) -> None:
        """Add a line below the step's."""
        self.said.append(printable(sentence))
        self._stage.lines(f"{INDENT}{self.said[-1]}", style="dim")

    def event(self, event: "StackEvent | str") -> None:
        """Show what the stack does, for as long as it does it."""
        if self._status is not None:
            now = event if isinstance(event, str) else event.logical_id
            self._status.update(printable(now)[:70])

    def quiet(self) -> None:
        """Stop drawing, because somebody else writes now."""
        if self._status is not None:
            self._status.stop()


class Stage:
    """Where the tour is shown."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._console = output.table()
        self._number = 0

    @property
    def command(self) -> str:
        """What is run on the instances."""
        return "true" if self._output.json else 'echo "Hello, I am $USER."'

    @contextmanager
    def step(self, title: str, command: str) -> Iterator[Step]:
        """Show that a step runs, and at its end how long it took."""
        self._number += 1
        self.lines(f"{self._number:>2} {title}", style="bold")
        self.lines(f"{INDENT}$ {command}", style="cyan")
        step, began_s = Step(self, self._drawn()), monotonic_s()
        try:
            yield step
        finally:
            step.quiet()
        self._close(step, title, monotonic_s() - began_s)

    def status(self, status: "PoolStatus") -> None:
        """Show a pool as `asgwarm status` does."""
        if not self._output.json:
            width = self._console.width - len(INDENT)
            for part in (
                status_view.counts(status, width),
                status_view.instances(status, now=now_s(), width=width),
            ):
                self._console.print(Padding(part, (0, 0, 0, len(INDENT))))

    def warn(self, sentence: str) -> None:
        """Pass on a warning."""
        self._output.note(f"warning: {printable(sentence)}")

    def lines(self, *lines: str, style: str = "") -> None:
        """Write lines as they are."""
        if not self._output.json:
            for line in lines:
                self._console.print(line, style=style, soft_wrap=True)

    def figures(self, first: Mapping[str, int], second: Mapping[str, int]) -> None:
        """Show where the milliseconds went, beside the seed figures."""
        if self._output.json:
            self._output.document(
                {
                    "schema": "asgwarm.demo/v1",
                    "type": "result",
                    "emulated": True,
                    "gets": [dict(first), dict(second)],
                }
            )
            return
        self._console.print()
        self._console.print(phases.table(first, second, self._console.width))
        self.lines("", *phases.NOTES, style="dim")
        self.lines("", CLOSING)

    def _drawn(self) -> "Status | None":
        if not (self._output.live and self._console.is_terminal):
            return None
        status = self._console.status("")
        status.start()
        return status

    def _close(self, step: Step, title: str, took_s: float) -> None:
        if self._output.json:
            self._output.document(
                {
                    "schema": "asgwarm.event/v1",
                    "type": "step",
                    "title": title,
                    "took_ms": round(took_s * 1000),
                    "notes": step.said,
                }
            )
        self.lines(f"{INDENT}done in {took_s:.1f} s", style="green")
