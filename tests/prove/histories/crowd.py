"""A crowd of claimants in processes of their own, some of which are killed.

Rule: a killed process is replaced by one of another name, so that the history tells
the dead from the living. Which dies when is drawn from a seed.
"""

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from subprocess import PIPE

from asgwarm.clients import AwsSettings
from asgwarm.clock import monotonic_s
from asgwarm.leasing.journal import Journal
from tests.prove.histories.history import Operation, operations_in

REPOSITORY = Path(__file__).resolve().parents[3]
CLAIMERS = "tests.prove.histories.claimers"
DUELLERS = "tests.prove.histories.duellers"
STARTS = 4  # places where processes begin, so that not all are in each other's way


@dataclass(slots=True, kw_only=True)
class Crowd:
    """Claimants of some pools.

    Args:
        folder: Gets the history, the journal and what the processes complain of.
        each: Claimants of one process.
    """

    settings: AwsSettings
    folder: Path
    pools: list[str]
    each: int = 8
    module: str = CLAIMERS
    dead: dict[str, float] = field(default_factory=dict)
    _running: dict[str, "subprocess.Popen[str]"] = field(default_factory=dict)
    _started: int = 0

    def start(self) -> None:
        """Start one process."""
        number, self._started = self._started, self._started + 1
        first = number * len(self.pools) // STARTS % len(self.pools)
        name, pools = f"p{number}", self.pools[first:] + self.pools[:first]
        asked = {
            "settings": asdict(self.settings),
            "pools": pools,
            "name": name,
            "count": self.each,
            "journal": str(self.journal),
            "history": str(self.folder / f"{name}.jsonl"),
        }
        with (self.folder / f"{name}.err").open("wb") as complaints:
            self._running[name] = subprocess.Popen(
                [sys.executable, "-m", self.module],
                stdin=PIPE,
                stdout=PIPE,
                stderr=complaints,
                cwd=REPOSITORY,
                env=dict(os.environ) | {"PYTHONPATH": str(REPOSITORY)},
                text=True,
            )
        _say(self._running[name], json.dumps(asked))

    def kill_now_and_then(self, *, kills: int, pause_s: float, seed: int = 0) -> int:
        """Kill up to so many processes, each replaced; how many were."""
        dice = random.Random(seed)  # noqa: S311  # repeatable, guards nothing
        for killed in range(kills):
            name = dice.choice(sorted(self._running))
            try:
                self._running[name].wait(pause_s * dice.uniform(0.5, 1.5))
            except subprocess.TimeoutExpired:
                self._kill(name)
                self.start()
            else:
                return killed  # there is nothing left to claim
        return kills

    def _kill(self, name: str) -> None:
        with self._running.pop(name) as process:
            process.kill()
            process.wait()
        died_s = monotonic_s()
        self.dead |= {f"{name}-{number}": died_s for number in range(self.each)}

    def duel(self, pool: str, ids: Iterable[str]) -> None:
        """Let all claimants want each id at the same moment, one id after the other."""
        for one in ids:
            for process in self._running.values():
                _say(process, f"{pool} {one}")
            for process in self._running.values():
                heard = process.stdout.readline() if process.stdout else ""
                assert heard == "heard\n", "a process of duellers failed"

    def wait(self, timeout_s: float) -> None:
        """Return when every process is done.

        Raises:
            AssertionError: One failed.
        """
        until_s = monotonic_s() + timeout_s
        for name, process in self._running.items():
            process.communicate(timeout=max(0.1, until_s - monotonic_s()))
            said = (self.folder / f"{name}.err").read_text()
            assert process.returncode == 0, f"{name}: {said[-2000:]}"
        self._running.clear()

    def close(self) -> None:
        """End what still runs."""
        for process in self._running.values():
            with process:
                process.kill()

    @property
    def journal(self) -> Path:
        """The folder of the journal that the whole crowd shares."""
        return self.folder / "journal"

    def operations(self) -> list[Operation]:
        """What all of them asked and heard."""
        return operations_in(self.folder.glob("*.jsonl"))

    def journaled(self) -> dict[str, str]:
        """Outcome by lease id, as the journal has it."""
        complaints: list[str] = []
        entries = Journal(self.journal, report=complaints.append).all()
        assert complaints == []
        return {entry.lease_id: entry.outcome for entry in entries}


def _say(process: "subprocess.Popen[str]", line: str) -> None:
    if process.stdin is not None:
        process.stdin.write(line + "\n")
        process.stdin.flush()
