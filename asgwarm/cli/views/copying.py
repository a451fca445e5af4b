"""A copy, while it is made and when it is done."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from asgwarm.cli.output import Output
from asgwarm.cli.views.words import size
from asgwarm.domain.escape import printable

if TYPE_CHECKING:
    from asgwarm.files.progress import Copied, OnProgress, Progress


@contextmanager
def progress(output: Output) -> Iterator["OnProgress"]:
    """Yield what shows how far a copy is: a bar on a terminal, else nothing."""
    if not output.live:
        yield lambda _: None
        return
    from rich import progress as bars

    shown = (
        bars.TextColumn("{task.description}"),
        bars.BarColumn(),
        bars.DownloadColumn(),
        bars.TransferSpeedColumn(),
        bars.TimeRemainingColumn(),
    )
    with bars.Progress(*shown, console=output.progress(), transient=True) as drawn:
        bar = drawn.add_task("", total=None)

        def show(now: "Progress") -> None:
            drawn.update(
                bar,
                description=printable(now.name[-40:]) or "copying",
                completed=now.done_bytes,
                total=now.total_bytes,
            )

        yield show


def report(copied: "Copied", output: Output) -> None:
    """Say what was copied, and what was not."""
    if output.json:
        output.document(document(copied))
        return
    for sentence in copied.left_out:
        output.note(f"left out: {printable(sentence)}")
    output.note(line(copied))


def line(copied: "Copied") -> str:
    """One line about a finished copy."""
    files = f"{copied.files} file" + ("" if copied.files == 1 else "s")
    said = f"copied {files}, {size(copied.total_bytes)}"
    if copied.moved_bytes < copied.total_bytes:
        had = copied.total_bytes - copied.moved_bytes
        said += f", {size(had)} of it were there already"
    if copied.unverified:
        return f"{said}; {copied.unverified} not verified: no sha256sum there"
    return f"{said}; checksums agree"


def document(copied: "Copied") -> dict[str, object]:
    """`asgwarm.copy/v1`."""
    return {
        "schema": "asgwarm.copy/v1",
        "files": copied.files,
        "bytes": copied.total_bytes,
        "moved_bytes": copied.moved_bytes,
        "unverified": copied.unverified,
        "left_out": [printable(sentence) for sentence in copied.left_out],
    }
