"""`doctor`, as text and as a document.

Rule: a check's line is written when it ends; what was found comes below, each with
its cause and the command to type.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from asgwarm.domain.escape import printable

if TYPE_CHECKING:
    from rich.console import Console

    from asgwarm.doctor.checkup import Checkup, Outcome
    from asgwarm.doctor.finding import Finding

Suggested = Callable[[str], str]
COLUMN = 12  # the longest name of a check, and a blank
INDENT = "  "
STYLES = {"error": "red", "warning": "yellow", "unknown": "magenta"}


def line_by_line(console: "Console") -> "Callable[[Outcome], None]":
    """Return what writes a line for each check that ends."""
    from rich.text import Text

    def write(outcome: "Outcome") -> None:
        mark, style = _mark(outcome)
        text = printable(_words(outcome))
        line = Text.assemble((mark, style), f" {outcome.name:<{COLUMN}}{text}")
        line.truncate(console.width, overflow="ellipsis")
        console.print(line, soft_wrap=True)

    return write


def _mark(outcome: "Outcome") -> tuple[str, str]:
    if outcome.failure is not None:
        return "?", "magenta"
    return ("✗", "red") if outcome.findings else ("✓", "green")


def _words(outcome: "Outcome") -> str:
    if outcome.failure is not None:
        return "could not be looked at"
    if outcome.findings:
        return ", ".join(one.id for one in outcome.findings)
    return outcome.said


def write_findings(console: "Console", checkup: "Checkup", told: Suggested) -> None:
    """Write every finding with its cause and its command.

    Args:
        told: Makes a command one that reaches the same place.
    """
    from rich.text import Text

    for finding in checkup.findings:
        style = STYLES[finding.severity]
        head = f"{finding.severity}: {finding.what}"
        console.print()
        console.print(Text(printable(head), style=style))
        console.print(_indented("cause", finding.cause))
        # A command is copied: it is never broken into lines.
        command = printable(f"{INDENT}next   {told(finding.next)}")
        console.print(Text(command), soft_wrap=True)


def _indented(word: str, said: str) -> object:
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_row(Text(word), Text(printable(said)))
    return Padding(grid, (0, 0, 0, len(INDENT)))


def verdict(checkup: "Checkup") -> str:
    """Return the last line: how many checks found how much."""
    made = sum(one.failure is None for one in checkup.outcomes)
    of = f"{made} of {len(checkup.outcomes)} checks made"
    count = len(checkup.findings)
    if not count:
        return f"pool {checkup.pool}: nothing found, {of}"
    return f"pool {checkup.pool}: {count} finding{'s' * (count > 1)}, {of}"


def traceback_of(mistake: Exception) -> str:
    """Return the traceback of what broke in a check."""
    import traceback

    return "".join(traceback.format_exception(mistake.__cause__))


def document(checkup: "Checkup", told: Suggested) -> dict[str, object]:
    """`asgwarm.doctor/v1`: all checks, and what they found."""
    return {
        "schema": "asgwarm.doctor/v1",
        "pool": checkup.pool,
        "region": checkup.region,
        "checks": [_check(outcome) for outcome in checkup.outcomes],
        "findings": [_finding(finding, told) for finding in checkup.findings],
    }


def _check(outcome: "Outcome") -> dict[str, object]:
    made = outcome.failure is None
    return {
        "name": outcome.name,
        "made": made,
        "found": [finding.id for finding in outcome.findings],
        "said": outcome.said or None,
        "took_ms": outcome.took_ms,
    }


def _finding(finding: "Finding", told: Suggested) -> dict[str, object]:
    return {
        "id": finding.id,
        "severity": finding.severity.value,
        "check": finding.check,
        "what": finding.what,
        "cause": finding.cause,
        "next": told(finding.next),
    }
