"""What many claimants did to one store, as a value: who asked what, and heard what.

Rule 1: a line is written before a call is made and another one when it has returned,
each with one system call, so that a killed process leaves what it knew.
Rule 2: all times are of one clock, which every process of the computer shares.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from asgwarm.clock import monotonic_s

CLAIM, RELEASE, EVICT, READ = "claim", "release", "evict", "read"
# What a claimant is told: a lease; nothing to be had; others were faster; nobody can
# say; AWS refused.
GRANTED, EMPTY, CONTENDED = "granted", "empty", "contended"
UNKNOWN, FAILED = "unknown", "failed"
DONE, LOST = "done", "lost"  # what becomes of a release or an eviction


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One call of one claimant, and what it heard.

    A read's `outcome` is the state that it saw, empty where it found no row.
    """

    who: str
    n: int
    kind: str
    pool: str = "one"
    called_s: float
    returned_s: float | None = None  # None: it never heard
    outcome: str = ""
    instance_id: str = ""
    lease_id: str = ""  # granted, released, or seen: alive or ended
    gen: int = 0  # of the row that a read saw

    @property
    def owner(self) -> str:
        """What a claim writes into the row as its owner."""
        return owner_of(self.who, self.n)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An instance's row when all was over."""

    instance_id: str
    pool: str = "one"
    state: str
    owner: str = ""
    lease_id: str = ""  # alive or ended


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Everything that a run left.

    Args:
        journal: Outcome by lease id, as the claimants' journal had it at the end.
        dead: When each killed claimant was surely dead.
    """

    operations: list[Operation]
    rows: list[Row]
    journal: dict[str, str] = field(default_factory=dict)
    dead: dict[str, float] = field(default_factory=dict)


def owner_of(who: str, n: int) -> str:
    """The owner that claim number *n* of *who* writes into a row."""
    return f"{who}@lab:{n}"


class Recorder:
    """Writes the history of one process into a file."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._numbers: dict[str, int] = {}

    def call(self, who: str, kind: str, **known: Any) -> Operation:
        """Note that *who* is about to call."""
        n = self._numbers[who] = self._numbers.get(who, 0) + 1
        asked = Operation(who=who, n=n, kind=kind, called_s=monotonic_s(), **known)
        self._write(asked)
        return asked

    def returned(self, asked: Operation, outcome: str, **heard: Any) -> None:
        """Note what was heard."""
        self._write(replace(asked, returned_s=monotonic_s(), outcome=outcome, **heard))

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _write(self, operation: Operation) -> None:
        os.write(self._file, json.dumps(asdict(operation)).encode() + b"\n")


def operations_in(paths: Iterable[Path]) -> list[Operation]:
    """Read files of recorders, by time of the call; the last word on a call counts."""
    found: dict[tuple[str, int], Operation] = {}
    for path in paths:
        for line in path.read_text().splitlines():
            operation = Operation(**json.loads(line))
            found[operation.who, operation.n] = operation
    return sorted(found.values(), key=lambda operation: operation.called_s)
