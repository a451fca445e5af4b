"""Programs that the bench needs and does not measure."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]


class BenchFailed(Exception):
    """The bench cannot go on; the message says why."""


def output_of(*command: str) -> str:
    """What a program wrote, both streams.

    Raises:
        BenchFailed: There is no such program, or it failed.
    """
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise BenchFailed(
            f"there is no {command[0]}: make bench installs it"
        ) from error
    if done.returncode:
        raise BenchFailed(f"{' '.join(command)}: {done.stdout.strip()}")
    return done.stdout


@contextmanager
def running(
    command: Sequence[str], **options: Any
) -> "Iterator[subprocess.Popen[bytes]]":
    """Run a program for as long as the block lasts.

    It has a session of its own: Ctrl-C reaches the bench alone, which ends the rest in
    order, and no program asks a terminal for anything.
    """
    with subprocess.Popen(command, start_new_session=True, **options) as started:
        try:
            yield started
        finally:
            started.terminate()
